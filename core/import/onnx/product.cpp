#include "product.hpp"

#include <algorithm>

#include "extents.hpp"

namespace hwcost::onnx {
namespace {

// [batch][tokens...][features] times a constant matrix, from either side.
Linear<> linear_dims(const Matrix& activation, bool activation_is_left, double out_channels, bool bias) {
  Linear<> dims;
  const double outer = *elements(activation.batch);
  const double positions = activation_is_left ? activation.rows : activation.columns;
  dims.batch = activation.batch.empty() ? positions : static_cast<double>(activation.batch.front());
  dims.tokens = activation.batch.empty() ? 1.0 : outer / dims.batch * positions;
  dims.in_channels = activation_is_left ? activation.columns : activation.rows;
  dims.out_channels = out_channels;
  dims.bias = bias ? 1.0 : 0.0;
  return dims;
}

// Outer extents of a product of an activation and a constant: those of the activation alone, those that both have (a
// matrix for each), and those of the constant alone (several matrices for the same activation).
struct OuterExtents {
  double batch = 1.0;
  double groups = 1.0;
  double copies = 1.0;
};

OuterExtents outer_extents(const Shape& activation, const Shape& constant) {
  OuterExtents result;
  for (std::size_t k = 0; k < std::max(activation.size(), constant.size()); ++k) {
    const std::int64_t a = k < activation.size() ? activation[activation.size() - 1 - k] : 1;
    const std::int64_t c = k < constant.size() ? constant[constant.size() - 1 - k] : 1;
    double& extent = c == 1 ? result.batch : a == c ? result.groups : result.copies;
    extent *= static_cast<double>(c == 1 ? a : c);
  }
  return result;
}

// A product with a constant owns the constant. One matrix is a linear layer; several for one activation are one linear
// layer that has the output channels of all; a matrix for each of several activations (mixture of experts) is a
// convolution of kernel 1 with a group for each and the rows as its width.
void multiply_by_constant(OperatorCall& call, const Matrix& activation, const Matrix& constant, bool constant_is_left,
                          OwnedOperands owned) {
  const bool activation_is_left = !constant_is_left;
  const OuterExtents outer = outer_extents(activation.batch, constant.batch);
  const double channels = outer.copies * (activation_is_left ? constant.columns : constant.rows);
  const bool bias = owned.bias && adds_bias(call, *owned.bias);
  const Linear<> linear = linear_dims(activation, activation_is_left, channels, bias);
  if (outer.groups == 1.0) return call.layer(Op::linear, linear, std::move(owned));
  const double positions = activation_is_left ? activation.rows : activation.columns;
  Convolution<> dims{.batch = outer.batch,
                     .in_channels = outer.groups * linear.in_channels,
                     .out_channels = outer.groups * channels,
                     .groups = outer.groups,
                     .in_width = positions,
                     .out_width = positions,
                     .bias = linear.bias};
  call.layer(Op::conv1d, dims, std::move(owned));
}

// Whether the constant is one matrix in the file that was expanded to several.
bool is_expanded(const Value& constant, const Matrix& matrix) {
  return elements(matrix.batch) != 1.0 && constant.origin.elements == matrix.rows * matrix.columns;
}

}  // namespace

bool adds_bias(const OperatorCall& call, std::size_t bias) {
  if (!call.has(bias) || !call.input(bias).is_literal()) return call.has(bias);
  const std::vector<double>* contents = call.contents(bias);
  return contents == nullptr || std::any_of(contents->begin(), contents->end(), [](double x) { return x != 0.0; });
}

void multiply_matrices(OperatorCall& call, const Matrix& left, const Matrix& right, std::size_t bias) {
  const Shape batch = *broadcast(left.batch, right.batch);
  const bool has_bias = call.has(bias);
  if (has_bias && call.is_activation(bias)) return call.cannot_derive("its bias is computed at run time");
  for (const bool from_right : {true, false}) {
    Matrix constant = from_right ? right : left;
    Matrix activation = from_right ? left : right;
    if (call.is_activation(constant.operand)) continue;
    if (is_expanded(call.input(constant.operand), constant)) {
      constant.batch.clear();
      activation.batch = batch;
    }
    return multiply_by_constant(call, activation, constant, !from_right,
                                {.weight = constant.operand, .bias = bias, .channel_axis = constant.channel_axis});
  }
  if (has_bias) return call.cannot_derive("it adds a bias to the product of two activations");
  const double products = *elements(batch);
  call.layer(Op::matmul, MatMul<>{.batch = products,
                                  .rows = left.rows,
                                  .depth = left.columns,
                                  .columns = right.columns,
                                  .shared_batch = products / *elements(right.batch)});
}

}  // namespace hwcost::onnx
