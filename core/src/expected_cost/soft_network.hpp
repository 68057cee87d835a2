// Which of a network's extents and widths follow from which variables of a search space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/expected_cost.hpp"

namespace hwcost {

using Block = ExpectedCost::Block;
inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Output channels that are kept or lost together. How many are alive: (1 - p_0) count.
struct ChannelClass {
  double channels = 0.0;        // all of them
  std::size_t pruning = kNone;  // the variable p_0
  std::size_t count = kNone;    // the variable count; none: all channels
  std::vector<NodeId> nodes;    // whose output channels they are
};

// `entries` of a layer's input coordinate for every channel of the class that is alive.
struct ChannelTerm {
  std::size_t channel_class = 0;
  double entries = 1.0;
};

// What a node's price depends on. Its input coordinate u = its extent in the graph - what the terms have lost of it:
// the input channels of a convolution or linear layer, the channel entries of its output elsewhere.
struct SoftNode {
  NodeId node = 0;
  std::size_t weight = kNone, input = kNone, output = kNone;  // blocks
  std::size_t own_class = kNone;                              // of its output channels, where they are soft
  std::vector<ChannelTerm> terms;
  double out_channels = 0.0;   // in the graph; 0 for layers without
  double in_extent = 0.0;      // u in the graph
  std::vector<double> slopes;  // of every member by u; empty for convolutions and linear layers
  double outputs_an_input = 1.0;
  bool is_depthwise = false;  // its channels are those that it reads, outputs_an_input each
  [[nodiscard]] bool has_same_activations() const { return input != kNone && input == output; }
  // A depthwise layer that only passes on which of its channels are there.
  [[nodiscard]] bool follows_inputs() const { return is_depthwise && own_class == kNone && !terms.empty(); }
};

struct SoftNetwork {
  Graph graph;
  std::vector<Block> blocks;
  std::size_t variables = 0;
  std::vector<ChannelClass> classes;
  std::vector<SoftNode> nodes;  // one a node of the graph
};

// The members that the derivatives by the node's counts are made of, as Backend::gradient_by() has them; the weights'
// width too.
std::uint64_t counted_members(const SoftNode& soft, const Layer& own);

// Throws InputError, see ExpectedCost.
SoftNetwork soft_network(Graph graph, const SearchSpace& space);

// The node's layer with `out` output channels and input coordinate `in`, written over `layer` (the node's own before).
void set_channels(const SoftNode& soft, const Layer& own, double out, double in, Layer& layer);

}  // namespace hwcost
