// The widths of least cost that the channels of a layer, or of layers with the same weights, can be raised to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/metric.hpp"

namespace hwcost {

// What must not rise.
struct Objective {
  Metric metric{};
  const Formula* formula = nullptr;  // whose value the metric `cost` is, where there is one
};

// A layer and who prices it.
struct PricedLayer {
  struct Refusal {
    const Backend* backend;
    Layer layer;  // as that machine would price it
  };
  Layer layer;
  const Backend* backend;
  std::vector<Refusal> refused_by;  // machines that are asked before; they must go on refusing it
};

// The channels that are there, by ascending width; none where they do not have integer widths.
std::vector<ChannelGroup> present_groups(const WeightFormat& weight, double channels);

// Why a layer has none; nothing where it has.
std::optional<std::string> why_no_groups(const Layer& layer);

// The cost of one run, or why there is none.
Expected<double, Unsupported> price(const PricedLayer& layer, const Objective& objective);

struct RaisedGroups {
  std::vector<ChannelGroup> groups;  // of the channels that are there
  double cost_before = 0.0;          // of all layers and all their runs
  double cost_after = 0.0;
};

// For layers that read the same weights. `widths`: that channels may be raised to, beside those that are there.
Expected<RaisedGroups, Unsupported> search_widths(const std::vector<PricedLayer>& layers, const Objective& objective,
                                                  const std::vector<double>& widths);

}  // namespace hwcost
