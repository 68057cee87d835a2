// Raised widths against exhaustive search, which is written apart from the library's, and what holds of all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>

#include "hwcost/refine.hpp"
#include "support/refine_layers.hpp"

namespace hwcost {
namespace {

using testing::convolution;
using testing::histogram;
using testing::linear;
using testing::machine;
using testing::with_channels;
using testing::with_widths;

// A machine's or a formula's cost of a layer; infinite where there is none.
struct CostOf {
  Machine on;
  Metric metric;
  std::optional<Formula> formula;

  double operator()(const Layer& layer) const {
    const auto estimate = on.backend->estimate(layer);
    if (!estimate) return std::numeric_limits<double>::infinity();
    if (formula) return formula->evaluate(layer).value();
    const Cost<> cost = estimate->cost;
    return metric == Metric::cost            ? cost.figure
           : metric == Metric::energy_joules ? cost.energy.value
           : metric == Metric::traffic_bytes ? in_bytes(cost.traffic)
                                             : cost.latency().value;
  }
};

// Numbers of channels at ascending widths.
using Counts = std::vector<double>;

// Moves channels from each width to wider ones in every way, one width after the other.
void for_all(const Counts& counts, std::size_t from, Counts& moved, double step,
             const std::function<void(const Counts&)>& visit) {
  if (from == counts.size()) return visit(moved);
  const std::function<void(std::size_t, double)> spread = [&](std::size_t to, double left) {
    if (to + 1 == counts.size()) {
      moved[to] += left;
      for_all(counts, from + 1, moved, step, visit);
      moved[to] -= left;
      return;
    }
    for (double n = 0.0; n <= left; n += step) {
      moved[to] += n;
      spread(to + 1, left - n);
      moved[to] -= n;
    }
  };
  spread(from, counts[from]);
}

double bits_of(const std::vector<double>& widths, const Counts& counts) {
  double bits = 0.0;
  for (std::size_t k = 0; k < counts.size(); ++k) bits += widths[k] * counts[k];
  return bits;
}

struct Optimum {
  double cost;
  Counts counts;
};

Optimum exhaustive(const Layer& layer, const std::vector<double>& widths, const Counts& counts, double pruned,
                   const CostOf& cost_of) {
  std::map<Counts, double> costs;
  const double step = channel_step(layer.dims);
  Counts moved(counts.size());
  double least = std::numeric_limits<double>::infinity();
  for_all(counts, 0, moved, step, [&](const Counts& now) {
    const auto [at, is_new] = costs.try_emplace(now, 0.0);
    if (!is_new) return;
    std::vector<ChannelGroup> groups{{0, pruned}};
    for (std::size_t k = 0; k < now.size(); ++k) groups.push_back({widths[k], now[k]});
    at->second = cost_of(with_widths(layer, groups));
    least = std::min(least, at->second);
  });
  const auto key = [&](const Counts& c) {
    Counts order{bits_of(widths, c)};
    order.insert(order.end(), c.rbegin(), c.rend());
    return order;
  };
  Counts best;
  for (const auto& [now, cost] : costs) {
    if (cost <= least * (1.0 + 1e-12) && (best.empty() || key(now) > key(best))) best = now;
  }
  return {least, best};
}

class RandomCases {
 public:
  double whole(int least, int most) { return std::uniform_int_distribution<int>(least, most)(rng_); }
  template <class T>
  T one_of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(whole(0, static_cast<int>(choices.size()) - 1))];
  }

  Layer layer(double units) {
    switch (static_cast<int>(whole(0, 4))) {
      case 0:
        return linear(whole(1, 100), units);
      case 1: {
        const double groups = one_of<double>({2, 3, 4});
        return convolution(groups * whole(2, 20), groups * units, whole(1, 12), one_of<double>({1, 3}), groups);
      }
      case 2: {
        const double multiplier = one_of<double>({1, 1, 2});
        return convolution(units, units * multiplier, whole(1, 12), 3, units);
      }
      default:
        return convolution(whole(1, 80), units, whole(1, 12), one_of<double>({1, 3}));
    }
  }

  // Some of the units at each width; the first may get none.
  Counts split(double units, std::size_t parts) {
    Counts counts(parts);
    for (double n = 0.0; n < units; ++n) counts[static_cast<std::size_t>(whole(0, static_cast<int>(parts) - 1))] += 1.0;
    return counts;
  }

  std::mt19937& rng() { return rng_; }

 private:
  std::mt19937 rng_{20};
};

struct Family {
  std::string name;
  CostOf cost_of;
  std::vector<std::vector<double>> widths;  // sets to choose from, ascending
  int cases;
};

std::vector<Family> families() {
  const auto on = [](const std::string& name, Metric metric, std::optional<Formula> formula = {}) {
    return CostOf{machine(name), metric, std::move(formula)};
  };
  // Steps of 16 channels, and wide weights that cost more.
  const Formula steps("macs*w_bits/64 + 1000*rint(out_channels/16 + 0.49)", {});
  return {
      {"ne16-job", on("ne16-job", Metric::latency_cycles), {{2, 8}, {2, 4, 8}, {3, 5, 7}, {2, 4, 8, 16}}, 400},
      {"mpic", on("mpic", Metric::latency_cycles), {{2, 8}, {2, 4, 8}, {2, 4, 5, 8}}, 300},
      {"mpic energy", on("mpic", Metric::energy_joules), {{2, 4, 8}}, 50},
      {"diana", on("diana", Metric::latency_cycles), {{2, 8}, {2, 4, 8}}, 300},
      {"gap8", on("gap8", Metric::latency_cycles), {{2, 8}, {2, 4, 8}, {1, 2, 4, 8}}, 200},
      {"bit-ops", on("bit-ops", Metric::cost), {{2, 8}, {2, 4, 8}, {1, 3, 16, 32}}, 100},
      {"formula", on("counts", Metric::cost, steps), {{2, 8}, {2, 4, 8}}, 100},
      {"memory-access", on("memory-access", Metric::traffic_bytes), {{2, 8}, {2, 4, 8}}, 50},
  };
}

struct Case {
  Layer layer;
  std::vector<double> widths;
  Counts counts;  // at each of them
  double pruned;
};

Case random_case(RandomCases& random, const Family& family) {
  const auto widths = random.one_of(family.widths);
  const double most = widths.size() == 2 ? 80 : widths.size() == 3 ? 40 : 12;
  const double units = random.whole(1, static_cast<int>(most));
  const Layer layer = random.layer(units);
  const double step = out_channels(layer.dims) / units;
  Counts counts = random.split(units, widths.size() + 1);
  const double pruned = random.whole(0, 2) == 0.0 ? counts.back() : 0.0;
  if (pruned == 0.0) counts.front() += counts.back();
  counts.pop_back();
  for (double& count : counts) count *= step;
  Case result{layer, widths, counts, pruned * step};
  std::vector<ChannelGroup> groups{{0, result.pruned}};
  for (std::size_t k = 0; k < widths.size(); ++k) groups.push_back({widths[k], counts[k]});
  result.layer = with_widths(layer, groups);
  return result;
}

TEST(Refine, EqualsExhaustiveSearchOnAThousandLayers) {
  RandomCases random;
  int compared = 0;
  int raised = 0;
  for (const Family& family : families()) {
    for (int i = 0; i < family.cases; ++i) {
      SCOPED_TRACE(family.name + ", case " + std::to_string(i));
      const Case c = random_case(random, family);
      ASSERT_EQ(contradiction(c.layer), std::nullopt);
      RefineOptions options;
      options.metric = family.cost_of.metric;
      options.formula = family.cost_of.formula;
      options.widths = c.widths;
      const auto refined = refine(c.layer, *family.cost_of.on.backend, options);
      const double before = family.cost_of(c.layer);
      ASSERT_EQ(refined.has_value(), std::isfinite(before) && out_channels(c.layer.dims) > c.pruned);
      if (!refined) continue;
      const Optimum optimum = exhaustive(c.layer, c.widths, c.counts, c.pruned, family.cost_of);
      auto after = histogram(refined->after, out_channels(c.layer.dims));
      Counts counts;
      for (const double width : c.widths) counts.push_back(after[width]);
      EXPECT_EQ(counts, optimum.counts);
      EXPECT_EQ(refined->cost_before, before);
      EXPECT_EQ(refined->cost_after, family.cost_of([&] {
        Layer layer = c.layer;
        layer.precision.weight = refined->after;
        return layer;
      }()));
      EXPECT_LE(refined->cost_after, optimum.cost * (1.0 + 1e-12));
      ++compared;
      raised += refined->after == refined->before ? 0 : 1;
    }
  }
  EXPECT_GE(compared, 1000);
  EXPECT_GE(raised, 300);
}

TEST(Refine, NeverDearerNeverNarrowerAndDoneOnce) {
  RandomCases random;
  for (const Family& family : families()) {
    for (int i = 0; i < 60; ++i) {
      SCOPED_TRACE(family.name + ", case " + std::to_string(i));
      Case c = random_case(random, family);
      RefineOptions options;
      options.metric = family.cost_of.metric;
      options.formula = family.cost_of.formula;
      options.widths = c.widths;
      const auto refined = refine(c.layer, *family.cost_of.on.backend, options);
      if (!refined) continue;
      EXPECT_LE(refined->cost_after, refined->cost_before);
      Layer after = c.layer;
      after.precision.weight = refined->after;
      EXPECT_EQ(contradiction(after), std::nullopt);
      auto was = histogram(refined->before, 0);
      auto is = histogram(refined->after, 0);
      EXPECT_EQ(was[0], is[0]);
      double narrower_before = 0.0;
      double narrower_after = 0.0;
      for (const double width : c.widths) {
        EXPECT_LE(narrower_after += is[width], narrower_before += was[width]);
      }
      EXPECT_EQ(narrower_after, narrower_before);
      const auto again = refine(after, *family.cost_of.on.backend, options);
      ASSERT_TRUE(again);
      EXPECT_EQ(again->after, refined->after);
      EXPECT_EQ(again->cost_after, refined->cost_after);
    }
  }
}

TEST(Refine, OfChannelsOfOneWidthTheMoreSensitiveAreRaisedFirst) {
  RandomCases random;
  const Machine ne16 = machine("ne16-job");
  const Family family{"", {ne16, Metric::latency_cycles, {}}, {{2, 4, 8}}, 0};
  int moved = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const Case c = random_case(random, family);
    // Channels that go together, one of each group of a convolution first.
    const auto* conv = std::get_if<Convolution<>>(&c.layer.dims);
    const bool is_depthwise = conv != nullptr && conv->is_depthwise();
    const auto step = static_cast<std::size_t>(channel_step(c.layer.dims));
    std::vector<double> block;
    for (const ChannelGroup& g : c.layer.precision.weight.groups) {
      block.insert(block.end(), static_cast<std::size_t>(g.channels) / step, g.bits);
    }
    std::vector<double> widths;
    if (is_depthwise) {
      std::shuffle(block.begin(), block.end(), random.rng());
      for (const double width : block) widths.insert(widths.end(), step, width);
    } else {
      for (std::size_t g = 0; g < step; ++g) {
        std::shuffle(block.begin(), block.end(), random.rng());
        widths.insert(widths.end(), block.begin(), block.end());
      }
    }
    const Layer layer = with_channels(c.layer, widths);
    ASSERT_EQ(contradiction(layer), std::nullopt);
    std::vector<double> scores;
    for (std::size_t k = 0; k < widths.size(); ++k) scores.push_back(random.whole(-5, 5));
    if (i % 3 == 0) scores.clear();
    const auto refined = refine(layer, *ne16.backend, {}, scores);
    if (!refined) continue;
    const auto counts = refine(c.layer, *ne16.backend);
    ASSERT_TRUE(counts);
    EXPECT_EQ(refined->after.groups, counts->after.groups);
    Layer after_layer = layer;
    after_layer.precision.weight = refined->after;
    EXPECT_EQ(contradiction(after_layer), std::nullopt);
    const std::vector<double>& after = refined->after.by_channel;
    ASSERT_EQ(after.size(), widths.size());
    moved += after == widths ? 0 : 1;
    const std::size_t unit = is_depthwise ? step : 1;
    const std::size_t block_size = is_depthwise ? widths.size() : widths.size() / step;
    const auto score = [&](std::size_t channel) {
      if (scores.empty()) return 0.0;
      const auto first = scores.begin() + static_cast<std::ptrdiff_t>(channel / unit * unit);
      return *std::max_element(first, first + static_cast<std::ptrdiff_t>(unit));
    };
    for (std::size_t a = 0; a < widths.size(); ++a) {
      EXPECT_GE(after[a], widths[a]);
      EXPECT_EQ(after[a] == 0.0, widths[a] == 0.0);
      for (std::size_t b = a + 1; b < widths.size() && b / block_size == a / block_size; ++b) {
        if (widths[a] != widths[b]) continue;
        if (score(a) >= score(b)) {
          EXPECT_GE(after[a], after[b]) << a << " and " << b;
        }
        if (score(a) < score(b)) {
          EXPECT_LE(after[a], after[b]) << a << " and " << b;
        }
      }
    }
  }
  EXPECT_GE(moved, 100);
}

}  // namespace
}  // namespace hwcost
