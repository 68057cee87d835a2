#include "skeleton.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "data_types.hpp"
#include "hwcost/error.hpp"
#include "limits.hpp"
#include "tensor_values.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::uint64_t kWindow = 65536;                      // bytes that are read ahead
constexpr std::uint64_t kAlwaysKept = 4096;                   // bytes of a tensor's elements
constexpr std::uint64_t kLargestKeptFloats = 65536;           // bytes
constexpr std::uint64_t kKeptInAll = std::uint64_t{1} << 24;  // bytes of elements beyond those always kept
constexpr std::uint64_t kLargestBlob = std::uint64_t{1} << 20;
constexpr std::uint64_t kLargestField = std::uint64_t{1} << 26;
constexpr std::size_t kLongestVarint = 10;
constexpr int kDeepest = 100;

// What a length-delimited field holds: a message that we walk, a name, bytes that are copied as they are, bytes that
// are left out (all of them, or long ones), or the elements of a tensor.
enum class Content {
  model,
  graph,
  function,
  node,
  attribute,
  tensor,
  sparse_tensor,
  value_info,
  name,
  bytes,
  blob,
  nothing,
  elements
};

enum class Wire : std::uint32_t { varint = 0, fixed64 = 1, length = 2, fixed32 = 5 };

bool is_one_of(std::uint64_t field, std::initializer_list<std::uint64_t> fields) {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

// Field numbers of onnx.proto; what is not named here is left out.
Content content(Content message, std::uint64_t field) {
  switch (message) {
    case Content::model:
      return field == 7    ? Content::graph
             : field == 25 ? Content::function
             : field == 8  ? Content::bytes
                           : Content::nothing;
    case Content::graph:
      if (field == 1) return Content::node;
      if (field == 5) return Content::tensor;
      if (field == 15) return Content::sparse_tensor;
      if (is_one_of(field, {11, 12, 13})) return Content::value_info;
      return field == 2 ? Content::name : Content::nothing;
    case Content::function:
      if (field == 7) return Content::node;
      if (field == 11) return Content::attribute;
      if (is_one_of(field, {1, 4, 5, 6, 10, 13})) return Content::name;
      return field == 9 ? Content::bytes : Content::nothing;
    case Content::node:
      if (field == 5) return Content::attribute;
      return is_one_of(field, {1, 2, 3, 4, 7, 8}) ? Content::name : Content::nothing;
    case Content::value_info:
      return field == 1 ? Content::name : field == 2 ? Content::blob : Content::nothing;
    case Content::attribute:
      if (is_one_of(field, {5, 10})) return Content::tensor;
      if (is_one_of(field, {6, 11})) return Content::graph;
      if (is_one_of(field, {22, 23})) return Content::sparse_tensor;
      if (is_one_of(field, {4, 9})) return Content::blob;
      if (is_one_of(field, {1, 21})) return Content::name;
      return is_one_of(field, {7, 8, 14, 15}) ? Content::bytes : Content::nothing;
    case Content::tensor:
      if (is_one_of(field, {4, 5, 6, 7, 9, 10, 11})) return Content::elements;
      return field == 1 ? Content::bytes : field == 8 ? Content::name : Content::nothing;
    case Content::sparse_tensor:
      return field == 1 ? Content::tensor : field == 3 ? Content::bytes : Content::nothing;
    default:
      return Content::nothing;
  }
}

// Numbers that are read: extents, types, attributes and elements.
bool is_number(Content message, std::uint64_t field) {
  switch (message) {
    case Content::tensor:
      return is_one_of(field, {1, 2, 14}) || content(message, field) == Content::elements;
    case Content::sparse_tensor:
      return field == 3;
    case Content::attribute:
      return is_one_of(field, {2, 3, 7, 8, 20});
    default:
      return false;
  }
}

// Where the elements of a tensor stand, and what decides whether they are kept.
struct TensorElements {
  struct Field {
    std::uint64_t tag, offset, size;
  };
  std::vector<Field> fields;
  std::uint64_t scalars = 0;  // of a list that is not packed
  double count = 1.0;
  std::int32_t type = kUndefined;
};

class SkeletonReader {
 public:
  SkeletonReader(const ByteSource& source, const std::string& file) : source_(source), file_(file) {}

  std::string read() && {
    walk(Content::model, source_.size(), 0);
    return std::move(text_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError({file_, 0}, fmt::format("no ONNX model: {} at byte {}", what, position_));
  }

  // The bytes at the position, as many as the window holds; reads it anew where it holds none.
  std::string_view ahead() {
    if (position_ < window_start_ || position_ >= window_start_ + window_.size()) {
      window_start_ = position_;
      window_.resize(std::min(kWindow, source_.size() - position_));
      source_.read(position_, window_);
    }
    return std::string_view(window_).substr(position_ - window_start_);
  }

  std::uint64_t varint(std::uint64_t end) {
    std::uint64_t value = 0;
    for (std::size_t k = 0; k < kLongestVarint; ++k) {
      if (position_ == end) fail("a number ends behind its message");
      const auto byte = static_cast<unsigned char>(ahead().front());
      ++position_;
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * k);
      if ((byte & 0x80U) == 0) return value;
    }
    fail("a number has more than 10 bytes");
  }

  void put_varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) text_ += static_cast<char>((value & 0x7FU) | 0x80U);
    text_ += static_cast<char>(value);
  }

  void copy(std::uint64_t size) {
    while (size > 0) {
      const std::string_view bytes = ahead().substr(0, size);
      text_ += bytes;
      position_ += bytes.size();
      size -= bytes.size();
    }
  }

  void copy_field(std::uint64_t tag, std::uint64_t size) {
    if (size > kLargestField) fail(fmt::format("a field of {} bytes, which is no tensor,", size));
    put_varint(tag);
    put_varint(size);
    copy(size);
  }

  void check_name(std::uint64_t size) const {
    if (size <= kLongestName) return;
    throw InputError({file_, 0},
                     fmt::format("the name at byte {} has {} bytes, wanted at most {}", position_, size, kLongestName));
  }

  // The fields of a message up to `end`.
  void walk(Content message, std::uint64_t end, int depth) {
    if (depth > kDeepest) fail(fmt::format("messages more than {} deep in each other", kDeepest));
    TensorElements elements;
    while (position_ < end) {
      const std::uint64_t tag = varint(end);
      if (tag >> 3U == 0) fail("a field of number 0");
      switch (static_cast<Wire>(tag & 7U)) {
        case Wire::varint:
          copy_number(message, tag, varint(end), elements);
          break;
        case Wire::fixed32:
        case Wire::fixed64:
          copy_fixed(message, tag, (tag & 7U) == 5U ? 4 : 8, end, elements);
          break;
        case Wire::length:
          walk_field(message, tag, end, depth, elements);
          break;
        default:
          fail(fmt::format("a field of wire type {}", tag & 7U));
      }
    }
    if (message == Content::tensor) keep_elements(elements);
  }

  void walk_field(Content message, std::uint64_t tag, std::uint64_t end, int depth, TensorElements& elements) {
    const std::uint64_t size = varint(end);
    if (size > end - position_) fail(fmt::format("a field of {} bytes is longer than its message", size));
    const std::uint64_t next = position_ + size;
    switch (const Content inner = content(message, tag >> 3U)) {
      case Content::bytes:
        if (message == Content::tensor && tag >> 3U == 1) count_packed(size, elements);
        copy_field(tag, size);
        break;
      case Content::name:
        check_name(size);
        copy_field(tag, size);
        break;
      case Content::blob:
        if (size <= kLargestBlob) copy_field(tag, size);
        break;
      case Content::nothing:
        break;
      case Content::elements:
        elements.fields.push_back({tag, position_, size});
        break;
      default:
        walk_message(inner, tag, next, depth);
    }
    position_ = next;
  }

  // The length of what is written is known behind it: it takes five bytes in any case.
  void walk_message(Content message, std::uint64_t tag, std::uint64_t end, int depth) {
    constexpr std::size_t kLengthBytes = 5;
    put_varint(tag);
    const std::size_t start = text_.size() + kLengthBytes;
    text_.append(kLengthBytes, '\0');
    walk(message, end, depth + 1);
    std::uint64_t length = text_.size() - start;
    for (std::size_t k = 0; k < kLengthBytes; ++k, length >>= 7U) {
      const unsigned more = k + 1 < kLengthBytes ? 0x80U : 0U;
      text_[start - kLengthBytes + k] = static_cast<char>((length & 0x7FU) | more);
    }
  }

  void copy_number(Content message, std::uint64_t tag, std::uint64_t value, TensorElements& elements) {
    if (!is_number(message, tag >> 3U)) return;
    if (message == Content::tensor) {
      if (tag >> 3U == 1) elements.count *= static_cast<double>(value);
      if (tag >> 3U == 2) elements.type = static_cast<std::int32_t>(value);
      if (content(message, tag >> 3U) == Content::elements && !takes_scalar(elements)) return;
    }
    put_varint(tag);
    put_varint(value);
  }

  void copy_fixed(Content message, std::uint64_t tag, std::uint64_t size, std::uint64_t end, TensorElements& elements) {
    if (size > end - position_) fail("a number ends behind its message");
    if (!is_number(message, tag >> 3U) || (message == Content::tensor && !takes_scalar(elements))) {
      position_ += size;
      return;
    }
    put_varint(tag);
    copy(size);
  }

  static bool takes_scalar(TensorElements& elements) {
    return static_cast<double>(elements.scalars++) < kLargestContents;
  }

  void count_packed(std::uint64_t size, TensorElements& elements) {
    const std::uint64_t start = position_;
    while (position_ < start + size) elements.count *= static_cast<double>(varint(start + size));
    position_ = start;
  }

  // Decided when all of the tensor is known.
  void keep_elements(const TensorElements& elements) {
    std::uint64_t size = 0;
    for (const TensorElements::Field& field : elements.fields) size += field.size;
    const std::uint64_t most = is_integer_type(elements.type) ? kLargestField : kLargestKeptFloats;
    if (size > kAlwaysKept) {
      if (elements.count > kLargestContents || size > most || size > kKeptInAll - kept_) return;
      kept_ += size;
    }
    const std::uint64_t end = position_;
    for (const TensorElements::Field& field : elements.fields) {
      position_ = field.offset;
      copy_field(field.tag, field.size);
    }
    position_ = end;
  }

  const ByteSource& source_;
  const std::string& file_;
  std::string text_;
  std::string window_;
  std::uint64_t window_start_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace

std::string read_skeleton(const ByteSource& source, const std::string& file) {
  return SkeletonReader(source, file).read();
}

}  // namespace hwcost::onnx
