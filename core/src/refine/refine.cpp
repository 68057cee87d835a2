// One layer refined, and what the refinement of networks shares with it.
#include "hwcost/refine.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "refinement.hpp"

namespace hwcost {
namespace {

// The objectives, the usual one first.
constexpr std::array kObjectives{Metric::latency_cycles, Metric::latency_seconds, Metric::cost,
                                 Metric::energy_joules,  Metric::traffic_bytes,   Metric::convention_ops};

std::string names_of(MetricSet defined) {
  std::string names;
  for (const Metric metric : kObjectives) {
    if (defined.contains(metric)) names += (names.empty() ? "" : ", ") + std::string(name(metric));
  }
  return names.empty() ? "none" : names;
}

}  // namespace

void check(const RefineOptions& options) {
  for (const double width : options.widths) {
    if (width >= 1.0 && width <= 64.0 && width == std::floor(width)) continue;
    throw InputError({}, fmt::format("a width to raise channels to is {}, not a whole number from 1 to 64", width));
  }
  if (options.metric && !adds_up(*options.metric)) {
    MetricSet all;
    for (const Metric metric : kObjectives) all.insert(metric);
    throw InputError({}, fmt::format("{} is a ratio, of which layers have no shares: wanted one of {}",
                                     name(*options.metric), names_of(all)));
  }
}

Metric objective_metric(const RefineOptions& options, MetricSet defined, const SourcePlace& place) {
  for (const Metric metric : kObjectives) {
    if (defined.contains(metric) && metric == options.metric.value_or(metric)) return metric;
  }
  throw InputError(place, options.metric ? fmt::format("the machine defines no {}: wanted one of {}",
                                                       name(*options.metric), names_of(defined))
                                         : "the machine defines no cost that could be kept from rising");
}

void check_takes_scores(const WeightFormat& weight, const SourcePlace& place, const std::string& layer) {
  if (!weight.is_mixed() || !weight.by_channel.empty()) return;
  throw InputError(place, fmt::format("layer '{}': scores need to know which channel has which width, and a histogram "
                                      "does not say: give one width a channel",
                                      layer));
}

WeightFormat with_groups(const WeightFormat& weight, const std::vector<ChannelGroup>& present, const Dims& dims,
                         const std::vector<double>& scores) {
  const double channels = out_channels(dims);
  if (present == present_groups(weight, channels)) return weight;
  if (!weight.by_channel.empty()) {
    return WeightFormat::per_channel(raised_channels(weight.by_channel, present, dims, scores));
  }
  if (!weight.is_mixed() && present.size() == 1) return integer(present.front().bits);
  if (!scores.empty()) {
    const std::vector<double> uniform(static_cast<std::size_t>(channels), weight.uniform.bits);
    return WeightFormat::per_channel(raised_channels(uniform, present, dims, scores));
  }
  WeightFormat histogram;
  histogram.groups = present;
  if (weight.is_mixed() && weight.groups.front().bits == 0.0) {
    histogram.groups.insert(histogram.groups.begin(), weight.groups.front());
  }
  return histogram;
}

namespace {

void check_scores(const Layer& layer, const std::vector<double>& scores) {
  if (scores.empty()) return;
  check_takes_scores(layer.precision.weight, {}, layer.name);
  const double channels = out_channels(layer.dims);
  if (static_cast<double>(scores.size()) != channels) {
    throw InputError({}, fmt::format("layer '{}': {} scores for {} channels", layer.name, scores.size(), channels));
  }
  for (const double score : scores) {
    if (std::isfinite(score)) continue;
    throw InputError({}, fmt::format("layer '{}': a score is {}, no finite number", layer.name, score));
  }
}

}  // namespace

Expected<Refinement, Unsupported> refine(const Layer& layer, const Backend& backend, const RefineOptions& options,
                                         const std::vector<double>& scores) {
  check(options);
  const WeightFormat& weight = layer.precision.weight;
  check_scores(layer, scores);
  MetricSet defined = backend.traits().metrics;
  if (options.formula) defined.insert(Metric::cost);
  const Objective objective{objective_metric(options, defined, {}), options.formula ? &*options.formula : nullptr};
  PricedLayer once{layer, &backend, {}};
  once.layer.repeat = 1.0;
  const auto raised = search_widths({once}, objective, options.widths);
  if (!raised) return tl::unexpected(raised.error());
  return Refinement{objective.metric, weight, with_groups(weight, raised->groups, layer.dims, scores),
                    raised->cost_before, raised->cost_after};
}

}  // namespace hwcost
