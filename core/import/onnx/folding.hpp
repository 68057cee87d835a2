// Constant folding: the elements of a node's output where all its operands are known.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model.hpp"

namespace hwcost::onnx {

class OperatorCall;

// Whether we can evaluate the operator at all.
bool can_fold(std::string_view type);

// An output whose shape and type are known.
struct FoldedOutput {
  std::size_t position = 0;
  const Shape& shape;
  std::int32_t type;
};

// Its elements; nothing where an operand's elements are not known.
std::optional<std::vector<double>> fold(const OperatorCall& call, const FoldedOutput& output);

// Calls f(start + sum(i * stride)) for every element [i] of the shape, in order. Pre: no extent is 0.
template <class F>
void for_each_place(const Shape& shape, const std::vector<std::int64_t>& strides, std::int64_t start, F&& f) {
  Shape index(shape.size(), 0);
  std::int64_t position = start;
  for (std::size_t axis = 1; axis != 0;) {
    f(static_cast<std::size_t>(position));
    for (axis = shape.size(); axis != 0; --axis) {
      position += strides[axis - 1];
      if (++index[axis - 1] < shape[axis - 1]) break;
      position -= strides[axis - 1] * shape[axis - 1];
      index[axis - 1] = 0;
    }
  }
}

// Elements of `from` as a shape reads them: element [i] of the result is at start + sum(i * stride).
std::vector<double> gather_strided(const std::vector<double>& from, const Shape& to,
                                   const std::vector<std::int64_t>& strides, std::int64_t start);
std::vector<std::int64_t> row_major_strides(const Shape& shape);

// Operators that take elements from elsewhere (Gather, Tile, Split, ...): folding_selection.cpp. Null for others.
using FoldFunction = std::optional<std::vector<double>> (*)(const OperatorCall&, const FoldedOutput&);
FoldFunction selection_function(std::string_view type);

// Element-wise operators: folding_arithmetic.cpp. Nothing where `type` is none of them.
using UnaryFunction = double (*)(double);
using BinaryFunction = double (*)(double, double);
UnaryFunction unary_function(std::string_view type);
BinaryFunction binary_function(std::string_view type, bool integers);

}  // namespace hwcost::onnx
