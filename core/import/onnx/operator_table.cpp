#include <algorithm>
#include <array>

#include "operators.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

const auto kOperators = std::to_array<OperatorEntry>({
    {"", "Conv", import_convolution},
    {"", "ConvTranspose", import_transposed_convolution},
    {"", "ConvInteger", import_integer_convolution},
    {"", "QLinearConv", import_quantized_convolution},
    {"", "Gemm", import_gemm},
    {"", "MatMul", import_matmul},
    {"", "MatMulInteger", import_quantized_matmul},
    {"", "QLinearMatMul", import_quantized_matmul},
    {kMicrosoft, "QLinearConv", import_quantized_convolution},
    {kMicrosoft, "QGemm", import_quantized_matmul},
    {kMicrosoft, "MatMulIntegerToFloat", import_quantized_matmul},
    {kMicrosoft, "DynamicQuantizeMatMul", import_quantized_matmul},
    {kMicrosoft, "MatMulNBits", import_block_quantized_matmul, Op::linear},

    {"", "MaxPool", import_pooling, Op::max_pool},
    {"", "AveragePool", import_pooling, Op::avg_pool},
    {"", "LpPool", import_pooling, Op::lp_pool},
    {"", "GlobalMaxPool", import_global_pooling, Op::global_max_pool},
    {"", "GlobalAveragePool", import_global_pooling, Op::global_avg_pool},
    {"", "GlobalLpPool", import_global_pooling, Op::global_lp_pool},
    {kMicrosoft, "QLinearAveragePool", import_pooling, Op::avg_pool},
    {kMicrosoft, "QLinearGlobalAveragePool", import_global_pooling, Op::global_avg_pool},

    {"", "Add", import_add, Op::add},
    {"", "Sum", import_nary, Op::add},
    {"", "Mean", import_nary, Op::add},
    {"", "Sub", import_nary, Op::sub},
    {"", "Mul", import_nary, Op::mul},
    {"", "Div", import_nary, Op::div},
    {"", "Pow", import_nary, Op::pow},
    {"", "Mod", import_nary, Op::mod},
    {"", "Min", import_nary, Op::min},
    {"", "Max", import_nary, Op::max},
    {"", "Equal", import_comparison, Op::compare},
    {"", "Greater", import_comparison, Op::compare},
    {"", "GreaterOrEqual", import_comparison, Op::compare},
    {"", "Less", import_comparison, Op::compare},
    {"", "LessOrEqual", import_comparison, Op::compare},
    {"", "IsNaN", import_comparison, Op::compare},
    {"", "IsInf", import_comparison, Op::compare},
    {"", "And", import_comparison, Op::logical},
    {"", "Or", import_comparison, Op::logical},
    {"", "Xor", import_comparison, Op::logical},
    {"", "Where", import_where, Op::where},
    {"", "PRelu", import_nary, Op::prelu},
    {kMicrosoft, "QLinearAdd", import_quantized_binary, Op::add},
    {kMicrosoft, "QLinearMul", import_quantized_binary, Op::mul},
    {kMicrosoft, "QLinearLeakyRelu", import_unary, Op::leaky_relu},
    {kMicrosoft, "QLinearSigmoid", import_unary, Op::sigmoid},
    {kMicrosoft, "QLinearSoftmax", import_softmax, Op::softmax},
    {kMicrosoft, "QLinearConcat", import_quantized_concat, Op::concat},
    {kMicrosoft, "QLinearReduceMean", import_reduction, Op::reduce_mean},

    {"", "Relu", import_unary, Op::relu},
    {"", "Clip", import_clip, Op::clip},
    {"", "LeakyRelu", import_unary, Op::leaky_relu},
    {"", "Elu", import_unary, Op::elu},
    {"", "Selu", import_unary, Op::selu},
    {"", "Celu", import_unary, Op::celu},
    {"", "Sigmoid", import_unary, Op::sigmoid},
    {"", "HardSigmoid", import_unary, Op::hard_sigmoid},
    {"", "HardSwish", import_unary, Op::hard_swish},
    {"", "Gelu", import_unary, Op::gelu},
    {"", "Tanh", import_unary, Op::tanh},
    {"", "Softplus", import_unary, Op::softplus},
    {"", "Softsign", import_unary, Op::softsign},
    {"", "Mish", import_unary, Op::mish},
    {"", "ThresholdedRelu", import_unary, Op::threshold},
    {"", "Shrink", import_unary, Op::threshold},
    {"", "Erf", import_unary, Op::erf},
    {"", "Exp", import_unary, Op::exp},
    {"", "Log", import_unary, Op::log},
    {"", "Sqrt", import_unary, Op::sqrt},
    {"", "Reciprocal", import_unary, Op::reciprocal},
    {"", "Neg", import_unary, Op::neg},
    {"", "Abs", import_unary, Op::abs},
    {"", "Sign", import_unary, Op::sign},
    {"", "Round", import_unary, Op::round},
    {"", "Floor", import_unary, Op::round},
    {"", "Ceil", import_unary, Op::round},
    {"", "Sin", import_unary, Op::trigonometric},
    {"", "Cos", import_unary, Op::trigonometric},
    {"", "Tan", import_unary, Op::trigonometric},
    {"", "Asin", import_unary, Op::trigonometric},
    {"", "Acos", import_unary, Op::trigonometric},
    {"", "Atan", import_unary, Op::trigonometric},
    {"", "Not", import_unary, Op::logical_not},
    {"", "Cast", import_cast, Op::cast},
    {"", "CastLike", import_cast, Op::cast},
    {kMicrosoft, "Gelu", import_unary, Op::gelu},
    {kMicrosoft, "QuickGelu", import_unary, Op::gelu},

    {"", "BatchNormalization", import_batch_norm, Op::batch_norm},
    {"", "LayerNormalization", import_norm, Op::layer_norm},
    {"", "RMSNormalization", import_norm, Op::rms_norm},
    {"", "SimplifiedLayerNormalization", import_norm, Op::rms_norm},
    {"", "GroupNormalization", import_norm, Op::group_norm},
    {"", "InstanceNormalization", import_norm, Op::instance_norm},
    {"", "LRN", import_norm, Op::local_response_norm},
    {"", "Softmax", import_softmax, Op::softmax},
    {"", "LogSoftmax", import_softmax, Op::log_softmax},

    {"", "Gather", import_gather, Op::gather},
    {"", "GatherElements", import_gather_elements, Op::gather},
    {"", "GatherND", import_gather_nd, Op::gather},
    {"", "ScatterElements", import_scatter, Op::scatter},
    {"", "ScatterND", import_scatter, Op::scatter},

    {"", "ReduceSum", import_reduction, Op::reduce_sum},
    {"", "ReduceMean", import_reduction, Op::reduce_mean},
    {"", "ReduceMax", import_reduction, Op::reduce_max},
    {"", "ReduceMin", import_reduction, Op::reduce_min},
    {"", "ReduceProd", import_reduction, Op::reduce_prod},
    {"", "ReduceL1", import_reduction, Op::reduce_norm},
    {"", "ReduceL2", import_reduction, Op::reduce_norm},
    {"", "ReduceSumSquare", import_reduction, Op::reduce_norm},
    {"", "ReduceLogSum", import_reduction, Op::reduce_log_sum_exp},
    {"", "ReduceLogSumExp", import_reduction, Op::reduce_log_sum_exp},
    {"", "ArgMax", import_arg_extremum, Op::arg_extremum},
    {"", "ArgMin", import_arg_extremum, Op::arg_extremum},
    {"", "TopK", import_top_k, Op::top_k},
    {"", "CumSum", import_cumulative_sum, Op::cumulative_sum},

    {"", "Identity", import_view, Op::identity},
    {"", "Dropout", import_view, Op::identity},
    {"", "Concat", import_concat, Op::concat},
    {"", "Split", import_split, Op::split},
    {"", "Slice", import_slice, Op::slice},
    {"", "Pad", import_pad, Op::pad},
    {"", "Transpose", import_transpose, Op::transpose},
    {"", "Tile", import_tile, Op::tile},
    {"", "Expand", import_expand, Op::tile},
    {"", "DepthToSpace", import_depth_to_space, Op::transpose},
    {"", "SpaceToDepth", import_space_to_depth, Op::transpose},
    {"", "Resize", import_resize},
    {"", "Upsample", import_resize},

    {"", "Reshape", import_reshape, Op::reshape},
    {"", "Flatten", import_flatten, Op::reshape},
    {"", "Squeeze", import_squeeze, Op::reshape},
    {"", "Unsqueeze", import_unsqueeze, Op::reshape},
    {"", "Constant", import_constant, Op::constant},
    {"", "ConstantOfShape", import_constant_of_shape, Op::constant},
    {"", "Shape", import_shape},
    {"", "Size", import_size},
    {"", "Range", import_range, Op::constant},

    {"", "LSTM", import_recurrent, Op::lstm},
    {"", "GRU", import_recurrent, Op::gru},
    {"", "RNN", import_recurrent, Op::rnn},

    {"", "QuantizeLinear", import_quantize_linear},
    {"", "DequantizeLinear", import_dequantize_linear},
    {kMicrosoft, "QuantizeLinear", import_quantize_linear},
    {kMicrosoft, "DequantizeLinear", import_dequantize_linear},
    {"", "DynamicQuantizeLinear", import_dynamic_quantize, Op::quantize},
    {"qonnx", "Quant", import_quant},
    {"qonnx", "IntQuant", import_quant},
    {"qonnx", "BipolarQuant", import_bipolar_quant},
    {"qonnx", "Trunc", import_trunc},
    {"qonnx", "FloatQuant", import_float_quant},
    {"trt", "TRT_FP8QuantizeLinear", import_fp8_quantize_linear},
    {"trt", "TRT_FP8DequantizeLinear", import_dequantize_linear},
    {"trt", "TRT_INT4QuantizeLinear", import_int4_quantize_linear},
    {"trt", "TRT_INT4DequantizeLinear", import_dequantize_linear},
});

// QONNX operators have been exported under these domains.
bool is_qonnx(std::string_view domain) {
  return domain == "qonnx.custom_op.general" || domain == "finn.custom_op.general" || domain == "onnx.brevitas";
}

}  // namespace

const OperatorEntry* find_operator(std::string_view domain, std::string_view type) {
  if (is_qonnx(domain)) domain = "qonnx";
  const auto found = std::find_if(kOperators.begin(), kOperators.end(), [&](const OperatorEntry& entry) {
    return entry.type == type && entry.domain == domain;
  });
  return found == kOperators.end() ? nullptr : &*found;
}

}  // namespace hwcost::onnx
