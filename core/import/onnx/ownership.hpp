// Which stored tensors belong to which layers: each to one, those that are weights to the layers whose weights they
// are.
#pragma once

#include <cstddef>
#include <vector>

#include "graph_builder.hpp"

namespace hwcost::onnx {

// Of a constant that is computed from these: all that the parameters among them store; literals and masks beside
// parameters do not count.
Origin combined_origin(GraphBuilder& builder, const std::vector<const Value*>& inputs);

// All constants among these are weights of the node.
void note_weights(GraphBuilder& builder, const std::vector<const Value*>& inputs, NodeId node);

// The next node has no weights: what these operands store counts in the layer's extents unless it is another's
// (GraphBuilder::settle_counted_parameters). They have the format of the largest.
void note_counted(Layer& layer, GraphBuilder& builder, const std::vector<const Value*>& inputs,
                  const std::vector<std::size_t>& operands);

}  // namespace hwcost::onnx
