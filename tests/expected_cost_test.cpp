// Expected costs on small networks: layout, pruning across layers, ties, knots, errors.
#include "hwcost/expected_cost.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <thread>

#include "support/refine_layers.hpp"
#include "support/soft_networks.hpp"

namespace hwcost {
namespace {

using testing::machine;
using testing::Network;

ExpectedCostOptions in(std::vector<std::string> metrics, GradientMode mode = GradientMode::relaxed) {
  ExpectedCostOptions options;
  options.metrics = std::move(metrics);
  options.mode = mode;
  return options;
}

std::string fault(const Graph& graph, const SearchSpace& space, const ExpectedCostOptions& options,
                  const std::string& on = "mpic") {
  try {
    ExpectedCost(graph, machine(on), space, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// Two 1x1 convolutions of 10 and 6 channels behind each other on 3x3 pixels, from 4 channels.
Network two_layers() {
  Network net;
  net.convolution("b", net.convolution("a", net.input({1, 4, 3, 3}), 10), 6);
  return net;
}

WeightQuantizer quantizer(const std::string& name, std::vector<std::string> layers, std::vector<double> widths,
                          SoftChoice kind = SoftChoice::split) {
  return {name, std::move(layers), std::move(widths), kind};
}

TEST(ExpectedCost, VariablesAreBlocksInTheOrderOfTheSpace) {
  SearchSpace space;
  space.weights = {quantizer("wb", {"b"}, {2, 4, 8}), quantizer("wa", {"a"}, {0, 8})};
  space.activations = {{"xs", {"a", "b"}, {8, 4}}};
  space.channels = {{"n", {"b"}}};
  const ExpectedCost cost(two_layers().graph, machine("mpic"), space, in({"latency_cycles", "params"}));
  ASSERT_EQ(cost.variable_count(), 8u);
  const std::array<std::size_t, 4> offsets{0, 3, 5, 7};
  for (std::size_t b = 0; b < offsets.size(); ++b) EXPECT_EQ(cost.blocks()[b].offset, offsets[b]);
  EXPECT_EQ(cost.blocks()[1].layers, std::vector<std::string>{"a"});
  EXPECT_EQ(cost.blocks()[2].layers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cost.blocks()[3].channels, 6.0);
  EXPECT_EQ(cost.layers(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cost.uniform().back(), 6.0);
  EXPECT_EQ(cost.evaluate(cost.uniform()).gradients.size(), 16u);
}

// MACs of a: 9 · 4 · 10 (1 - p); of b: 9 · 10 (1 - p) · 6.
TEST(ExpectedCost, PruningALayerMakesTheNextOneCheaper) {
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {0, 8})};
  for (const GradientMode mode : {GradientMode::relaxed, GradientMode::straight_through}) {
    const ExpectedCost cost(two_layers().graph, machine("mpic"), space, in({"macs", "latency_cycles"}, mode));
    const ExpectedCost::Values values = cost.evaluate(std::vector{0.3, 0.7});
    EXPECT_DOUBLE_EQ(values.layer_values[0], 0.7 * 360.0);
    EXPECT_DOUBLE_EQ(values.layer_values[2], 0.7 * 540.0);
    EXPECT_DOUBLE_EQ(values.gradients[0], -540.0);  // what `a` itself saves shows under the widths that it has left
    EXPECT_DOUBLE_EQ(values.gradients[1], 360.0);
    EXPECT_NEAR(values.gradients[2], -540.0 / 2.1, 1e-9);
  }
}

// 49 entries of a flattened tensor belong to each channel; a depthwise layer between has the channels that it reads.
TEST(ExpectedCost, ChannelsPassThroughDepthwiseAndFlattenedLayers) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 3, 7, 7}), 8);
  const TensorId depthwise = net.convolution("depthwise", a, 8, 8);
  net.linear("linear", net.view("flatten", depthwise, {1, 8 * 49}), 5);
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {0, 8}), quantizer("d", {"depthwise"}, {4, 8})};
  const ExpectedCost cost(net.graph, machine("mpic"), space, in({"macs", "bit_ops", "output_bytes"}));
  const ExpectedCost::Values values = cost.evaluate(std::vector{0.25, 0.75, 0.5, 0.5});
  EXPECT_DOUBLE_EQ(values.values[0], 49.0 * 3 * 6 + 49.0 * 6 + 49.0 * 6 * 5);
  EXPECT_DOUBLE_EQ(values.layer_values[3 * 1 + 1], 49.0 * 6 * 8 * 6);  // its widths are of what is left
  EXPECT_DOUBLE_EQ(values.layer_values[3 * 2 + 2], 49.0 * 6);
  EXPECT_DOUBLE_EQ(values.gradients[0], -(49.0 * 8 + 49.0 * 8 * 5));
}

// NE16 has 16 channels in a depthwise tile; of 3 outputs an input the whole inputs that fill one are 6.
TEST(ExpectedCost, KnotsOfADepthwiseLayerAreWholeInputsWithAllTheirOutputs) {
  Convolution<> window{.in_channels = 20, .out_channels = 60, .groups = 20, .in_height = 5, .in_width = 5};
  window.out_height = window.out_width = 5;
  window.kernel_height = window.kernel_width = 3;
  window.pad_top = window.pad_bottom = window.pad_left = window.pad_right = 1;
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 16, 5, 5}), 20);
  net.add("depthwise", Op::conv2d, window, {a}, {1, 60, 5, 5});
  const Machine array = machine("ne16-job");
  const ExpectedCost cost(net.graph, array, {.weights = {}, .activations = {}, .channels = {{"n", {"a"}}}},
                          in({"latency_cycles"}));
  const auto price = [&](double inputs) {
    Layer layer = net.layer("depthwise");
    window.in_channels = window.groups = inputs;
    window.out_channels = 3 * inputs;
    layer.dims = window;
    return array.backend->estimate(layer).value().cost.latency().value;
  };
  EXPECT_DOUBLE_EQ(cost.evaluate(std::vector{6.0}).layer_values[1], price(6));
  EXPECT_DOUBLE_EQ(cost.evaluate(std::vector{9.0}).layer_values[1], (price(6) + price(12)) / 2);
}

// Of a joined tensor a part is pruned.
TEST(ExpectedCost, ChannelsPassThroughAConcat) {
  Network net;
  const TensorId image = net.input({1, 4, 2, 2});
  const TensorId joined =
      net.concat("concat", {net.convolution("a", image, 8), net.convolution("b", image, 12)}, {1, 20, 2, 2});
  net.convolution("c", joined, 5);
  SearchSpace space;
  space.weights = {quantizer("w.a", {"a"}, {8, 0}), quantizer("w.b", {"b"}, {8, 0})};
  const ExpectedCost cost(net.graph, machine("mpic"), space, in({"macs"}));
  const ExpectedCost::Values values = cost.evaluate(std::vector{0.5, 0.5, 0.75, 0.25});
  EXPECT_DOUBLE_EQ(values.layer_values[3], 4.0 * (4 + 9) * 5);
  EXPECT_DOUBLE_EQ(values.gradients[1], -4.0 * 8 * 5);
  EXPECT_DOUBLE_EQ(values.gradients[3], -4.0 * 12 * 5);
}

// a + b, then c.
Network residual() {
  Network net;
  const TensorId image = net.input({1, 4, 2, 2});
  const TensorId a = net.convolution("a", image, 8);
  const TensorId sum = net.sum("add", a, net.convolution("b", image, 8));
  net.graph.outputs = {net.convolution("c", sum, 5)};
  return net;
}

TEST(ExpectedCost, WhatIsAddedMustBeTied) {
  SearchSpace space;
  space.weights = {quantizer("w.a", {"a"}, {8, 0}), quantizer("w.b", {"b"}, {8, 0})};
  const std::string untied = fault(residual().graph, space, in({"macs"}));
  EXPECT_NE(untied.find("cannot be taken out of add 'add'"), std::string::npos) << untied;
  EXPECT_NE(untied.find("tie all layers"), std::string::npos) << untied;

  space.weights = {quantizer("w", {"a", "b"}, {8, 0})};
  const ExpectedCost tied(residual().graph, machine("mpic"), space, in({"macs"}));
  EXPECT_DOUBLE_EQ(tied.evaluate(std::vector{0.5, 0.5}).values[0], 4.0 * 4 * 4 + 4.0 * 4 * 4 + 4.0 * 4 * 5);
}

TEST(ExpectedCost, SoftChannelsAreTiedLikewise) {
  SearchSpace space;
  space.weights = {quantizer("w.a", {"a"}, {4, 8}), quantizer("w.b", {"b"}, {2, 8})};
  space.channels = {{"n", {"a", "b"}}};
  const ExpectedCost cost(residual().graph, machine("mpic"), space, in({"macs", "weight_bits"}));
  const ExpectedCost::Values values = cost.evaluate(std::vector{0.5, 0.5, 0.25, 0.75, 6.0});
  EXPECT_DOUBLE_EQ(values.values[0], 4.0 * 4 * 6 + 4.0 * 4 * 6 + 4.0 * 6 * 5);
  EXPECT_DOUBLE_EQ(values.values[1], 4.0 * 6 * 6 + 4.0 * 6 * 6.5 + 6 * 5 * 8);
  EXPECT_DOUBLE_EQ(values.gradients[4], 4.0 * 4 + 4.0 * 4 + 4.0 * 5);
}

TEST(ChannelTies, AreWhatAddsForce) {
  const ChannelTies ties = channel_ties(residual().graph);
  EXPECT_EQ(ties.groups, (std::vector<std::vector<std::string>>{{"a", "b"}}));
  ASSERT_EQ(ties.fixed.size(), 1u);
  EXPECT_EQ(ties.fixed[0].layer, "c");
  EXPECT_NE(ties.fixed[0].reason.find("the network's output"), std::string::npos);
}

// Additions in a row tie all that they add; what is added to the network's input can lose nothing.
TEST(ChannelTies, GoOnAlongResidualBlocks) {
  Network net;
  const TensorId image = net.input({1, 8, 2, 2});
  const TensorId stem = net.convolution("stem", image, 8);
  const TensorId one = net.sum("one", net.convolution("one.b", net.convolution("one.a", stem, 6), 8), stem);
  const TensorId two = net.sum("two", net.convolution("two.b", net.convolution("two.a", one, 7), 8), one);
  net.sum("three", net.convolution("three.b", two, 8), image);
  const ChannelTies ties = channel_ties(net.graph);
  EXPECT_EQ(ties.groups, (std::vector<std::vector<std::string>>{{"stem", "one.b", "two.b"}, {"one.a"}, {"two.a"}}));
  ASSERT_EQ(ties.fixed.size(), 1u);
  EXPECT_EQ(ties.fixed[0].layer, "three.b");
}

TEST(ExpectedCost, OfChoicesIsTheMeanOfTheCosts) {
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {2, 8}, SoftChoice::choice)};
  space.activations = {{"x", {"a"}, {8, 2}}};
  const Machine mpic = machine("mpic");
  const ExpectedCost cost(two_layers().graph, mpic, space, in({"latency_cycles"}));
  const double macs = 360.0;  // rates of w2a8, w8a8, w2a2, w8a2: 2.5, 2.1, 6.5, 2.2
  const double expected = macs * (0.6 * (0.25 / 2.5 + 0.75 / 2.1) + 0.4 * (0.25 / 6.5 + 0.75 / 2.2));
  const ExpectedCost::Values values = cost.evaluate(std::vector{0.25, 0.75, 0.6, 0.4});
  EXPECT_DOUBLE_EQ(values.layer_values[0], expected);
  EXPECT_DOUBLE_EQ(values.gradients[0], macs * (0.6 / 2.5 + 0.4 / 6.5));
  EXPECT_DOUBLE_EQ(values.gradients[3], macs * (0.25 / 6.5 + 0.75 / 2.2));
}

// Bytes of a: 36 of input, 9 an output channel, 4 · bits / 8 of its weights; of the depthwise layer 9 + 9 + bits / 8 a
// channel. Inputs are read once for all widths.
TEST(ExpectedCost, OnAMachineWhoseWidthsDoNotAddUpIsOfTheLayerAsAWhole) {
  Network net;
  net.convolution("depthwise", net.convolution("a", net.input({1, 4, 3, 3}), 16), 16, 16);
  SearchSpace space;
  space.weights = {quantizer("w", {"a", "depthwise"}, {4, 8, 0})};
  for (const GradientMode mode : {GradientMode::relaxed, GradientMode::straight_through}) {
    const ExpectedCost cost(net.graph, machine("memory-access"), space, in({"traffic_bytes"}, mode));
    const ExpectedCost::Values values = cost.evaluate(std::vector{0.5, 0.25, 0.25});
    EXPECT_DOUBLE_EQ(values.layer_values[0], 36.0 + 12 * 9 + 4 * (8 * 0.5 + 4 * 1.0));
    EXPECT_DOUBLE_EQ(values.layer_values[1], 12 * 18.0 + 8 * 0.5 + 4 * 1.0);
    // Half a byte that the eighth depthwise channel takes is there, of the rounding of the seventh.
    const double half = mode == GradientMode::relaxed ? 0.0 : 0.5;
    EXPECT_DOUBLE_EQ(values.gradients[0], 16 * (9 + 4 * 0.5) + 16 * (18 + half));
    EXPECT_DOUBLE_EQ(values.gradients[1], 16 * (9 + 4 * 1.0) + 16 * (18 + 1.0));
    EXPECT_DOUBLE_EQ(values.gradients[2], 0.0);
  }
}

// The width that a layer reads is the one that the layer before writes.
TEST(ExpectedCost, InputsOfALayerAreOutputsOfTheOneBefore) {
  SearchSpace space;
  space.activations = {{"x", {"b"}, {8, 2}}};
  const ExpectedCost cost(two_layers().graph, machine("memory-access"), space, in({"traffic_bytes", "output_bytes"}));
  const ExpectedCost::Values values = cost.evaluate(std::vector{0.5, 0.5});
  EXPECT_DOUBLE_EQ(values.layer_values[1], (90.0 + 23.0) / 2.0);  // 90 elements of 8 or 2 bits
  EXPECT_DOUBLE_EQ(values.gradients[0], 36.0 + 40.0 + 90.0 + 90.0 + 60.0 + 54.0);
}

// NE16 computes 32 output and 16 input channels at a time.
TEST(ExpectedCost, AtKnotsIsTheCostOfWholeTilesBitForBit) {
  const Machine ne16 = machine("ne16-job");
  Network net;
  net.convolution("b", net.convolution("a", net.input({1, 24, 3, 3}), 128), 72);
  SearchSpace space;
  space.channels = {{"a", {"a"}}, {"b", {"b"}}};
  const ExpectedCost cost(net.graph, ne16, space, in({"latency_cycles"}));
  for (const double a : {0.0, 32.0, 64.0, 96.0, 128.0}) {
    for (const double b : {0.0, 32.0, 64.0, 72.0}) {
      const ExpectedCost::Values values = cost.evaluate(std::vector{a, b});
      Layer layer = net.layer("b");
      auto& dims = std::get<Convolution<>>(layer.dims);
      dims.in_channels = a;
      dims.out_channels = b;
      EXPECT_EQ(values.layer_values[1], ne16.backend->estimate(layer)->cost.latency().value) << a << " " << b;
    }
  }
  const double below = cost.evaluate(std::vector{128.0, 32.0}).values[0];
  const double above = cost.evaluate(std::vector{128.0, 64.0}).values[0];
  EXPECT_DOUBLE_EQ(cost.evaluate(std::vector{128.0, 40.0}).values[0], 0.75 * below + 0.25 * above);
}

// 0.3 · 110 is a little more than 33, and no tile is paid for the difference.
TEST(ExpectedCost, RoundingChargesNoTile) {
  Network net;
  net.convolution("a", net.input({1, 16, 3, 3}), 320);
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {4, 8})};
  const ExpectedCost cost(net.graph, machine("ne16-job"), space,
                          in({"latency_cycles"}, GradientMode::straight_through));
  const std::vector<double> point{0.1 * 3.0, 0.7};
  ASSERT_GT(point[0] * 320.0, 96.0);
  EXPECT_EQ(cost.evaluate(point).values[0], cost.evaluate(std::vector{0.3, 0.7}).values[0]);
}

TEST(ExpectedCost, OfALayerAlone) {
  Layer layer = two_layers().layer("a");
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {2, 8})};
  const ExpectedCost cost(layer, machine("mpic"), space, in({"latency_cycles"}));
  EXPECT_DOUBLE_EQ(cost.evaluate(std::vector{0.5, 0.5}).values[0], 180.0 / 2.5 + 180.0 / 2.1);
}

TEST(ExpectedCost, RefusesWhatCannotBeMeant) {
  const Graph graph = two_layers().graph;
  const auto weights = [](std::vector<WeightQuantizer> some) {
    SearchSpace space;
    space.weights = std::move(some);
    return space;
  };
  const auto expect = [](const std::string& said, const std::string& wanted) {
    EXPECT_NE(said.find(wanted), std::string::npos) << said;
  };
  const SearchSpace good = weights({quantizer("w", {"a"}, {2, 8})});
  expect(fault(graph, weights({quantizer("w", {"z"}, {8})}), in({"macs"})), "the model has no layer 'z'");
  expect(fault(graph, weights({quantizer("w", {}, {8})}), in({"macs"})), "'w' names no layers");
  expect(fault(graph, weights({quantizer("w", {"a"}, {})}), in({"macs"})), "has no widths");
  expect(fault(graph, weights({quantizer("w", {"a"}, {8, 8})}), in({"macs"})), "the width 8 twice");
  expect(fault(graph, weights({quantizer("w", {"a"}, {2.5})}), in({"macs"})), "2.5, not a whole number");
  expect(fault(graph, weights({quantizer("w", {"a"}, {8}), quantizer("v", {"a"}, {8})}), in({"macs"})),
         "layer 'a' is in 'w' and in 'v'");
  expect(fault(graph, weights({quantizer("w", {"a"}, {8}), quantizer("w", {"b"}, {8})}), in({"macs"})),
         "have the name 'w'");
  expect(fault(graph, good, in({"speed"})), "metric 'speed' is neither a metric nor a fact");
  expect(fault(graph, good, in({"utilization"})), "does not add up");
  expect(fault(graph, good, in({"traffic_bytes"})), "is not defined by mpic");
  expect(fault(graph, good, in({"macs", "macs"})), "named twice");
  expect(fault(graph, weights({quantizer("w", {"a"}, {3})}), in({"latency_cycles"})),
         "layer 'a' with weights of 3 bits has no price on mpic");
  SearchSpace inputs;
  inputs.activations = {{"x", {"b"}, {8, 0}}};
  expect(fault(graph, inputs, in({"macs"})), "quantiser 'x': layer 'b': input bits is 0");
}

TEST(ExpectedCost, RefusesPointsThatAreNone) {
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {2, 8})};
  const ExpectedCost cost(two_layers().graph, machine("mpic"), space, in({"macs"}));
  EXPECT_THROW(static_cast<void>(cost.evaluate(std::vector{1.0})), InputError);
  EXPECT_THROW(static_cast<void>(cost.evaluate(std::vector{1.0, std::nan("")})), InputError);
  ExpectedCost::Workspace workspace(cost);
  std::vector<double> two(2);
  EXPECT_THROW(cost.evaluate(std::vector{1.0, 0.0}, {two, {}, {}}, workspace), InputError);
  const ExpectedCost smaller(testing::chain_of_layers(), machine("mpic"), {}, in({"macs"}));
  ExpectedCost::Workspace other(smaller);
  EXPECT_THROW(cost.evaluate(std::vector{1.0, 0.0}, {}, other), InputError);
}

TEST(ExpectedCost, RefusesChannelCountsBelow0) {
  SearchSpace space;
  space.channels = {{"c", {"a"}}};
  const ExpectedCost cost(two_layers().graph, machine("mpic"), space, in({"macs"}));
  EXPECT_GE(cost.evaluate(std::vector{0.0}).values[0], 0.0);
  try {
    static_cast<void>(cost.evaluate(std::vector{-1.0}));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "error: 'c' has -1 channels, wanted 0 or more");
  }
}

TEST(ExpectedCost, LeavesOutWhatTheMachineCannotRunOnlyWhenTold) {
  Network net;
  net.relu("relu", net.convolution("a", net.input({1, 16, 3, 3}), 32));
  SearchSpace space;
  space.weights = {quantizer("w", {"a"}, {4, 8})};
  const std::string refused = fault(net.graph, space, in({"latency_cycles"}), "ne16-job");
  EXPECT_NE(refused.find("layer 'relu' has no price"), std::string::npos);
  EXPECT_NE(refused.find("leave_out_unpriced"), std::string::npos);  // the way out, where it is one
  ExpectedCostOptions options = in({"latency_cycles"});
  options.leave_out_unpriced = true;
  const ExpectedCost cost(net.graph, machine("ne16-job"), space, options);
  EXPECT_EQ(cost.left_out(), std::vector<std::string>{"relu"});
  space.weights = {quantizer("w", {"a"}, {4, 9})};
  const std::string searched = fault(net.graph, space, options, "ne16-job");
  EXPECT_NE(searched.find("layer 'a' with weights of 9 bits"), std::string::npos);
  EXPECT_EQ(searched.find("leave_out_unpriced"), std::string::npos);
}

// Whatever the point: the layers add up to the whole, every mode and memory has the same value at whole tiles, and the
// value is linear in the probabilities of an activation quantiser.
TEST(ExpectedCostProperty, AddsUpAndIsLinearInTheInputs) {
  const Machine mpic = machine("mpic");
  const SearchSpace space = testing::space_of_chain({2, 8}, {2, 8}, SoftChoice::split);
  const ExpectedCost cost(testing::chain_of_layers(), mpic, space, in({"latency_cycles", "weight_bytes"}));
  rc::check([&](unsigned seed) {
    std::mt19937 rng(seed);
    const std::vector<double> point = testing::random_point(cost, rng);
    const ExpectedCost::Values values = cost.evaluate(point);
    double sum = 0.0;
    for (std::size_t k = 0; k < cost.layers().size(); ++k) sum += values.layer_values[2 * k];
    RC_ASSERT(std::abs(sum - values.values[0]) <= 1e-12 * sum);
    const std::size_t inputs = cost.blocks()[5].offset;
    std::vector<double> one = point;
    std::vector<double> other = point;
    one[inputs] = other[inputs + 1] = 1.0;
    one[inputs + 1] = other[inputs] = 0.0;
    const double mean =
        point[inputs] * cost.evaluate(one).values[0] + point[inputs + 1] * cost.evaluate(other).values[0];
    RC_ASSERT(std::abs(mean - values.values[0]) <= 1e-12 * mean);
  });
}

TEST(ExpectedCost, ManyThreadsAndNoMemoryGiveTheSameBits) {
  const Machine ne16 = machine("ne16-job");
  const SearchSpace space = testing::space_of_chain({4, 8}, {8}, SoftChoice::split);
  ExpectedCostOptions options = in({"latency_cycles", "memory_access_bytes"});
  options.leave_out_unpriced = true;
  const ExpectedCost cost(testing::chain_of_layers(), ne16, space, options);
  options.remembered_knots = 32;
  const ExpectedCost forgetful(testing::chain_of_layers(), ne16, space, options);
  std::mt19937 rng(3);
  std::vector<std::vector<double>> points;
  std::vector<ExpectedCost::Values> expected;
  for (std::size_t i = 0; i < 12; ++i) {
    points.push_back(testing::random_point(cost, rng));
    expected.push_back(forgetful.evaluate(points.back()));
  }
  const auto agrees = [&](const ExpectedCost& one) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const ExpectedCost::Values values = one.evaluate(points[i]);
      if (values.values != expected[i].values || values.gradients != expected[i].gradients) return false;
    }
    return true;
  };
  std::array<bool, 4> same{};
  {
    std::vector<std::jthread> threads;
    for (bool& ok : same) threads.emplace_back([&] { ok = agrees(cost) && agrees(forgetful); });
  }
  EXPECT_TRUE(std::all_of(same.begin(), same.end(), [](bool ok) { return ok; }));
}

// A search walks through boxes of knots and back; what a workspace remembers of the last one must not show.
TEST(ExpectedCost, AWorkspaceRemembersNothingThatShows) {
  for (const char* name : {"ne16-plinio", "memory-access"}) {
    const SearchSpace space = testing::space_of_chain({2, 8}, {8}, SoftChoice::split);
    ExpectedCostOptions options =
        in({name == std::string("memory-access") ? "traffic_bytes" : "latency_cycles", "macs"});
    options.leave_out_unpriced = true;
    const ExpectedCost cost(testing::chain_of_layers(), machine(name), space, options);
    ExpectedCost::Workspace workspace(cost);
    std::mt19937 rng(5);
    std::vector<std::vector<double>> points(6);
    for (auto& point : points) point = testing::random_point(cost, rng);
    points.push_back(points.front());
    points.push_back(points[1]);
    for (const auto& point : points) {
      ExpectedCost::Values again = cost.evaluate(point);
      const ExpectedCost::Values fresh = again;
      for (auto* figures : {&again.values, &again.gradients, &again.layer_values})
        std::fill(figures->begin(), figures->end(), std::nan(""));
      cost.evaluate(point, {again.values, again.gradients, again.layer_values}, workspace);
      EXPECT_EQ(again.values, fresh.values);
      EXPECT_EQ(again.gradients, fresh.gradients);
      EXPECT_EQ(again.layer_values, fresh.layer_values);
    }
  }
}

}  // namespace
}  // namespace hwcost
