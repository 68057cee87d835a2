#include "folding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "extents.hpp"
#include "operator_call.hpp"

namespace hwcost::onnx {
namespace {

using Contents = std::vector<double>;
using Index = std::vector<std::size_t>;
using FoldFunction = std::optional<Contents> (*)(const OperatorCall&, const Shape&, std::int32_t type);

struct Fold {
  std::string_view type;
  FoldFunction function;
};

std::size_t size_of(const Shape& shape) { return static_cast<std::size_t>(*elements(shape)); }

Contents broadcast_to(const Contents& from, const Shape& shape, const Shape& to) {
  if (shape == to) return from;
  const std::vector<std::int64_t> own = row_major_strides(shape);
  std::vector<std::int64_t> strides(to.size(), 0);
  const std::size_t offset = to.size() - shape.size();
  for (std::size_t k = 0; k < shape.size(); ++k) strides[offset + k] = shape[k] == 1 ? 0 : own[k];
  return gather_strided(from, to, strides, 0);
}

std::optional<Contents> operand(const OperatorCall& call, std::size_t k, const Shape& to) {
  const Contents* contents = call.contents(k);
  if (contents == nullptr) return std::nullopt;
  return broadcast_to(*contents, call.shape(k), to);
}

std::optional<Contents> fold_unary(const OperatorCall& call, const Shape&, std::int32_t) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  Contents result = *contents;
  std::transform(result.begin(), result.end(), result.begin(), unary_function(call.node().type));
  return result;
}

std::optional<Contents> fold_binary(const OperatorCall& call, const Shape& shape, std::int32_t) {
  std::optional<Contents> result = operand(call, 0, shape);
  for (std::size_t k = 1; result && k < call.input_count(); ++k) {
    const std::optional<Contents> other = operand(call, k, shape);
    if (!other) return std::nullopt;
    const BinaryFunction function = binary_function(call.node().type, is_integer_type(call.input(0).type));
    std::transform(result->begin(), result->end(), other->begin(), result->begin(), function);
  }
  return result;
}

std::optional<Contents> fold_where(const OperatorCall& call, const Shape& shape, std::int32_t) {
  const std::optional<Contents> condition = operand(call, 0, shape);
  const std::optional<Contents> chosen = operand(call, 1, shape);
  std::optional<Contents> other = operand(call, 2, shape);
  if (!condition || !chosen || !other) return std::nullopt;
  for (std::size_t k = 0; k < other->size(); ++k) {
    if ((*condition)[k] != 0.0) (*other)[k] = (*chosen)[k];
  }
  return other;
}

std::optional<Contents> fold_cast(const OperatorCall& call, const Shape&, std::int32_t type) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  Contents result = *contents;
  for (double& value : result) {
    if (type == kBool)
      value = value != 0.0 ? 1.0 : 0.0;
    else if (is_integer_type(type))
      value = std::trunc(value);
  }
  return result;
}

std::optional<Contents> fold_same_order(const OperatorCall& call, const Shape&, std::int32_t) {
  const Contents* contents = call.contents(0);
  return contents == nullptr ? std::nullopt : std::optional(*contents);
}

std::optional<Contents> fold_expand(const OperatorCall& call, const Shape& shape, std::int32_t) {
  return operand(call, 0, shape);
}

std::optional<Contents> fold_concat(const OperatorCall& call, const Shape& shape, std::int32_t) {
  const std::size_t axis = call.axis(call.integer("axis", 0), shape.size());
  const std::size_t outer = static_cast<std::size_t>(*elements(shape, 0, axis));
  Contents result;
  for (std::size_t row = 0; row < outer; ++row) {
    for (std::size_t k = 0; k < call.input_count(); ++k) {
      const Contents* contents = call.contents(k);
      if (contents == nullptr) return std::nullopt;
      const std::size_t length = contents->size() / outer;
      const auto begin = contents->begin() + static_cast<std::ptrdiff_t>(row * length);
      result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
    }
  }
  return result;
}

std::optional<Contents> fold_gather(const OperatorCall& call, const Shape&, std::int32_t) {
  const Contents* contents = call.contents(0);
  const std::optional<Shape> indices = call.integers(1);
  if (contents == nullptr || !indices) return std::nullopt;
  const Shape& from = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", 0), from.size());
  const auto outer = static_cast<std::size_t>(*elements(from, 0, axis));
  const auto inner = static_cast<std::size_t>(*elements(from, axis + 1, from.size()));
  const auto rows = static_cast<std::size_t>(from[axis]);
  Contents result;
  for (std::size_t block = 0; block < outer; ++block) {
    for (const std::int64_t index : *indices) {
      const std::optional<std::size_t> row = normal_axis(index, rows);
      if (!row) call.fail("an index is outside the axis that it counts along");
      const auto begin = contents->begin() + static_cast<std::ptrdiff_t>((block * rows + *row) * inner);
      result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(inner));
    }
  }
  return result;
}

std::optional<Contents> fold_transpose(const OperatorCall& call, const Shape& shape, std::int32_t) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  const std::vector<std::int64_t> own = row_major_strides(call.shape(0));
  const Shape* permutation = call.integer_list("perm");
  std::vector<std::int64_t> strides(shape.size());
  for (std::size_t k = 0; k < shape.size(); ++k) {
    strides[k] = own[permutation != nullptr ? static_cast<std::size_t>((*permutation)[k]) : shape.size() - 1 - k];
  }
  return gather_strided(*contents, shape, strides, 0);
}

double reduce(std::string_view type, double a, double b) {
  if (type == "ReduceProd") return a * b;
  if (type == "ReduceMax") return std::max(a, b);
  if (type == "ReduceMin") return std::min(a, b);
  return a + b;
}

// All elements into one: what shape computations need.
std::optional<Contents> fold_reduce(const OperatorCall& call, const Shape& shape, std::int32_t) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr || contents->empty() || *elements(shape) != 1.0) return std::nullopt;
  return Contents{std::accumulate(contents->begin() + 1, contents->end(), contents->front(),
                                  [&](double a, double b) { return reduce(call.node().type, a, b); })};
}

constexpr std::array<Fold, 15> kFolds{{
    {"Cast", fold_cast},
    {"Concat", fold_concat},
    {"Expand", fold_expand},
    {"Flatten", fold_same_order},
    {"Gather", fold_gather},
    {"Identity", fold_same_order},
    {"ReduceMax", fold_reduce},
    {"ReduceMin", fold_reduce},
    {"ReduceProd", fold_reduce},
    {"ReduceSum", fold_reduce},
    {"Reshape", fold_same_order},
    {"Squeeze", fold_same_order},
    {"Transpose", fold_transpose},
    {"Unsqueeze", fold_same_order},
    {"Where", fold_where},
}};

FoldFunction fold_function(std::string_view type) {
  const auto found = std::find_if(kFolds.begin(), kFolds.end(), [&](const Fold& entry) { return entry.type == type; });
  if (found != kFolds.end()) return found->function;
  if (unary_function(type) != nullptr) return fold_unary;
  if (binary_function(type, false) != nullptr) return fold_binary;
  return nullptr;
}

}  // namespace

std::vector<double> gather_strided(const std::vector<double>& from, const Shape& to,
                                   const std::vector<std::int64_t>& strides, std::int64_t start) {
  Contents result(size_of(to));
  Shape index(to.size(), 0);
  std::int64_t position = start;
  for (double& element : result) {
    element = from.at(static_cast<std::size_t>(position));
    for (std::size_t axis = to.size(); axis-- > 0;) {
      position += strides[axis];
      if (++index[axis] < to[axis]) break;
      position -= strides[axis] * to[axis];
      index[axis] = 0;
    }
  }
  return result;
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t k = shape.size(); k-- > 1;) strides[k - 1] = strides[k] * shape[k];
  return strides;
}

bool can_fold(std::string_view type) { return fold_function(type) != nullptr; }

std::optional<Contents> fold(const OperatorCall& call, const Shape& shape, std::int32_t type) {
  const FoldFunction function = fold_function(call.node().type);
  if (function == nullptr) return std::nullopt;
  if (size_of(shape) == 0) return Contents{};
  return function(call, shape, type);
}

}  // namespace hwcost::onnx
