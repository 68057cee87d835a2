// Number formats of layers and tensors: what the file stores, and what its quantisers say.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "graph_builder.hpp"

namespace hwcost::onnx {

// Operands that a layer owns, by position in the node.
struct OwnedOperands {
  std::optional<std::size_t> weight{};
  std::optional<std::size_t> bias{};   // biases and other small parameters
  std::vector<std::size_t> counted{};  // those whose stored elements the layer's extents count as `parameters`
  std::size_t channel_axis = 0;        // of the weight: its output channels
};

// Formats of the layer's operands as they are known when the node is written; and whether it owns its parameters, or a
// node before it does.
void set_precision(hwcost::Node& node, GraphBuilder& builder, const std::vector<const Value*>& inputs,
                   const OwnedOperands& owned);

// Format of a bias or another small parameter: a float32 vector beside integer weights stands for 32-bit integers.
NumberFormat bias_format(const Value& bias, const WeightFormat& weight);

// A tensor that only quantisers read is stored at the width that they give it (the widest, where they differ).
void settle_tensor_formats(GraphBuilder& builder);

// After mark_fusions: what is fused into a layer says how its output is stored; then every layer's output format is
// that of its tensor.
void settle_layer_outputs(Graph& graph);

// Says the widths of every layer with weights that are not all floats.
void log_layer_widths(GraphBuilder& builder, const Graph& graph);

}  // namespace hwcost::onnx
