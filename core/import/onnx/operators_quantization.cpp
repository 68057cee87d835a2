// Quantisers vanish: they say at how many bits the value is kept until the next one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

std::int64_t blocks_of(std::int64_t extent, std::int64_t block) { return (extent - 1) / block + 1; }

// How far one scale reaches, in words; fails where the scales do not fit the value.
std::string granularity(const OperatorCall& call, const Value& value) {
  if (!call.has(1) || !call.input(1).shape || !value.shape) return "";
  const Shape& scales = call.shape(1);
  if (call.count(1) == 1.0) return "";
  const auto misfit = [&] {
    call.fail(fmt::format("its scales have shape {}, its operand {}", to_text(scales), to_text(*value.shape)));
  };
  const std::size_t axis = call.axis(call.integer("axis", 1), value.shape->size());
  const std::int64_t block = call.integer("block_size", 0);
  if (block < 0) call.fail(fmt::format("block_size is {}, wanted at least 0", block));
  if (block == 0) {
    if (scales.size() != 1 || scales[0] != (*value.shape)[axis]) misfit();
    return fmt::format(" a channel (axis {})", axis);
  }
  Shape blocks = *value.shape;
  if (blocks[axis] > 0) blocks[axis] = blocks_of(blocks[axis], block);
  if (blocks != scales) misfit();
  return fmt::format(" in blocks of {} (axis {})", block, axis);
}

// Scales of blocks are a noticeable part of a model, unlike those of tensors and channels.
void count_block_scales(OperatorCall& call, const Value& value) {
  if (!value.constant || call.integer("block_size", 0) == 0) return;
  call.builder().count_block_scales(call.count(1));
}

bool is_one_element(const Shape& shape) { return elements(shape) == 1.0; }

// A zero point has the shape of its scale.
void check_shape_of_zero_point(const OperatorCall& call) {
  if (!call.has(1) || !call.has(2) || !call.input(1).shape || !call.input(2).shape) return;
  const Shape& scale = call.shape(1);
  const Shape& zero = call.shape(2);
  if (scale == zero || (is_one_element(scale) && is_one_element(zero))) return;
  call.fail(fmt::format("its zero point has shape {}, its scale {}", to_text(zero), to_text(scale)));
}

// Whether the type that we have of the value is surely that of the file.
bool has_sure_type(const Value& value) { return value.constant || value.through_quantizer; }

bool is_type_of_zero_point(std::int32_t type) {
  return is_quantized_type(type) && type != kBool && format_of(type).bits <= 32.0;
}

void check_type_of_zero_point(const OperatorCall& call, std::size_t zero, std::int32_t wanted) {
  const std::int32_t type = call.input(zero).type;
  if (type == wanted) return;
  call.fail(fmt::format("its zero point (operand {}) has element type {}, its operand {}", zero, type, wanted));
}

// The format in which the quantised value is stored: that of the zero point.
std::int32_t quantized_type(const OperatorCall& call) {
  if (call.has(2)) return call.input(2).type;
  const auto stated = static_cast<std::int32_t>(call.integer("output_dtype", kUndefined));
  return stated != kUndefined ? stated : static_cast<std::int32_t>(kUint8);
}

std::string_view source_of_type(const OperatorCall& call) {
  if (call.has(2)) return "the type of its zero point";
  return call.attribute("output_dtype") != nullptr ? "its output_dtype" : "uint8 where there is no zero point";
}

// Bits of the integers in [low, high], in two's complement where some are negative.
double bits_of_range(double low, double high) {
  double bits = 1.0;
  while (low < 0.0 ? low < -std::exp2(bits - 1.0) || high >= std::exp2(bits - 1.0) : high >= std::exp2(bits)) {
    bits += 1.0;
  }
  return bits;
}

// A bound of a Clip; `fallback` where it is left out, nothing where it is computed.
std::optional<double> bound(const OperatorCall& call, std::size_t operand, double fallback) {
  if (!call.has(operand)) return fallback;
  const std::vector<double>* contents = call.contents(operand);
  if (contents == nullptr || contents->size() != 1) return std::nullopt;
  return contents->front();
}

}  // namespace

void keep_at(OperatorCall& call, NumberFormat width, std::int32_t type, const std::string& rule) {
  Value value = call.input(0);
  value.type = type;
  value.width = width;
  value.channel_widths.reset();
  value.origin.learned = true;
  if (value.constant) {
    value.stored = nullptr;  // its elements are not those that are stored
    value.contents = nullptr;
  } else {
    value.through_quantizer = true;
    value.quantizer.reset();
    if (value.tensor) value.quantizer = call.builder().read_quantized(*value.tensor, width);
  }
  call.log(ImportFact::Kind::width, value.name, [&] { return fmt::format("{} bits by {}", to_text(width), rule); });
  call.forward(0, std::move(value));
}

void check_zero_points(const OperatorCall& call, std::initializer_list<ZeroPoint> points) {
  for (const auto& [operand, zero] : points) {
    if (!call.has(zero)) continue;
    const Value& value = call.input(operand);
    if (has_sure_type(value)) check_type_of_zero_point(call, zero, value.type);
    const Shape& shape = call.shape(zero);
    const Shape& of = call.shape(operand);
    const bool is_channel = shape.size() == 1 && std::find(of.begin(), of.end(), shape[0]) != of.end();
    if (is_one_element(shape) || is_channel || broadcast(shape, of) == of) continue;
    call.fail(
        fmt::format("its zero point (operand {}) has shape {}, its operand {}", zero, to_text(shape), to_text(of)));
  }
}

void import_quantize_linear(OperatorCall& call, Op) {
  const std::string scope = granularity(call, call.input(0));
  check_shape_of_zero_point(call);
  const std::int32_t type = quantized_type(call);
  if (!is_type_of_zero_point(type)) {
    call.fail(
        fmt::format("quantises to element type {}, wanted integers of at most 32 bits or floats of at most 8", type));
  }
  keep_at(call, format_of(type), type, fmt::format("{}{}", source_of_type(call), scope));
}

// TensorRT's operators from before ONNX had these types.
void import_fp8_quantize_linear(OperatorCall& call, Op) {
  keep_at(call, format_of(kFloat8E4M3FN), kFloat8E4M3FN, "its type" + granularity(call, call.input(0)));
}

void import_int4_quantize_linear(OperatorCall& call, Op) {
  keep_at(call, format_of(kInt4), kInt4, "its type" + granularity(call, call.input(0)));
}

// The width is that of the operand, be it stored so or quantised before.
void import_dequantize_linear(OperatorCall& call, Op) {
  Value value = call.input(0);
  if (!value.constant && !value.through_quantizer && !is_quantized_type(value.type)) {
    call.fail("reads a value that is not quantised");
  }
  const std::string scope = granularity(call, value);
  check_shape_of_zero_point(call);
  if (call.has(2) && has_sure_type(value)) check_type_of_zero_point(call, 2, value.type);
  count_block_scales(call, value);
  value.width = value.format();
  value.type = call.has(1) ? call.input(1).type : static_cast<std::int32_t>(kFloat);
  value.origin.learned = true;
  value.stored = nullptr;
  value.contents = nullptr;
  call.log(ImportFact::Kind::width, value.name, [&] {
    const std::string_view rule = value.through_quantizer ? "its quantiser"
                                  : value.constant        ? "the type that it is stored in"
                                                          : "the type that it is computed in";
    return fmt::format("{} bits by {}{}", to_text(*value.width), rule, scope);
  });
  call.forward(0, std::move(value));
}

// The scale is found at run time: a pass over the data, hence a layer.
void import_dynamic_quantize(OperatorCall& call, Op op) {
  call.output(0, call.shape(0), kUint8);
  call.output(1, {}, kFloat);
  call.output(2, {}, kUint8);
  call.mark_scale(1);
  call.log(ImportFact::Kind::width, call.node().outputs.at(0), [] { return "8 bits; a layer: its scale is computed"; });
  call.layer(op, Elementwise<>{.elements = call.count(0), .input_elements = call.count(0)});
}

bool narrow_by_clip(OperatorCall& call) {
  const Value& in = call.input(0);
  const bool is_quantized = in.width && in.width->is_integer() && (in.through_quantizer || in.constant);
  if (!is_quantized || !is_integer_type(in.type)) return false;
  const double full = in.width->bits;
  const bool is_signed = in.type == kInt8 || in.type == kInt16 || in.type == kInt32 || in.type == kInt4;
  const std::optional<double> low = bound(call, 1, is_signed ? -std::exp2(full - 1.0) : 0.0);
  const std::optional<double> high = bound(call, 2, std::exp2(is_signed ? full - 1.0 : full) - 1.0);
  if (!low || !high || !(*low <= *high) || std::fabs(*low) > kLargestExtent || std::fabs(*high) > kLargestExtent) {
    return false;
  }
  // One bit less is how exporters say that the accumulator must not overflow: the values are stored at full width.
  const double bits = bits_of_range(*low, *high);
  const double width = bits + 1.0 < full ? bits : full;
  if (in.tensor && in.quantizer && call.builder().readers(in.name) == 1) {
    call.builder().narrow_quantizer(*in.tensor, *in.quantizer, integer(width));  // nobody else sees its full width
  }
  keep_at(call, integer(width), in.type, fmt::format("the range [{}, {}] behind its quantiser", *low, *high));
  return true;
}

bool absorb_cast_of_accumulators(OperatorCall& call, std::int32_t type) {
  const Value& in = call.input(0);
  if (!in.accumulates || is_integer_type(type) || call.builder().readers(in.name) != 1) return false;
  Value value = in;
  value.width = integer(32.0);  // until a quantiser says otherwise
  value.type = type;
  call.log(ImportFact::Kind::merged, in.name, [] { return "accumulators, as their dequantisation wants them"; });
  call.forward(0, std::move(value));
  return true;
}

bool absorb_dequantization(OperatorCall& call) {
  if (call.input_count() != 2 || !call.has(0) || !call.has(1)) return false;
  const bool swapped = call.input(1).accumulates || (call.input(1).is_scale && !call.input(0).accumulates);
  const Value& in = call.input(swapped ? 1 : 0);
  const Value& factor = call.input(swapped ? 0 : 1);
  if ((!in.accumulates && !in.is_scale) || is_integer_type(in.type)) return false;
  if (!factor.is_scale && !factor.constant) return false;
  const std::optional<Shape> shape = in.shape && factor.shape ? broadcast(*in.shape, *factor.shape) : std::nullopt;
  if (!shape) return false;
  Value value = in;
  if (in.accumulates) {
    if (shape != in.shape || call.builder().readers(in.name) != 1) return false;
    value.accumulates = false;
    call.builder().graph().tensors[*value.tensor].name = clean_text(call.node().outputs.at(0));
  }
  value.shape = shape;
  call.log(ImportFact::Kind::merged, in.name,
           [&] { return in.accumulates ? "dequantises accumulators" : "a product of scales"; });
  call.forward(0, std::move(value));
  return true;
}

}  // namespace hwcost::onnx
