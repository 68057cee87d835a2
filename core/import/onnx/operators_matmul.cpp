#include <fmt/format.h>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// A product of two operands by position: which are their rows, inner and column extents.
struct Product {
  std::size_t left = 0;
  std::size_t right = 1;
  std::size_t bias = 1000;  // no operand of a node has this position
  bool transpose_left = false;
  bool transpose_right = false;
};

// A matrix operand: [..., rows, columns]; vectors get the extent 1 that ONNX gives them.
struct Matrix {
  Shape batch;
  double rows = 1.0;
  double columns = 1.0;
  bool vector = false;
};

Matrix matrix(const OperatorCall& call, std::size_t operand, bool transpose, bool is_left) {
  const Shape& shape = call.shape(operand);
  Matrix result;
  if (shape.empty()) call.fail(fmt::format("operand {} is a scalar, wanted a matrix", operand));
  if (shape.size() == 1) {
    (is_left ? result.columns : result.rows) = static_cast<double>(shape[0]);
    result.vector = true;
    return result;
  }
  result.batch.assign(shape.begin(), shape.end() - 2);
  result.rows = static_cast<double>(shape[shape.size() - 2]);
  result.columns = static_cast<double>(shape[shape.size() - 1]);
  if (transpose) std::swap(result.rows, result.columns);
  return result;
}

Shape product_shape(const Matrix& left, const Matrix& right, Shape batch) {
  if (!left.vector) batch.push_back(static_cast<std::int64_t>(left.rows));
  if (!right.vector) batch.push_back(static_cast<std::int64_t>(right.columns));
  return batch;
}

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

void multiply(OperatorCall& call, const Product& product, std::optional<std::int32_t> type) {
  const Matrix left = matrix(call, product.left, product.transpose_left, true);
  const Matrix right = matrix(call, product.right, product.transpose_right, false);
  if (left.columns != right.rows) {
    call.fail(fmt::format("its operands have shapes {} and {}, whose inner extents {} and {} differ",
                          to_text(call.shape(product.left)), to_text(call.shape(product.right)), left.columns,
                          right.rows));
  }
  const std::optional<Shape> batch = broadcast(left.batch, right.batch);
  if (!batch) {
    call.fail(fmt::format("its operands have shapes {} and {}, whose outer extents do not fit",
                          to_text(call.shape(product.left)), to_text(call.shape(product.right))));
  }
  call.output(0, product_shape(left, right, *batch), type);
  const bool bias = call.has(product.bias);
  if (bias && call.is_activation(product.bias)) return call.cannot_derive("its bias is computed at run time");
  const auto is_weight = [&](std::size_t k, const Matrix& m) {
    return !call.is_activation(k) && elements(m.batch) == 1.0;
  };
  if (is_weight(product.right, right)) {
    const std::size_t rank = call.shape(product.right).size();
    const std::size_t channel_axis = rank < 2 ? 1 : product.transpose_right ? rank - 2 : rank - 1;
    return call.layer(Op::linear, linear_dims(left, true, right.columns, bias),
                      {.weight = product.right, .bias = product.bias, .channel_axis = channel_axis});
  }
  if (is_weight(product.left, left)) {
    const std::size_t rank = call.shape(product.left).size();
    return call.layer(Op::linear, linear_dims(right, false, left.rows, bias),
                      {.weight = product.left, .bias = product.bias, .channel_axis = rank < 2 ? 1 : rank - 2});
  }
  if (bias) return call.cannot_derive("it adds a bias to the product of two activations");
  const double products = *elements(*batch);
  call.layer(Op::matmul, MatMul<>{.batch = products,
                                  .rows = left.rows,
                                  .depth = left.columns,
                                  .columns = right.columns,
                                  .shared_batch = products / *elements(right.batch)});
}

// The position of the constant operand of an addition; nothing where there is not exactly one.
std::optional<std::size_t> constant_operand(const OperatorCall& call) {
  if (call.input_count() != 2 || !call.has(0) || !call.has(1)) return std::nullopt;
  if (call.is_activation(0) == call.is_activation(1)) return std::nullopt;
  return call.is_activation(0) ? 1 : 0;
}

}  // namespace

void import_matmul(OperatorCall& call, Op) { multiply(call, {}, {}); }

void import_gemm(OperatorCall& call, Op) {
  if (call.shape(0).size() != 2 || call.shape(1).size() != 2) {
    call.fail(fmt::format("its operands have shapes {} and {}, wanted matrices", to_text(call.shape(0)),
                          to_text(call.shape(1))));
  }
  multiply(
      call,
      {.bias = 2, .transpose_left = call.integer("transA", 0) != 0, .transpose_right = call.integer("transB", 0) != 0},
      {});
  if (!call.has(2)) return;
  const Shape product{call.shape(0)[call.integer("transA", 0) != 0 ? 1 : 0],
                      call.shape(1)[call.integer("transB", 0) != 0 ? 0 : 1]};
  if (broadcast(product, call.shape(2)) != product) {
    call.fail(fmt::format("its bias has shape {}, its product {}", to_text(call.shape(2)), to_text(product)));
  }
}

// QLinearMatMul (a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point) or, where the operands
// follow each other, MatMulInteger (a, b, a_zero_point, b_zero_point).
void import_quantized_matmul(OperatorCall& call, Op) {
  if (call.node().type == "MatMulInteger") return multiply(call, {}, kInt32);
  multiply(call, {.right = 3}, call.has(7) ? call.input(7).type : call.input(0).type);
}

bool absorb_bias(OperatorCall& call) {
  const std::optional<std::size_t> constant = constant_operand(call);
  if (!constant) return false;
  const Value& sum = call.input(1 - *constant);
  const Value& bias = call.input(*constant);
  if (!sum.producer || sum.through_quantizer || !bias.shape || !sum.shape) return false;
  if (call.builder().readers(sum.name) != 1) return false;
  hwcost::Node& node = call.builder().graph().nodes[*sum.producer];
  auto* dims = std::get_if<Linear<>>(&node.layer.dims);
  if (dims == nullptr || dims->bias != 0.0) return false;
  const bool is_channel_vector = !bias.shape->empty() && !sum.shape->empty() &&
                                 static_cast<double>(bias.shape->back()) == dims->out_channels &&
                                 bias.shape->back() == sum.shape->back() && elements(*bias.shape) == dims->out_channels;
  if (!is_channel_vector || bias.shape->size() > sum.shape->size()) return false;
  dims->bias = 1.0;
  node.layer.precision.bias = bias_format(bias, node.layer.precision.weight);
  call.builder().trace(fmt::format("{} adds a constant vector: the bias of {}", call.label(), node.layer.name));
  Value output = sum;
  call.builder().graph().tensors[*output.tensor].name = clean_text(call.node().outputs.at(0));
  call.forward(0, std::move(output));
  return true;
}

}  // namespace hwcost::onnx
