// What `hwcost measure` found, and how it is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/graph.hpp"
#include "hwcost/measure/layer_timer.hpp"

namespace hwcost::command {

struct MeasuredRun {
  const Graph& graph;
  const LayerChain& chain;
  std::vector<LayerOutcome> outcomes;      // of the chain's links, in order
  std::optional<ChainTiming> in_sequence;  // a run of the network, where that was asked for
  std::string not_in_sequence;             // why there is none though it was asked for
};

// The layers that ran in sequence, each measured by itself.
struct SumOfLayers {
  std::size_t layers = 0, without_time = 0;
  double seconds = 0.0, median_seconds = 0.0;
};
[[nodiscard]] SumOfLayers sum_of_layers(const MeasuredRun& run, const ChainTiming& in_sequence);

// How far the sum of the layers is off the run in sequence, as a share; of medians, or of the estimates. Nothing where
// a layer that ran has no time of its own.
[[nodiscard]] std::optional<double> gap(const SumOfLayers& sum, const Timing& in_sequence);
[[nodiscard]] std::optional<double> median_gap(const SumOfLayers& sum, const Timing& in_sequence);

std::string measured_table(const MeasuredRun& run);
// A line for each layer.
std::string measured_csv(const MeasuredRun& run);
// schemas/hwcost-measured-1.schema.json.
std::string measured_json(const MeasuredRun& run);

}  // namespace hwcost::command
