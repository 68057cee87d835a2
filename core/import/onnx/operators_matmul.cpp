#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::size_t kNone = 1000;  // no operand of a node has this position

// A product of two operands by position: which are their rows, inner and column extents.
struct Product {
  std::size_t left = 0;
  std::size_t right = 1;
  std::size_t bias = kNone;
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
void multiply_by_constant(OperatorCall& call, const Matrix& activation, const Matrix& constant, OwnedOperands owned) {
  const bool activation_is_left = owned.weight != 0U;
  const OuterExtents outer = outer_extents(activation.batch, constant.batch);
  const double channels = outer.copies * (activation_is_left ? constant.columns : constant.rows);
  const bool bias = owned.bias && call.has(*owned.bias);
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
  for (const std::size_t k : {product.right, product.left}) {
    if (call.is_activation(k)) continue;
    Matrix constant = k == product.right ? right : left;
    Matrix activation = k == product.right ? left : right;
    if (is_expanded(call.input(k), constant)) {
      constant.batch.clear();
      activation.batch = *batch;
    }
    const std::size_t rank = call.shape(k).size();
    const bool channels_are_last = k == product.right ? !product.transpose_right : product.transpose_left;
    const std::size_t channel_axis = rank < 2 ? 1 : channels_are_last ? rank - 1 : rank - 2;
    return multiply_by_constant(call, activation, constant,
                                {.weight = k, .bias = product.bias, .channel_axis = channel_axis});
  }
  if (bias) return call.cannot_derive("it adds a bias to the product of two activations");
  const double products = *elements(*batch);
  call.layer(Op::matmul, MatMul<>{.batch = products,
                                  .rows = left.rows,
                                  .depth = left.columns,
                                  .columns = right.columns,
                                  .shared_batch = products / *elements(right.batch)});
}

// Where the second operand, the bias and the output's zero point stand.
struct QuantizedProduct {
  std::string_view operator_type;
  std::size_t right;
  std::size_t bias;
  std::size_t zero_point;
  std::int32_t type;  // of the output; undefined: that of the zero point, float where there is none
};

constexpr std::array<QuantizedProduct, 5> kQuantizedProducts{{
    {"MatMulInteger", 1, kNone, kNone, kInt32},          // a, b, their zero points
    {"QLinearMatMul", 3, kNone, 7, kUndefined},          // a and b, each with scale and zero point, those of y
    {"QGemm", 3, 6, 8, kUndefined},                      // the same with the bias before y
    {"MatMulIntegerToFloat", 1, 6, kNone, kUndefined},   // a, b, their scales, their zero points, bias
    {"DynamicQuantizeMatMul", 1, 4, kNone, kUndefined},  // a, b, scale and zero point of b, bias
}};

const QuantizedProduct& quantized_product(std::string_view type) {
  return *std::find_if(kQuantizedProducts.begin(), kQuantizedProducts.end(),
                       [&](const QuantizedProduct& product) { return product.operator_type == type; });
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

void import_quantized_matmul(OperatorCall& call, Op) {
  const QuantizedProduct& product = quantized_product(call.node().type);
  std::int32_t type = product.type;
  if (type == kUndefined) type = call.has(product.zero_point) ? call.input(product.zero_point).type : kFloat;
  multiply(call,
           {.right = product.right,
            .bias = product.bias,
            .transpose_left = call.integer("transA", 0) != 0,
            .transpose_right = call.integer("transB", 0) != 0},
           type);
  if (type == kInt32) call.mark_accumulator(0);
}

bool absorb_bias(OperatorCall& call) {
  const std::optional<std::size_t> constant = constant_operand(call);
  if (!constant) return false;
  const Value& sum = call.input(1 - *constant);
  const Value& bias = call.input(*constant);
  if (!sum.producer || sum.through_quantizer || !bias.shape || !sum.shape) return false;
  if (bias.origin.parameter == 0) return false;  // not stored: no parameter of anybody
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
  call.log(ImportFact::Kind::merged, node.layer.name, [] { return "the bias of the layer before"; });
  Value output = sum;
  call.builder().graph().tensors[*output.tensor].name = clean_text(call.node().outputs.at(0));
  call.forward(0, std::move(output));
  return true;
}

}  // namespace hwcost::onnx
