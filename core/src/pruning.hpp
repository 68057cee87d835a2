// Removes the channels of 0 bit from everything behind the layers that lose them.
#pragma once

#include <vector>

#include "hwcost/error.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

// Shrinks tensors and the extents of the layers that read them; a layer whose own channels are pruned keeps its extents
// and the 0 in its widths. Layers whose output tensor is smaller already are left alone, so a second run changes
// nothing. Throws InputError at places[node] of the layer that loses channels, where they meet a layer that they do not
// pass.
void remove_pruned_channels(Graph& graph, const std::vector<SourcePlace>& places);

}  // namespace hwcost
