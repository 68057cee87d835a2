// What `hwcost measure` prints.
#pragma once

#include <string>
#include <vector>

#include "hwcost/graph.hpp"
#include "hwcost/measure/layer_timer.hpp"

namespace hwcost::command {

// The layers of the chain, in order, with what became of them; where `in_sequence` is not null also what they took in
// a run of the network.
std::string measured_table(const Graph& graph, const LayerChain& chain, const std::vector<LayerOutcome>& outcomes,
                           const ChainTiming* in_sequence);

}  // namespace hwcost::command
