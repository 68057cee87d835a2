// Removes the channels of 0 bit from everything behind the layers that lose them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hwcost/error.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

// Channels that cannot be taken out, and the node that they do not pass.
class BlockedChannels : public InputError {
 public:
  BlockedChannels(SourcePlace place, const std::string& what, NodeId at)
      : InputError(std::move(place), what), at_(at) {}
  [[nodiscard]] NodeId at() const { return at_; }

 private:
  NodeId at_;
};

// Shrinks tensors and the extents of the layers that read them; a layer whose own channels are pruned keeps its extents
// and the 0 in its widths. Layers whose output tensor is smaller already are left alone, so a second run changes
// nothing. Throws BlockedChannels at places[node] of the layer that loses channels, where they meet a layer that they
// do not pass.
void remove_pruned_channels(Graph& graph, const std::vector<SourcePlace>& places);

}  // namespace hwcost
