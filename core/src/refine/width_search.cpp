#include "width_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "promotion.hpp"

namespace hwcost {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-12;              // of the cost: a difference that sums in another order make
constexpr double kMostPrices = 4194304.0;        // 2^22: parts of one width that are priced for one layer
constexpr double kMostSums = 4294967296.0;       // 2^32: of the dynamic programme
constexpr double kMostCombinations = 4194304.0;  // 2^22: that are priced one by one

Unsupported refusal(std::string reason) { return {std::move(reason), Unsupported::Cause::cannot_run}; }

// The layer with other channels: `channels` of them, all of one width.
void set_part(Layer& part, const Dims& whole, double bits, double channels) {
  part.precision.weight = integer(bits);
  part.dims = std::visit(
      [&](const auto& dims) -> Dims {
        if constexpr (requires { with_out_channels(dims, channels); }) {
          return with_out_channels(dims, channels);
        } else {
          return dims;
        }
      },
      whole);
}

// Layers with the same weights while the channels' widths are looked for.
class Search {
 public:
  Search(const std::vector<PricedLayer>& layers, const Objective& objective, const std::vector<double>& targets)
      : layers_(layers), objective_(objective), step_(channel_step(layers.front().layer.dims)) {
    const std::vector<ChannelGroup> groups = groups_of(layers.front().layer);
    std::set<double> widths(targets.begin(), targets.end());
    for (const ChannelGroup& group : groups) widths.insert(group.bits);
    widths_.assign(widths.lower_bound(groups.front().bits), widths.end());
    for (const double width : widths_) {
      const auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.bits == width; });
      counts_.push_back(at == groups.end() ? 0 : static_cast<std::size_t>(at->channels / step_));
    }
  }

  static std::vector<ChannelGroup> groups_of(const Layer& layer) {
    return present_groups(layer.precision.weight, out_channels(layer.dims));
  }

  Expected<RaisedGroups, Unsupported> run() const {
    const auto before = total(counts_);
    if (!before) return tl::unexpected(before.error());
    RaisedGroups kept{groups(counts_), *before, *before};
    if (widths_.size() == 1) return kept;
    return adds_up() ? by_sums(kept) : by_combinations(kept);
  }

 private:
  [[nodiscard]] bool adds_up() const {
    return std::all_of(layers_.begin(), layers_.end(),
                       [](const PricedLayer& l) { return l.backend->traits().widths_add_up; });
  }

  [[nodiscard]] std::vector<ChannelGroup> groups(const ChannelCounts& counts) const {
    std::vector<ChannelGroup> result;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      if (counts[k] > 0) result.push_back({widths_[k], static_cast<double>(counts[k]) * step_});
    }
    return result;
  }

  // Of all layers in all their runs, priced as a whole.
  [[nodiscard]] Expected<double, Unsupported> total(const ChannelCounts& counts) const {
    double sum = 0.0;
    for (const PricedLayer& layer : layers_) {
      PricedLayer raised = layer;
      set_groups(raised.layer, counts);
      for (PricedLayer::Refusal& earlier : raised.refused_by) set_groups(earlier.layer, counts);
      auto cost = price(raised, objective_);
      if (!cost) return cost;
      sum += *cost * layer.layer.repeat;
    }
    return sum;
  }

  // Priced without the pruned channels, which cost nothing.
  void set_groups(Layer& layer, const ChannelCounts& counts) const {
    layer = without_pruned_channels(layer);
    layer.precision.weight = WeightFormat();
    layer.precision.weight.groups = groups(counts);
  }

  [[nodiscard]] Expected<RaisedGroups, Unsupported> by_sums(const RaisedGroups& kept) const {
    const std::vector<std::size_t> up_to = channels_up_to(counts_);
    double prices = 0.0;
    for (const std::size_t channels : up_to) prices += static_cast<double>(channels);
    const double sums = sums_of_promotion(counts_);
    if (prices > kMostPrices || sums > kMostSums) {
      return tl::unexpected(refusal(fmt::format(
          "the search over {} channels at {} widths takes {:.3g} prices and {:.3g} sums, more than {} and {}",
          up_to.back(), widths_.size(), prices, sums, kMostPrices, kMostSums)));
    }
    const CostTable costs = cost_table(up_to);
    // What is equal but for rounding may still end a last bit above the layer's cost; then the least sum alone counts.
    for (const double tolerance : {kRounding * std::abs(kept.cost_before), 0.0}) {
      const ChannelCounts best = cheapest_promotion(widths_, counts_, costs, tolerance);
      if (const auto cost = total(best); cost && *cost <= kept.cost_before) {
        return RaisedGroups{groups(best), kept.cost_before, *cost};
      }
    }
    return kept;
  }

  [[nodiscard]] CostTable cost_table(const std::vector<std::size_t>& up_to) const {
    CostTable costs;
    for (const std::size_t channels : up_to) costs.emplace_back(channels + 1, 0.0);
    for (const PricedLayer& layer : layers_) {
      PricedLayer part{layer.layer, layer.backend, {}};
      for (std::size_t k = 0; k < widths_.size(); ++k) {
        for (std::size_t n = 1; n <= up_to[k]; ++n) {
          set_part(part.layer, layer.layer.dims, widths_[k], static_cast<double>(n) * step_);
          costs[k][n] += price(part, objective_).value_or(kInfinity) * layer.layer.repeat;
        }
      }
    }
    return costs;
  }

  [[nodiscard]] Expected<RaisedGroups, Unsupported> by_combinations(const RaisedGroups& kept) const {
    // At least as many as ways to leave channels below the widest width, which needs no table to count.
    const std::vector<std::size_t> up_to = channels_up_to(counts_);
    const double least = static_cast<double>(up_to[up_to.size() - 2]) + 1.0;
    const double combinations = least > kMostCombinations ? least : number_of_promotions(counts_);
    if (!(combinations <= kMostCombinations)) {
      return tl::unexpected(
          refusal(fmt::format("its cost is no sum over widths, and {} combinations of them or more are beyond {}",
                              combinations, kMostCombinations)));
    }
    std::vector<double> costs;
    for_each_promotion(counts_, [&](const ChannelCounts& counts) {
      const double cost = total(counts).value_or(kInfinity);
      costs.push_back(cost <= kept.cost_before ? cost : kInfinity);
    });
    const double limit = *std::min_element(costs.begin(), costs.end()) + kRounding * std::abs(kept.cost_before);
    ChannelCounts best = counts_;
    // NOLINTNEXTLINE(bugprone-narrowing-conversions): clang-tidy 14 takes infinity for a number out of range
    double cost_of_best = kept.cost_before <= limit ? kept.cost_before : kInfinity;
    auto cost = costs.begin();
    for_each_promotion(counts_, [&](const ChannelCounts& counts) {
      if (*cost <= limit && (cost_of_best == kInfinity || is_wider(widths_, counts, best))) {
        best = counts;
        cost_of_best = *cost;
      }
      ++cost;
    });
    return RaisedGroups{groups(best), kept.cost_before, cost_of_best};
  }

  const std::vector<PricedLayer>& layers_;
  const Objective& objective_;
  double step_;                 // channels that go together
  std::vector<double> widths_;  // ascending
  ChannelCounts counts_;        // at each of them, in steps
};

}  // namespace

std::vector<ChannelGroup> present_groups(const WeightFormat& weight, double channels) {
  std::vector<ChannelGroup> groups = weight.groups;
  if (!weight.is_mixed() && weight.uniform.is_integer()) groups = {{weight.uniform.bits, channels}};
  std::erase_if(groups, [](const ChannelGroup& group) { return group.bits == 0.0 || group.channels == 0.0; });
  return groups;
}

std::optional<std::string> why_no_groups(const Layer& layer) {
  const WeightFormat& weight = layer.precision.weight;
  if (out_channels(layer.dims) == 0.0) return fmt::format("{} has no widths a channel", name(layer.op));
  if (!weight.is_mixed() && !weight.uniform.is_integer()) return fmt::format("its weights are {}", to_text(weight));
  if (present_groups(weight, out_channels(layer.dims)).empty()) return "all its channels are pruned";
  return std::nullopt;
}

Expected<double, Unsupported> price(const PricedLayer& layer, const Objective& objective) {
  for (const PricedLayer::Refusal& earlier : layer.refused_by) {
    if (earlier.backend->estimate(earlier.layer)) return tl::unexpected(refusal("another machine would price it"));
  }
  const auto estimate = layer.backend->estimate(layer.layer);
  if (!estimate) return tl::unexpected(estimate.error());
  if (objective.metric == Metric::cost && objective.formula != nullptr) return objective.formula->evaluate(layer.layer);
  const BackendTraits& traits = layer.backend->traits();
  const auto figure = value(objective.metric, estimate->cost.settled(), Facts{}, traits.clock_hertz);
  if (!traits.metrics.contains(objective.metric) || !figure || !std::isfinite(*figure)) {
    return tl::unexpected(refusal(fmt::format("it has no {} there", name(objective.metric))));
  }
  return *figure;
}

Expected<RaisedGroups, Unsupported> search_widths(const std::vector<PricedLayer>& layers, const Objective& objective,
                                                  const std::vector<double>& widths) {
  const Layer& first = layers.front().layer;
  const std::vector<ChannelGroup> groups = Search::groups_of(first);
  if (groups.empty()) return tl::unexpected(refusal(*why_no_groups(first)));
  for (const PricedLayer& layer : layers) {
    if (Search::groups_of(layer.layer) == groups && channel_step(layer.layer.dims) == channel_step(first.dims))
      continue;
    return tl::unexpected(refusal(fmt::format("{} '{}' reads the same weights in other groups or without some channels",
                                              name(layer.layer.op), layer.layer.name)));
  }
  return Search(layers, objective, widths).run();
}

}  // namespace hwcost
