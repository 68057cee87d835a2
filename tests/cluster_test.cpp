// Cores that run one kernel a layer: what is said of unmeasured operators, what is free, and how far the fit is off.
#include <gtest/gtest.h>

#include <cmath>

#include "hwcost/import/table.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

const std::string kSource = HWCOST_SOURCE_DIR;
const SearchPath kDescriptions{kSource + "/hw_descriptions"};

Machine gap9_cluster() { return load_machine("gap9-cluster", kDescriptions, builtin_registry()); }

Layer convolution() {
  Layer layer;
  layer.name = "conv";
  layer.op = Op::conv2d;
  layer.dims = Convolution<>{.in_channels = 16,
                             .out_channels = 16,
                             .in_height = 8,
                             .in_width = 8,
                             .out_height = 8,
                             .out_width = 8,
                             .kernel_height = 3,
                             .kernel_width = 3};
  return layer;
}

// What of a layer stands between it and a plain price.
std::string approximation(const Layer& layer) {
  const auto estimate = gap9_cluster().backend->estimate(layer);
  return estimate ? estimate->approximation : "refused: " + estimate.error().reason;
}

// The stated residual of the fit: docs/machines/gap9.md.
TEST(Gap9Cluster, IsNearTheMakersSimulatorOnEveryLayerThatItWasFittedTo) {
  const Machine machine = gap9_cluster();
  const LayerTable table = read_layer_table(kSource + "/tests/golden/gap9_gvsoc_layers.csv");
  double sum = 0.0;
  double layers = 0.0;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].extra.at("engine") != "cluster") continue;
    const Layer& layer = table.graph.nodes[i].layer;
    const auto estimate = machine.backend->estimate(layer);
    ASSERT_TRUE(estimate.has_value()) << layer.name;
    EXPECT_EQ(estimate->approximation, "") << layer.name << ": measured, and yet said not to be";
    const double error = estimate->cost.latency().value / table.rows[i].measured.front().value - 1.0;
    EXPECT_LT(std::abs(error), 0.47) << layer.name;
    sum += std::abs(error);
    layers += 1.0;
  }
  EXPECT_EQ(layers, 16.0);
  EXPECT_LT(sum / layers, 0.146);
}

TEST(Cluster, SaysAtWhichRateAnUnmeasuredOperatorIsPriced) {
  Layer layer = convolution();
  EXPECT_EQ(approximation(layer), "");
  std::get<Convolution<>>(layer.dims).groups = 16;
  EXPECT_EQ(approximation(layer),
            "priced at the rate of dense conv2d, which was not measured for depthwise convolutions");
  layer.precision.weight = integer(4);
  EXPECT_EQ(
      approximation(layer),
      "priced at the rate of dense conv2d, which was not measured for depthwise convolutions; w4a8 runs as 8 bit");

  Layer softmax;
  softmax.op = Op::softmax;
  softmax.dims = Softmax<>{1, 10};
  EXPECT_EQ(approximation(softmax), "priced at a rate that was not measured for softmax");
}

TEST(Cluster, NamesTheOperandThatIsTooWide) {
  Layer layer = convolution();
  layer.precision.weight = integer(16);
  EXPECT_EQ(approximation(layer), "refused: w16a8 is wider than the kernels' 8 bits");

  Layer sum;
  sum.op = Op::add;
  sum.dims = Elementwise<>{64, 128, 2, 0};
  sum.precision.input = integer(16);
  sum.precision.weight = integer(32);  // of no operand
  EXPECT_EQ(approximation(sum), "refused: a16 is wider than the kernels' 8 bits");
}

// A mean of 8 bits would hide channels of 12.
TEST(Cluster, OneChannelTooWideRefusesAMixedLayer) {
  Layer layer = convolution();
  layer.precision.weight.groups = {{4.0, 8.0}, {12.0, 8.0}};
  EXPECT_EQ(approximation(layer), "refused: w12a8 is wider than the kernels' 8 bits");
}

TEST(Cluster, WidthsOfOneLayerShareItsLaunch) {
  const Machine machine = gap9_cluster();
  Layer mixed = convolution();
  mixed.precision.weight.groups = {{4.0, 8.0}, {8.0, 8.0}};
  EXPECT_EQ(machine.backend->estimate(mixed)->cost.latency(), machine.backend->estimate(convolution())->cost.latency());
}

Node node(Op op, const Dims& dims, const std::string& name) {
  Node n{.layer = {}, .inputs = {}, .outputs = {}, .fused_into = {}, .source = {}};
  n.layer.name = name;
  n.layer.op = op;
  n.layer.dims = dims;
  return n;
}

TEST(Cluster, WhatTheLayerBeforeDoesIsFreeAndTheSameOperatorByItselfIsNot) {
  Graph graph;
  graph.nodes = {Node{.layer = convolution(), .inputs = {}, .outputs = {}, .fused_into = {}, .source = {}},
                 node(Op::relu, Elementwise<>{1024, 1024, 1, 0}, "fused"),
                 node(Op::relu, Elementwise<>{1024, 1024, 1, 0}, "alone"),
                 node(Op::reshape, Movement<>{1024, 1024, 0}, "view"),
                 node(Op::transpose, Movement<>{1024, 1024, 0}, "copy")};
  graph.nodes[1].fused_into = 0;
  const NetworkReport report = evaluate(graph, gap9_cluster());
  const auto cycles = [&](std::size_t row) { return report.layers[row].metric(Metric::latency_cycles); };
  EXPECT_EQ(cycles(1), 0.0);
  EXPECT_EQ(report.layers[1].reason, "free: fused into conv");
  EXPECT_GT(cycles(2), 1024.0);
  EXPECT_EQ(report.layers[2].status, Status::approximated);
  EXPECT_EQ(cycles(3), 0.0);
  EXPECT_EQ(report.layers[3].reason, "free: view");
  EXPECT_GT(cycles(4), 1024.0);
}

}  // namespace
}  // namespace hwcost
