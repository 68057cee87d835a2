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

// The elements of the first output; nothing where an operand's elements are not known. The output's shape and type are
// known already.
std::optional<std::vector<double>> fold(const OperatorCall& call, const Shape& shape, std::int32_t type);

// Elements of `from` as a shape reads them: element [i] of the result is at start + sum(i * stride).
std::vector<double> gather_strided(const std::vector<double>& from, const Shape& to,
                                   const std::vector<std::int64_t>& strides, std::int64_t start);
std::vector<std::int64_t> row_major_strides(const Shape& shape);

// Element-wise operators: folding_arithmetic.cpp. Nothing where `type` is none of them.
using UnaryFunction = double (*)(double);
using BinaryFunction = double (*)(double, double);
UnaryFunction unary_function(std::string_view type);
BinaryFunction binary_function(std::string_view type, bool integers);

}  // namespace hwcost::onnx
