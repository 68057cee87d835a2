#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "extents.hpp"
#include "operators.hpp"
#include "ownership.hpp"
#include "product.hpp"

namespace hwcost::onnx {
namespace {

// A product of two operands by position: which are their rows, inner and column extents.
struct Product {
  std::size_t left = 0;
  std::size_t right = 1;
  std::size_t bias = kNoOperand;
  bool transpose_left = false;
  bool transpose_right = false;
};

// A vector is a matrix with one row or column that the product has not.
struct Operand {
  Matrix matrix;
  bool is_vector = false;
};

Operand operand(const OperatorCall& call, std::size_t position, bool transpose, bool is_left) {
  const Shape& shape = call.shape(position);
  Operand result{.matrix = {.operand = position, .batch = {}, .channel_axis = 1}, .is_vector = shape.size() == 1};
  Matrix& matrix = result.matrix;
  if (shape.empty()) call.fail(fmt::format("operand {} is a scalar, wanted a matrix", position));
  if (result.is_vector) {
    (is_left ? matrix.columns : matrix.rows) = static_cast<double>(shape[0]);
    return result;
  }
  matrix.batch.assign(shape.begin(), shape.end() - 2);
  matrix.rows = static_cast<double>(shape[shape.size() - 2]);
  matrix.columns = static_cast<double>(shape[shape.size() - 1]);
  if (transpose) std::swap(matrix.rows, matrix.columns);
  matrix.channel_axis = is_left == transpose ? shape.size() - 1 : shape.size() - 2;
  return result;
}

Shape product_shape(const Operand& left, const Operand& right, Shape batch) {
  if (!left.is_vector) batch.push_back(static_cast<std::int64_t>(left.matrix.rows));
  if (!right.is_vector) batch.push_back(static_cast<std::int64_t>(right.matrix.columns));
  return batch;
}

void multiply(OperatorCall& call, const Product& product, std::optional<std::int32_t> type) {
  const Operand left = operand(call, product.left, product.transpose_left, true);
  const Operand right = operand(call, product.right, product.transpose_right, false);
  const std::string shapes =
      fmt::format("{} and {}", to_text(call.shape(product.left)), to_text(call.shape(product.right)));
  if (left.matrix.columns != right.matrix.rows) {
    call.fail(fmt::format("its operands have shapes {}, whose inner extents {} and {} differ", shapes,
                          left.matrix.columns, right.matrix.rows));
  }
  const std::optional<Shape> batch = broadcast(left.matrix.batch, right.matrix.batch);
  if (!batch) call.fail(fmt::format("its operands have shapes {}, whose outer extents do not fit", shapes));
  call.output(0, product_shape(left, right, *batch), type);
  multiply_matrices(call, left.matrix, right.matrix, product.bias);
}

// Where the second operand, the bias and the output's zero point stand.
struct QuantizedProduct {
  std::string_view operator_type;
  std::size_t right;
  std::size_t bias;
  std::size_t zero_point;
  std::int32_t type;      // of the output; undefined: that of the zero point, float where there is none
  std::size_t left_zero;  // of the operands
  std::size_t right_zero;
};

constexpr std::array<QuantizedProduct, 5> kQuantizedProducts{{
    {"MatMulInteger", 1, kNoOperand, kNoOperand, kInt32, 2, 3},  // a, b, their zero points
    {"QLinearMatMul", 3, kNoOperand, 7, kUndefined, 2, 5},       // a and b, each with scale and zero point, those of y
    {"QGemm", 3, 6, 8, kUndefined, 2, 5},                        // the same with the bias before y
    {"MatMulIntegerToFloat", 1, 6, kNoOperand, kUndefined, 4, 5},  // a, b, their scales, their zero points, bias
    {"DynamicQuantizeMatMul", 1, 4, kNoOperand, kUndefined, kNoOperand, 3},  // a, b, scale and zero point of b, bias
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
  check_zero_points(call, {{0, product.left_zero}, {product.right, product.right_zero}});
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

void import_fused_matmul(OperatorCall& call, Op) {
  if (call.integer("transBatchA", 0) != 0 || call.integer("transBatchB", 0) != 0) {
    return call.cannot_derive("it transposes batches");
  }
  multiply(call, {.transpose_left = call.integer("transA", 0) != 0, .transpose_right = call.integer("transB", 0) != 0},
           {});
}

void import_fused_gemm(OperatorCall& call, Op op) {
  import_gemm(call, op);
  if (!call.underivable()) call.fuse(call.text("activation", ""));
}

bool absorb_bias(OperatorCall& call) {
  const std::optional<std::size_t> constant = constant_operand(call);
  if (!constant) return false;
  const Value& sum = call.input(1 - *constant);
  const Value& bias = call.input(*constant);
  if (!sum.producer || sum.through_quantizer || !bias.shape || !sum.shape) return false;
  if (bias.origin.parameter == 0 || bias.is_literal()) return false;  // no parameter of anybody
  if (bias.origin.elements > *elements(*bias.shape)) return false;    // computed from more than a vector
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
  note_weights(call.builder(), {&bias}, *sum.producer);
  call.log(ImportFact::Kind::merged, node.layer.name, [] { return "the bias of the layer before"; });
  Value output = sum;
  call.builder().graph().tensors[*output.tensor].name = clean_text(call.node().outputs.at(0));
  call.forward(0, std::move(output));
  return true;
}

}  // namespace hwcost::onnx
