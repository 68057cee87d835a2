#include "widths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "ownership.hpp"

namespace hwcost::onnx {
namespace {

constexpr double kMostChannelsWithWidths = 1048576.0;

NumberFormat widest(const std::vector<NumberFormat>& formats) {
  return *std::max_element(formats.begin(), formats.end(),
                           [](const NumberFormat& a, const NumberFormat& b) { return a.bits < b.bits; });
}

// Widths that follow the output channels: one for each, or one for each of a group.
WeightFormat weight_format(const Layer& layer, GraphBuilder& builder, const Value& weight, std::size_t channel_axis) {
  if (!weight.channel_widths) return weight.format();
  const double channels = out_channels(layer.dims);
  const ChannelWidths& widths = *weight.channel_widths;
  const auto given = static_cast<double>(widths.bits.size());
  if (widths.axis == channel_axis && channels > 0.0 && channels <= kMostChannelsWithWidths &&
      std::fmod(channels, given) == 0.0) {
    std::vector<double> bits;  // the weight's axis holds the channels of one group: the same in all of them
    while (static_cast<double>(bits.size()) < channels) bits.insert(bits.end(), widths.bits.begin(), widths.bits.end());
    return WeightFormat::per_channel(bits);
  }
  builder.note(fmt::format("{}: its weights' widths do not follow the output channels; all are counted at the widest",
                           layer.name));
  return weight.format();
}

bool is_integer_format(const WeightFormat& weight) { return weight.is_mixed() || weight.uniform.is_integer(); }

// A scale or zero point that is found at run time does not decide in which format a layer works.
bool is_scalar(const Value& value) { return value.shape && value.shape->empty(); }

const Value* operand(const std::vector<const Value*>& inputs, std::optional<std::size_t> k) {
  return k && *k < inputs.size() ? inputs[*k] : nullptr;
}

// Indices, counts and bounds beside data of another type say where it goes, not in which format the layer works.
bool says_where(const Value& value, const std::vector<const Value*>& inputs) {
  const Value* data = inputs.front();
  return data != nullptr && !data->constant && &value != data && value.type == kInt64 && data->type != kInt64;
}

bool is_stored(const Value& constant) { return constant.origin.parameter != 0; }

// A quantiser of the network's input has no layer before it that would do its work.
void note_quantized_input(GraphBuilder& builder, TensorId id, NumberFormat stored) {
  const Tensor& input = builder.graph().tensors[id];
  if (input.format == stored) return;
  builder.note(fmt::format("input '{}' is counted at the {} bits of its quantiser, whose work on {} nobody prices",
                           input.name, to_text(input.format), to_text(stored)));
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
  const auto is_tensor = [](const Value* value) { return value != nullptr && !value->constant && !is_scalar(*value); };
  const bool has_tensors = std::any_of(inputs.begin(), inputs.end(), is_tensor);
  for (const Value* value : inputs) {
    if (value == nullptr || value->constant) continue;
    if (says_where(*value, inputs)) continue;
    if (!has_tensors || is_tensor(value)) activations.push_back(value->format());
  }
  Precision& precision = layer.precision;
  if (layer.op == Op::matmul && activations.size() == 2) {
    precision.input = activations[0];
    precision.weight = activations[1];
  } else {
    precision.input = activations.empty() ? kFloat32 : widest(activations);
    precision.weight = precision.input;
  }
  const auto claim = [&](const Value& constant) {
    if (is_stored(constant)) node.weights_of = builder.claim(constant.parameter);
    layer.owns_weights = is_stored(constant) && !node.weights_of;
  };
  if (const Value* weight = operand(inputs, owned.weight)) {
    precision.weight = weight_format(layer, builder, *weight, owned.channel_axis);
    if (weight->constant)
      claim(*weight);
    else
      layer.owns_weights = false;  // computed at run time
  }
  precision.bias = is_integer_format(precision.weight) ? integer(32.0) : precision.weight.uniform;
  if (const Value* bias = operand(inputs, owned.bias)) {
    precision.bias = bias_format(*bias, precision.weight);
    // A layer without weights (a norm, an addition of a constant) owns these.
    if (bias->constant && !owned.weight) claim(*bias);
  }
  if (owned.weight || owned.bias) note_weights(builder, inputs, builder.graph().nodes.size());
  if (!owned.counted.empty()) note_counted(layer, builder, inputs, owned.counted);
}

void settle_tensor_formats(GraphBuilder& builder) {
  Graph& graph = builder.graph();
  const std::unordered_set<TensorId> inputs(graph.inputs.begin(), graph.inputs.end());
  for (TensorId id = 0; id < graph.tensors.size(); ++id) {
    const TensorReads& reads = builder.reads(id);
    if (reads.quantized.empty()) continue;
    if (!reads.plain) {
      const NumberFormat stored = std::exchange(graph.tensors[id].format, widest(reads.quantized));
      if (inputs.contains(id)) note_quantized_input(builder, id, stored);
      continue;
    }
    builder.log([&] {
      const Tensor& tensor = graph.tensors[id];
      return ImportFact{ImportFact::Kind::width, "", "", tensor.name,
                        fmt::format("stays at {} bits: not only quantisers read it", to_text(tensor.format))};
    });
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

void log_layer_widths(GraphBuilder& builder, const Graph& graph) {
  for (const hwcost::Node& node : graph.nodes) {
    const Precision& p = node.layer.precision;
    if (!has_weights(node.layer) || !is_integer_format(p.weight)) continue;
    builder.log([&] {
      return ImportFact{ImportFact::Kind::width, node.source, std::string(name(node.layer.op)), node.layer.name,
                        fmt::format("weights {}, input {}, output {}, bias {}",
                                    p.weight.is_mixed() ? "mixed" : to_text(p.weight.uniform), to_text(p.input),
                                    to_text(p.output), to_text(p.bias))};
    });
  }
}

}  // namespace hwcost::onnx
