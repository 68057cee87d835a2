#include "widths.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hwcost::onnx {
namespace {

NumberFormat widest(const std::vector<NumberFormat>& formats) {
  return *std::max_element(formats.begin(), formats.end(),
                           [](const NumberFormat& a, const NumberFormat& b) { return a.bits < b.bits; });
}

// Widths that follow the output channels, one a channel or one for each of as many blocks of equal size.
WeightFormat weight_format(const Layer& layer, GraphBuilder& builder, const Value& weight, std::size_t channel_axis) {
  if (!weight.channel_widths) return weight.format();
  const double channels = out_channels(layer.dims);
  const ChannelWidths& widths = *weight.channel_widths;
  if (widths.axis == channel_axis && static_cast<double>(widths.bits.size()) == channels) {
    return WeightFormat::per_channel(widths.bits);
  }
  builder.note(fmt::format("{}: its weights' widths do not follow the output channels; all are counted at the widest",
                           layer.name));
  return weight.format();
}

bool is_integer_format(const WeightFormat& weight) { return weight.is_mixed() || weight.uniform.is_integer(); }

const Value* operand(const std::vector<const Value*>& inputs, std::optional<std::size_t> k) {
  return k && *k < inputs.size() ? inputs[*k] : nullptr;
}

}  // namespace

NumberFormat bias_format(const Value& bias, const WeightFormat& weight) {
  const NumberFormat format = bias.format();
  return format == kFloat32 && is_integer_format(weight) ? integer(32.0) : format;
}

void set_precision(hwcost::Node& node, GraphBuilder& builder, const std::vector<const Value*>& inputs,
                   const OwnedOperands& owned) {
  Layer& layer = node.layer;
  std::vector<NumberFormat> activations;
  for (const Value* value : inputs) {
    if (value != nullptr && !value->constant) activations.push_back(value->format());
  }
  Precision& precision = layer.precision;
  if (layer.op == Op::matmul && activations.size() == 2) {
    precision.input = activations[0];
    precision.weight = activations[1];
  } else {
    precision.input = activations.empty() ? kFloat32 : widest(activations);
    precision.weight = precision.input;
  }
  if (const Value* weight = operand(inputs, owned.weight)) {
    precision.weight = weight_format(layer, builder, *weight, owned.channel_axis);
    if (weight->constant) node.weights_of = builder.claim(weight->parameter);
  }
  precision.bias = is_integer_format(precision.weight) ? integer(32.0) : precision.weight.uniform;
  if (const Value* bias = operand(inputs, owned.bias)) {
    precision.bias = bias_format(*bias, precision.weight);
    // A layer without weights (a norm, an addition of a constant) owns these.
    if (bias->constant && !owned.weight) node.weights_of = builder.claim(bias->parameter);
  }
  layer.owns_weights = !node.weights_of;
}

void settle_tensor_formats(GraphBuilder& builder) {
  Graph& graph = builder.graph();
  for (TensorId id = 0; id < graph.tensors.size(); ++id) {
    const TensorReads& reads = builder.reads(id);
    if (!reads.plain && !reads.quantized.empty()) graph.tensors[id].format = widest(reads.quantized);
  }
}

void settle_layer_outputs(Graph& graph) {
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!node->fused_into || node->inputs.empty() || node->outputs.empty()) continue;
    Tensor& between = graph.tensors[node->inputs.front()];
    const NumberFormat out = graph.tensors[node->outputs.front()].format;
    if (!out.is_integer() || between.format.is_integer()) continue;
    between.format = out;
    Precision& precision = node->layer.precision;
    if (is_clamp(node->layer.op)) {  // it has neither weights nor biases
      precision.weight = out;
      precision.bias = integer(32.0);
    }
    precision.input = out;
  }
  for (hwcost::Node& node : graph.nodes) {
    if (!node.outputs.empty()) node.layer.precision.output = graph.tensors[node.outputs.front()].format;
  }
}

}  // namespace hwcost::onnx
