// Networks with soft widths and channels for tests, and what must hold of any expected cost.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "hwcost/expected_cost.hpp"
#include "hwcost/report.hpp"
#include "network.hpp"

namespace hwcost::testing {

// Convolution, depthwise and pointwise convolution, a grouped one, a flattened linear layer: 12 to 40 channels.
inline Graph chain_of_layers() {
  Network net;
  const TensorId image = net.input({1, 8, 6, 6});
  const TensorId first = net.convolution("first", image, 40);
  const Convolution<> window{.in_channels = 40,
                             .out_channels = 40,
                             .groups = 40,
                             .in_height = 6,
                             .in_width = 6,
                             .out_height = 6,
                             .out_width = 6,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .pad_top = 1,
                             .pad_bottom = 1,
                             .pad_left = 1,
                             .pad_right = 1,
                             .bias = 1};
  const TensorId depthwise = net.add("depthwise", Op::conv2d, window, {net.relu("relu", first)}, {1, 40, 6, 6});
  const TensorId pointwise = net.convolution("pointwise", depthwise, 24);
  const TensorId grouped = net.convolution("grouped", pointwise, 12, 2);
  net.graph.outputs = {net.linear("linear", net.view("flatten", grouped, {1, 12 * 36}), 10)};
  return net.graph;
}

// A quantiser for each of its convolutions; 0 bit for those whose channels others follow.
inline SearchSpace space_of_chain(const std::vector<double>& weights, const std::vector<double>& activations,
                                  SoftChoice kind) {
  SearchSpace space;
  std::vector<double> pruned = weights;
  pruned.insert(pruned.begin() + 1, 0.0);
  space.weights = {{"w.first", {"first"}, pruned, kind},
                   {"w.depthwise", {"depthwise"}, weights, kind},
                   {"w.pointwise", {"pointwise"}, pruned, kind},
                   {"w.grouped", {"grouped"}, weights, kind},
                   {"w.linear", {"linear"}, weights, kind}};
  space.activations = {{"a.first", {"first"}, activations},
                       {"a.depthwise", {"depthwise"}, activations},
                       {"a.tied", {"pointwise", "grouped"}, activations},
                       {"a.linear", {"linear"}, activations}};
  space.channels = {{"n.pointwise", {"pointwise"}}, {"n.grouped", {"grouped"}}};
  return space;
}

// Metrics that add up of the machine and of those that it falls back to, and all facts.
inline std::vector<std::string> figures_of(const Machine& machine) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const auto metric = static_cast<Metric>(i);
    bool is_defined = adds_up(metric);
    for (const Machine* m = &machine; m != nullptr; m = m->fallback.get()) {
      is_defined = is_defined && m->backend->traits().metrics.contains(metric);
    }
    if (is_defined) names.emplace_back(name(metric));
  }
  for (const Facts::Column& column : Facts::columns()) names.emplace_back(column.name);
  return names;
}

// What a report says of a layer; 0 of layers that are free or have no price.
inline double figure(const LayerReport& row, const std::string& name) {
  if (const auto metric = metric_named(name)) return row.metric(*metric).value_or(0.0);
  for (const Facts::Column& column : Facts::columns()) {
    if (column.name == name) return row.facts.*column.member;
  }
  throw std::out_of_range(name);
}

// Somewhere inside: probabilities that add up to 1, a part of the channels.
inline std::vector<double> random_point(const ExpectedCost& cost, std::mt19937& rng) {
  std::uniform_real_distribution<double> uniform(0.05, 0.95);
  std::vector<double> point(cost.variable_count());
  for (const ExpectedCost::Block& block : cost.blocks()) {
    double sum = 0.0;
    for (std::size_t i = 0; i < block.size; ++i) sum += point[block.offset + i] = uniform(rng);
    const bool counts = block.kind == ExpectedCost::Block::Kind::channels;
    for (std::size_t i = 0; i < block.size; ++i) point[block.offset + i] *= counts ? block.channels : 1.0 / sum;
  }
  return point;
}

// A vector of probabilities with all of it at one width of each quantiser, all channels.
inline std::vector<double> one_hot(const ExpectedCost& cost, const std::vector<std::size_t>& choice) {
  std::vector<double> point(cost.variable_count());
  for (std::size_t b = 0; b < cost.blocks().size(); ++b) {
    const ExpectedCost::Block& block = cost.blocks()[b];
    if (block.kind == ExpectedCost::Block::Kind::channels) {
      point[block.offset] = block.channels;
    } else {
      point[block.offset + choice[b] % block.size] = 1.0;
    }
  }
  return point;
}

// The cost is a polynomial of low degree between knots: central differences are its derivatives but for rounding.
inline void expect_gradient_of_differences(const ExpectedCost& cost, const std::vector<double>& point) {
  const ExpectedCost::Values here = cost.evaluate(point);
  const std::size_t variables = cost.variable_count();
  for (std::size_t v = 0; v < variables; ++v) {
    const double step = 1e-5 * std::max(1.0, std::abs(point[v]));
    std::vector<double> up = point;
    std::vector<double> down = point;
    up[v] += step;
    down[v] -= step;
    const ExpectedCost::Values above = cost.evaluate(up);
    const ExpectedCost::Values below = cost.evaluate(down);
    for (std::size_t m = 0; m < cost.metrics().size(); ++m) {
      const double slope = (above.values[m] - below.values[m]) / (up[v] - down[v]);
      const double scale = std::abs(here.values[m]) * 1e-8 + std::abs(slope) * 1e-6;
      EXPECT_NEAR(here.gradients[m * variables + v], slope, scale + 1e-300)
          << cost.metrics()[m] << " by variable " << v;
    }
  }
}

}  // namespace hwcost::testing
