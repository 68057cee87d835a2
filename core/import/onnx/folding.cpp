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
  if (contents == nullptr || broadcast(call.shape(k), to) != to) return std::nullopt;
  return broadcast_to(*contents, call.shape(k), to);
}

std::optional<Contents> fold_unary(const OperatorCall& call, const FoldedOutput&) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  Contents result = *contents;
  std::transform(result.begin(), result.end(), result.begin(), unary_function(call.node().type));
  return result;
}

// Mod with the attribute fmod has the sign of its first operand.
std::string_view operator_of(const OperatorCall& call) {
  return call.node().type == "Mod" && call.integer("fmod", 0) != 0 ? "Fmod" : call.node().type;
}

std::optional<Contents> fold_binary(const OperatorCall& call, const FoldedOutput& output) {
  std::optional<Contents> result = operand(call, 0, output.shape);
  for (std::size_t k = 1; result && k < call.input_count(); ++k) {
    const std::optional<Contents> other = operand(call, k, output.shape);
    if (!other) return std::nullopt;
    const BinaryFunction function = binary_function(operator_of(call), is_integer_type(call.input(0).type));
    std::transform(result->begin(), result->end(), other->begin(), result->begin(), function);
  }
  return result;
}

std::optional<Contents> fold_where(const OperatorCall& call, const FoldedOutput& output) {
  const std::optional<Contents> condition = operand(call, 0, output.shape);
  const std::optional<Contents> chosen = operand(call, 1, output.shape);
  std::optional<Contents> other = operand(call, 2, output.shape);
  if (!condition || !chosen || !other) return std::nullopt;
  for (std::size_t k = 0; k < other->size(); ++k) {
    if ((*condition)[k] != 0.0) (*other)[k] = (*chosen)[k];
  }
  return other;
}

std::optional<Contents> fold_cast(const OperatorCall& call, const FoldedOutput& output) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  Contents result = *contents;
  for (double& value : result) {
    if (output.type == kBool)
      value = value != 0.0 ? 1.0 : 0.0;
    else if (is_integer_type(output.type))
      value = std::trunc(value);
  }
  return result;
}

std::optional<Contents> fold_same_order(const OperatorCall& call, const FoldedOutput&) {
  const Contents* contents = call.contents(0);
  return contents == nullptr ? std::nullopt : std::optional(*contents);
}

std::optional<Contents> fold_expand(const OperatorCall& call, const FoldedOutput& output) {
  return operand(call, 0, output.shape);
}

std::optional<Contents> fold_concat(const OperatorCall& call, const FoldedOutput& output) {
  const std::size_t axis = call.axis(call.integer("axis", call.opset() < 4 ? 1 : 0), output.shape.size());
  const std::size_t outer = static_cast<std::size_t>(*elements(output.shape, 0, axis));
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

double reduce(std::string_view type, double a, double b) {
  if (type == "ReduceProd") return a * b;
  if (type == "ReduceMax") return std::max(a, b);
  if (type == "ReduceMin") return std::min(a, b);
  return a + b;
}

// Which axes are gone, or 1, in the result.
std::vector<bool> reduced_axes(const OperatorCall& call) {
  const std::size_t rank = call.shape(0).size();
  const std::optional<Shape> axes = call.list_or_operand("axes", 1);
  if (!axes || axes->empty()) return std::vector<bool>(rank, true);
  std::vector<bool> is_reduced(rank, false);
  for (const std::int64_t axis : *axes) is_reduced[call.axis(axis, rank)] = true;
  return is_reduced;
}

std::optional<Contents> fold_reduce(const OperatorCall& call, const FoldedOutput& output) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr || contents->empty()) return std::nullopt;
  const Shape& in = call.shape(0);
  const std::vector<bool> is_reduced = reduced_axes(call);
  Shape strides(in.size(), 0);  // in the result
  std::int64_t stride = 1;
  for (std::size_t axis = in.size(); axis-- > 0;) {
    if (is_reduced[axis]) continue;
    strides[axis] = stride;
    stride *= in[axis];
  }
  Contents result(size_of(output.shape));
  std::vector<bool> is_filled(result.size(), false);
  std::size_t next = 0;
  for_each_place(in, strides, 0, [&](std::size_t place) {
    const double value = (*contents)[next++];
    result[place] = is_filled[place] ? reduce(call.node().type, result[place], value) : value;
    is_filled[place] = true;
  });
  const double count = static_cast<double>(contents->size()) / static_cast<double>(result.size());
  if (call.node().type == "ReduceMean") {
    for (double& value : result) value /= count;
  }
  return result;
}

constexpr std::array<Fold, 15> kFolds{{
    {"Cast", fold_cast},
    {"Concat", fold_concat},
    {"Expand", fold_expand},
    {"Flatten", fold_same_order},
    {"CastLike", fold_cast},
    {"Identity", fold_same_order},
    {"ReduceMax", fold_reduce},
    {"ReduceMean", fold_reduce},
    {"ReduceMin", fold_reduce},
    {"ReduceProd", fold_reduce},
    {"ReduceSum", fold_reduce},
    {"Reshape", fold_same_order},
    {"Squeeze", fold_same_order},
    {"Unsqueeze", fold_same_order},
    {"Where", fold_where},
}};

FoldFunction fold_function(std::string_view type) {
  const auto found = std::find_if(kFolds.begin(), kFolds.end(), [&](const Fold& entry) { return entry.type == type; });
  if (found != kFolds.end()) return found->function;
  if (const FoldFunction selection = selection_function(type)) return selection;
  if (unary_function(type) != nullptr) return fold_unary;
  if (binary_function(type, false) != nullptr) return fold_binary;
  return nullptr;
}

}  // namespace

std::vector<double> gather_strided(const std::vector<double>& from, const Shape& to,
                                   const std::vector<std::int64_t>& strides, std::int64_t start) {
  Contents result;
  result.reserve(size_of(to));
  for_each_place(to, strides, start, [&](std::size_t place) { result.push_back(from.at(place)); });
  return result;
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t k = shape.size(); k-- > 1;) strides[k - 1] = strides[k] * shape[k];
  return strides;
}

bool can_fold(std::string_view type) { return fold_function(type) != nullptr; }

std::optional<Contents> fold(const OperatorCall& call, const FoldedOutput& output) {
  const FoldFunction function = fold_function(call.node().type);
  if (function == nullptr) return std::nullopt;
  if (size_of(output.shape) == 0) return Contents{};
  return function(call, output);
}

}  // namespace hwcost::onnx
