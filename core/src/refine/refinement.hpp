// What the refinement of a layer and of a network share.
#pragma once

#include <string>
#include <vector>

#include "channel_order.hpp"
#include "hwcost/refine.hpp"
#include "width_search.hpp"

namespace hwcost {

// Throws InputError: widths that are none, a metric that is a ratio.
void check(const RefineOptions& options);

// The metric that the options want, or the usual one of those defined. Throws InputError at `place`.
Metric objective_metric(const RefineOptions& options, MetricSet defined, const SourcePlace& place);

// Throws InputError at `place` where it is not known which channel has which width.
void check_takes_scores(const WeightFormat& weight, const SourcePlace& place, const std::string& layer);

// The weights in the form that they had, where those that are not pruned have the histogram `present` now.
WeightFormat with_groups(const WeightFormat& weight, const std::vector<ChannelGroup>& present, const Dims& dims,
                         const std::vector<double>& scores);

}  // namespace hwcost
