// Widths of single layers put into a network, with pruned channels passed on to the layers behind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/precision.hpp"

namespace hwcost {

// Widths of the layers of that name (or of the node that the model file calls so): of those among them that have
// weights, where any has. Weight widths hold for all nodes that read the same weights (Node::weights_of).
struct Assignment {
  std::string layer;
  std::optional<WeightFormat> weight;
  std::optional<NumberFormat> input;
  SourcePlace place;
};

// Sets the widths and removes the channels of 0 bit from everything behind them: the layers that read them have fewer
// input channels, tensors shrink. From counts alone this passes along chains and through depthwise layers; across an
// add or a concat the channels must be known one by one (WeightFormat::by_channel) or be tied and equal. Throws
// InputError at the assignment's place: no layer of that name, weight widths for layers without weights, counts that do
// not add up, an add of channels that may not be the same ones, shared weights with two widths or two shapes.
HWCOST_EXPORT void assign(Graph& graph, const std::vector<Assignment>& assignments);

}  // namespace hwcost
