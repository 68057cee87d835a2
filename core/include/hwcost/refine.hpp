// Wider weights for free: output channels raised to wider widths where their layer gets no dearer by it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/assignment.hpp"
#include "hwcost/backend.hpp"
#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/report.hpp"

namespace hwcost {

struct RefineOptions {
  // What must not rise; it adds up over layers. Absent: the first that the machine defines of latency_cycles,
  // latency_seconds, cost, energy_joules, traffic_bytes, convention_ops.
  std::optional<Metric> metric;
  std::optional<Formula> formula;  // its value is the metric `cost`, on any machine
  std::vector<double> widths;      // that channels may be raised to, beside those that the layer has: 1 to 64 bits
};

struct Refinement {
  Metric metric{};
  WeightFormat before;
  WeightFormat after;        // `before` where nothing is to be gained
  double cost_before = 0.0;  // of one run
  double cost_after = 0.0;   // never above cost_before
};

// Of all ways to raise output channels to wider widths the one of least cost; of equal cost the one with most bits in
// total, then with most channels at the widest width, then at the next. No channel gets narrower, those of 0 bit stay.
// Costs that differ by rounding alone (1e-12 of the layer's) are equal, but the result's is never above the layer's
// own.
//
// Exact: a dynamic programme over widths where the cost is a sum over them (BackendTraits::widths_add_up), else every
// combination. A histogram stays one. Where the channels are known one by one, `scores` (one a channel, more sensitive
// is higher) say who is raised first; without them the lowest index is. One width for all channels becomes a
// list with scores and else a histogram, if it becomes several.
// Unsupported: no integer widths a channel, no price of the layer as it is, a search beyond the limits
// (docs/refine.md). Throws InputError: a metric that is a ratio, widths that are none, scores that are no numbers, not
// one a channel, or of a histogram. Pre: contradiction(layer) is nothing.
[[nodiscard]] HWCOST_EXPORT Expected<Refinement, Unsupported> refine(const Layer& layer, const Backend& backend,
                                                                     const RefineOptions& options = {},
                                                                     const std::vector<double>& scores = {});

// How sensitive a layer is to the width of one of its output channels, counted from 0.
struct ChannelScore {
  std::string layer;
  double channel = 0.0;
  double score = 0.0;
  SourcePlace place;
};

// What became of one assignment.
struct RefinedAssignment {
  enum class Outcome {
    raised,
    kept,         // nothing is to be gained; `reason` says so where there was nothing to try
    unsupported,  // the machine has no price, or the search none within its limits: left as it was
  };
  Assignment assignment;  // with the wider widths
  Outcome outcome = Outcome::kept;
  std::string reason;
  std::vector<NodeId> nodes;  // that read these weights, by any name; their rows in the reports
  WeightFormat before;
};

struct NetworkRefinement {
  Metric metric{};
  std::vector<RefinedAssignment> assignments;  // in the order given
  NetworkReport before;                        // with the assignments as they were
  NetworkReport after;
};

// Refines every layer that an assignment gives weight widths, by itself: without a change in the channels of 0 bit the
// widths of one layer do not change the cost of another. Each is refined on the machine that prices it and stays there;
// layers that share weights are refined as one. `graph` is the network without the assignments. Layers that have scores
// need one for every channel that is not pruned.
// Throws InputError as assign() does; also a metric that the machine does not define, scores of layers or channels that
// are not there or that have no assignment, of layers with a histogram, scores that are missing.
[[nodiscard]] HWCOST_EXPORT NetworkRefinement refine(const Graph& graph, const std::vector<Assignment>& assignments,
                                                     const Machine& machine, const RefineOptions& options = {},
                                                     const std::vector<ChannelScore>& scores = {});

}  // namespace hwcost
