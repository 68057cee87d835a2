#include "tensor_values.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "data_types.hpp"
#include "extents.hpp"
#include "hwcost/error.hpp"
#include "naming.hpp"

namespace hwcost::onnx {
namespace {

using protozero::pbf_wire_type;

double from_half(std::uint16_t bits) {
  const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
  const int exponent = (bits >> 10U) & 0x1F;
  const double fraction = bits & 0x3FF;
  if (exponent == 0x1F) return fraction != 0.0 ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024.0, exponent - 25);
}

double from_brain(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U));
}

// Little-endian elements, as ONNX stores them.
template <class T>
std::vector<double> unpack(std::string_view raw, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t k = 0; k < count; ++k) {
    T value;
    std::memcpy(&value, raw.data() + k * sizeof(T), sizeof(T));
    values[k] = static_cast<double>(value);
  }
  return values;
}

// Elements of 4 or 2 bits, the first in the low bits of a byte.
std::vector<double> unpack_narrow(std::string_view raw, std::size_t count, unsigned bits, bool is_signed) {
  std::vector<double> values(count);
  const unsigned per_byte = 8U / bits;
  const int range = 1 << bits;
  for (std::size_t k = 0; k < count; ++k) {
    const auto byte = static_cast<unsigned char>(raw[k / per_byte]);
    int value = (byte >> (bits * (k % per_byte))) & (range - 1);
    if (is_signed && value >= range / 2) value -= range;
    values[k] = value;
  }
  return values;
}

// What elements hold that are bits in numbers of 32 bits; nothing where a number is none of that.
std::optional<std::uint32_t> bits_in(double value) {
  constexpr double kLimit = 2147483648.0;
  if (!(value >= -kLimit && value < kLimit)) return std::nullopt;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
}

std::optional<std::vector<double>> without_halves(std::vector<double> values, std::int32_t type) {
  if (type != kFloat16 && type != kBfloat16) return values;
  for (double& value : values) {
    const std::optional<std::uint32_t> stored = bits_in(value);
    if (!stored) return std::nullopt;
    const auto bits = static_cast<std::uint16_t>(*stored & 0xFFFFU);
    value = type == kFloat16 ? from_half(bits) : from_brain(bits);
  }
  return values;
}

std::optional<std::vector<double>> unpack(std::string_view raw, std::size_t count, std::int32_t type) {
  switch (type) {
    case kFloat:
      return unpack<float>(raw, count);
    case kDouble:
      return unpack<double>(raw, count);
    case kBool:
    case kUint8:
      return unpack<std::uint8_t>(raw, count);
    case kInt8:
      return unpack<std::int8_t>(raw, count);
    case kUint16:
      return unpack<std::uint16_t>(raw, count);
    case kInt16:
      return unpack<std::int16_t>(raw, count);
    case kUint32:
      return unpack<std::uint32_t>(raw, count);
    case kInt32:
      return unpack<std::int32_t>(raw, count);
    case kUint64:
      return unpack<std::uint64_t>(raw, count);
    case kInt64:
      return unpack<std::int64_t>(raw, count);
    case kUint4:
      return unpack_narrow(raw, count, 4, false);
    case kInt4:
      return unpack_narrow(raw, count, 4, true);
    case kUint2:
      return unpack_narrow(raw, count, 2, false);
    case kInt2:
      return unpack_narrow(raw, count, 2, true);
    case kFloat16:
    case kBfloat16:
      return without_halves(unpack<std::uint16_t>(raw, count), type);
    default:
      return std::nullopt;
  }
}

// Several elements of less than a byte share an int32 each, as they share the bytes of raw data.
std::optional<std::vector<double>> from_packed(const std::vector<double>& packed, const StoredTensor& tensor) {
  const double count = elements(tensor.dims).value_or(0.0);
  if (std::ceil(count * format_of(tensor.type).bits / 8.0) != static_cast<double>(packed.size())) return std::nullopt;
  std::string bytes;
  for (const double value : packed) {
    const std::optional<std::uint32_t> stored = bits_in(value);
    if (!stored) return std::nullopt;
    bytes.push_back(static_cast<char>(*stored & 0xFFU));
  }
  return unpack(bytes, static_cast<std::size_t>(count), tensor.type);
}

// float_data, int32_data, int64_data, double_data, uint64_data.
std::optional<std::vector<double>> read_typed(const StoredTensor& tensor) {
  std::vector<double> values;
  const auto append = [&](auto range) {
    for (const auto value : range) values.push_back(static_cast<double>(value));
  };
  const auto bytes = [](std::uint32_t tag) { return protozero::tag_and_type(tag, pbf_wire_type::length_delimited); };
  const auto single = [](std::uint32_t tag, pbf_wire_type type) { return protozero::tag_and_type(tag, type); };
  protozero::pbf_reader reader{tensor.message.data(), tensor.message.size()};
  while (reader.next()) {
    const auto field = static_cast<std::uint32_t>(reader.tag_and_type());
    if (field == bytes(4))
      append(reader.get_packed_float());
    else if (field == bytes(5))
      append(reader.get_packed_int32());
    else if (field == bytes(7))
      append(reader.get_packed_int64());
    else if (field == bytes(10))
      append(reader.get_packed_double());
    else if (field == bytes(11))
      append(reader.get_packed_uint64());
    else if (field == single(4, pbf_wire_type::fixed32))
      values.push_back(static_cast<double>(reader.get_float()));
    else if (field == single(5, pbf_wire_type::varint))
      values.push_back(reader.get_int32());
    else if (field == single(7, pbf_wire_type::varint))
      values.push_back(static_cast<double>(reader.get_int64()));
    else if (field == single(10, pbf_wire_type::fixed64))
      values.push_back(reader.get_double());
    else
      reader.skip();
  }
  if (values.empty()) return std::nullopt;
  if (format_of(tensor.type).bits < 8.0) return from_packed(values, tensor);
  return without_halves(std::move(values), tensor.type);
}

}  // namespace

std::optional<std::vector<double>> read_elements(const StoredTensor& tensor, const std::string& file) {
  const std::optional<double> count = elements(tensor.dims);
  if (!count || *count > kLargestContents || tensor.external) return std::nullopt;
  const auto size = static_cast<std::size_t>(*count);
  if (size == 0) return std::vector<double>{};
  if (tensor.raw.empty()) {
    std::optional<std::vector<double>> values = read_typed(tensor);
    if (values && values->size() != size) {
      throw InputError({file, 0}, fmt::format("tensor '{}' of shape {} holds {} elements, not {}",
                                              clean_text(tensor.name), to_text(tensor.dims), values->size(), size));
    }
    return values;
  }
  const double needed = std::ceil(*count * (tensor.type == kBool ? 8.0 : format_of(tensor.type).bits) / 8.0);
  if (static_cast<double>(tensor.raw.size()) < needed) {
    throw InputError({file, 0}, fmt::format("tensor '{}' of shape {} holds {} bytes, not {}", clean_text(tensor.name),
                                            to_text(tensor.dims), tensor.raw.size(), needed));
  }
  return unpack(tensor.raw, size, tensor.type);
}

}  // namespace hwcost::onnx
