// Scales and shifts of channels by constants: arithmetic that the layer before does with its weights, as a batch
// norm's.
#pragma once

#include <optional>
#include <vector>

#include "graph_builder.hpp"

namespace hwcost::onnx {

// The convolution or linear layer whose channels the layer scales or shifts: an addition, subtraction, product or
// division by constants, one for all channels or one for each. What was scaled so already may stand between.
std::optional<NodeId> scaled_layer(GraphBuilder& builder, const Layer& layer,
                                   const std::vector<const Value*>& operands);

}  // namespace hwcost::onnx
