// Products of two operands as layers: linear where one is a constant, matmul where none is.
#pragma once

#include "operator_call.hpp"

namespace hwcost::onnx {

inline constexpr std::size_t kNoOperand = 1000;  // no operand of a node has this position

// A matrix operand: [..., rows, columns].
struct Matrix {
  std::size_t operand = 0;
  Shape batch;
  double rows = 1.0;
  double columns = 1.0;
  std::size_t channel_axis = 0;  // of the operand: the extent that it does not share with the other
};

// Whether the operand is there and changes a sum: zeros that are no parameter are what exporters write for no bias.
bool adds_bias(const OperatorCall& call, std::size_t bias);

// The layer of left · right, whose inner extents are equal and whose batches fit; `bias` is an operand's position.
void multiply_matrices(OperatorCall& call, const Matrix& left, const Matrix& right, std::size_t bias = kNoOperand);

}  // namespace hwcost::onnx
