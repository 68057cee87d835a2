// The assignments of a network refined: scores, shared weights, pruned channels, fallbacks, and the tables of both.
#include <gtest/gtest.h>

#include <string>

#include "hwcost/import/table.hpp"
#include "hwcost/refine.hpp"
#include "support/network.hpp"
#include "support/refine_layers.hpp"

namespace hwcost {
namespace {

using testing::machine;
using testing::Network;
using Outcome = RefinedAssignment::Outcome;

NetworkRefinement refined(const Network& net, const std::string& table, const std::string& scores = "",
                          const RefineOptions& options = {}, const Machine& on = machine("ne16-plinio")) {
  const auto rows = scores.empty() ? std::vector<ChannelScore>() : read_scores(scores, "scores.csv");
  return refine(net.graph, read_assignments("layer,w_bits,in_bits\n" + table, "widths.csv"), on, options, rows);
}

std::string table_of(const NetworkRefinement& refinement) {
  std::vector<Assignment> assignments;
  for (const RefinedAssignment& line : refinement.assignments) assignments.push_back(line.assignment);
  const std::string text = assignment_table(assignments);
  return text.substr(text.find('\n') + 1);
}

std::string fault(const Network& net, const std::string& table, const std::string& scores) {
  try {
    static_cast<void>(refined(net, table, scores));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// Two 1x1 convolutions, where ne16 prices 2 to 8 bits alike and every width that is there takes a tile of its own.
Network two_layers(double channels) {
  Network net;
  net.convolution("b", net.convolution("a", net.input({1, 16, 3, 3}), channels), channels);
  return net;
}

TEST(RefineNetwork, EveryLayerIsRefinedByItselfAndTheReportsSaySo) {
  const Network net = two_layers(4);
  const NetworkRefinement result = refined(net, "a,2:1|4:3,8\nb,\"8,2,8,4\",\n");
  EXPECT_EQ(table_of(result), "a,4:4,8\nb,\"8,8,8,8\",\n");
  EXPECT_EQ(result.metric, Metric::latency_cycles);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(result.assignments[i].outcome, Outcome::raised);
    EXPECT_EQ(result.assignments[i].nodes, std::vector<NodeId>{i});
    EXPECT_LT(result.after.layers[i].metric(result.metric), result.before.layers[i].metric(result.metric));
  }
  EXPECT_EQ(refined(net, table_of(result)).assignments[0].outcome, Outcome::kept);
}

TEST(RefineNetwork, TheWrittenTableReadsBackAsTheSameAssignments) {
  const std::vector<Assignment> assignments = read_assignments(
      "layer,w_bits,in_bits\n\"odd, \"\"name\"\" \",0:4|8:12,8\nfc,\"8,0,4\",\nhead,f16,bf16\nx,,4\n", "a");
  const std::string text = assignment_table(assignments);
  EXPECT_EQ(text, "layer,w_bits,in_bits\n\"odd, \"\"name\"\" \",0:4|8:12,8\nfc,\"8,0,4\",\nhead,f16,bf16\nx,,4\n");
  const std::vector<Assignment> again = read_assignments(text, "a");
  ASSERT_EQ(again.size(), assignments.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].layer, assignments[i].layer);
    EXPECT_EQ(again[i].weight, assignments[i].weight);
    EXPECT_EQ(again[i].input, assignments[i].input);
  }
}

TEST(RefineNetwork, ScoresSayWhichChannelsMove) {
  Network net;
  net.convolution("a", net.input({1, 16, 3, 3}), 4);
  RefineOptions options;
  options.formula = Formula("out_channels > 2 ? w_bits*out_channels : out_channels", {});  // 2 channels are cheap
  options.metric = Metric::cost;
  options.widths = {8};
  EXPECT_EQ(table_of(refined(net, "a,\"4,4,4,4\",\n", "", options)), "a,\"8,8,4,4\",\n");
  const std::string scores = "layer,channel,score\na,3,9\na,0,-1\na,1,2.5\na,2,2.5\n";
  EXPECT_EQ(table_of(refined(net, "a,\"4,4,4,4\",\n", scores, options)), "a,\"4,8,4,8\",\n");
  EXPECT_EQ(table_of(refined(net, "a,4,\n", scores, options)), "a,\"4,8,4,8\",\n");
  EXPECT_EQ(table_of(refined(net, "a,4,\n", "", options)), "a,4:2|8:2,\n");
}

TEST(RefineNetwork, FaultsOfScoresAreToldWithTheirPlace) {
  const Network net = two_layers(2);
  const auto scores = [&](const std::string& rows) {
    return fault(net, "a,\"2,4\",\n", "layer,channel,score\n" + rows);
  };
  EXPECT_EQ(scores("nobody,0,1\n"),
            "scores.csv:2: error: layer 'nobody': the model has no layer with weights of that name");
  EXPECT_EQ(scores("b,0,1\n"),
            "scores.csv:2: error: layer 'b': has scores, but the assignments give it no weight widths");
  EXPECT_EQ(scores("a,0,1\na,2,1\n"), "scores.csv:3: error: layer 'a': has no channel 2: it has 2, counted from 0");
  EXPECT_EQ(scores("a,1,1\n"), "scores.csv:2: error: layer 'a': channel 0 has no score, and others have");
  EXPECT_EQ(scores("a,0,1\na,0,1\n"), "scores.csv:3: error: channel 0 of layer 'a' has a score already");
  EXPECT_EQ(scores("a,0,nan\na,1,1\n"), "scores.csv:2: error: column 'score': 'nan' is no number");
  EXPECT_EQ(scores("a,0.5,1\n"), "scores.csv:2: error: column 'channel': 0.5 is no whole number");
  EXPECT_EQ(scores("a,,1\n"), "scores.csv:2: error: column 'channel': is empty");
  EXPECT_EQ(fault(net, "a,\"2,4\",\n", "layer,channel\na,0\n"),
            "scores.csv:1: error: no column 'score', which every table of scores needs");
  EXPECT_EQ(fault(net, "a,\"2,4\",\n", "layer,channel,scores\na,0,1\n"),
            "scores.csv:1: error: unknown column 'scores'; did you mean 'score'?");
  EXPECT_EQ(fault(net, "a,2:1|4:1,\n", "layer,channel,score\na,0,1\n"),
            "scores.csv:2: error: layer 'a': scores need to know which channel has which width, and a histogram does "
            "not say: give one width a channel");
  EXPECT_EQ(fault(net, "c,4,\n", ""), "widths.csv:2: error: layer 'c': the model has no layer of that name");
}

TEST(RefineNetwork, PrunedChannelsNeedNoScoreAndStayPruned) {
  const Network net = two_layers(4);
  EXPECT_EQ(table_of(refined(net, "a,\"0,2,4,2\",\n", "layer,channel,score\na,1,1\na,2,1\na,3,2\n")),
            "a,\"0,4,4,4\",\n");
  EXPECT_EQ(table_of(refined(net, "a,\"0,2,4,2\",\nb,0:2|2:1|8:1,\n")), "a,\"0,4,4,4\",\nb,0:2|8:2,\n");
}

TEST(RefineNetwork, ADepthwiseLayerBehindPrunedChannelsIsRefinedWhereItSaysWhichAreGone) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 16, 3, 3}), 4);
  const TensorId dw = net.convolution("dw", a, 4, 4);
  net.graph.nodes.back().layer.dims = [&] {
    auto dims = std::get<Convolution<>>(net.graph.nodes.back().layer.dims);
    dims.kernel_height = dims.kernel_width = 3;
    dims.pad_top = dims.pad_bottom = dims.pad_left = dims.pad_right = 1;
    return dims;
  }();
  net.convolution("b", dw, 8);
  const std::string first = "a,\"0,8,8,8\",\n";
  EXPECT_EQ(table_of(refined(net, first + "dw,\"0,8,2,8\",\n")), first + "dw,\"0,8,8,8\",\n");
  const NetworkRefinement unknown = refined(net, first + "dw,\"2,8,2,8\",\n");
  EXPECT_EQ(unknown.assignments[1].outcome, Outcome::kept);
  EXPECT_EQ(unknown.assignments[1].reason, "an earlier layer prunes channels that are not 0 bit here: give them 0 bit");
  RefineOptions options;
  options.widths = {8};
  EXPECT_EQ(table_of(refined(net, first + "dw,4,\n", "", options, machine("gap8"))), first + "dw,8,\n");
}

TEST(RefineNetwork, LayersThatShareWeightsAreRefinedAsOne) {
  Network net;
  const TensorId in = net.input({1, 16, 3, 3});
  net.convolution("a", in, 4);
  net.convolution("b", in, 4);
  net.graph.nodes[1].weights_of = 0;
  net.graph.nodes[1].layer.owns_weights = false;
  const NetworkRefinement by_one = refined(net, "b,2:1|4:3,\n");
  EXPECT_EQ(table_of(by_one), "b,4:4,\n");
  EXPECT_EQ(by_one.assignments[0].nodes, (std::vector<NodeId>{0, 1}));
  EXPECT_EQ(by_one.after.layers[0].precision.weight, by_one.after.layers[1].precision.weight);
  EXPECT_EQ(table_of(refined(net, "a,2:1|4:3,\nb,2:1|4:3,\n")), "a,4:4,\nb,4:4,\n");
}

TEST(RefineNetwork, LayersAreRefinedOnTheMachineThatPricesThem) {
  const Machine on = make_machine(Description::from_text("name both\ninherit ne16-job\nunmodelled \"fallback gap8\"\n",
                                                         "both.info", {HWCOST_SOURCE_DIR "/hw_descriptions"}),
                                  {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
  Network net;
  net.convolution("a", net.input({1, 16, 9, 9}), 4);
  auto& dims = std::get<Convolution<>>(net.graph.nodes[0].layer.dims);
  dims.kernel_height = dims.kernel_width = 5;
  dims.pad_top = dims.pad_bottom = dims.pad_left = dims.pad_right = 2;
  net.convolution("b", 1, 4);
  const NetworkRefinement result = refined(net, "a,2:1|4:3,\nb,1:1|4:3,\n", "", {}, on);
  EXPECT_EQ(result.before.layers[0].machine, "gap8");
  EXPECT_EQ(result.assignments[0].assignment.weight->groups, (std::vector<ChannelGroup>{{4, 4}}));
  // 1 bit is gap8's alone: with wider weights ne16 would take the layer.
  EXPECT_EQ(result.before.layers[1].machine, "gap8");
  EXPECT_EQ(result.assignments[1].outcome, Outcome::kept);
  EXPECT_EQ(result.after.layers[1].machine, "gap8");
}

TEST(RefineNetwork, WhatTheMachineDoesNotPriceIsLeftAloneWithTheReason) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 16, 3, 3}), 4);
  std::get<Convolution<>>(net.graph.nodes[0].layer.dims).stride_height = 1.0;
  net.relu("relu", a);
  const NetworkRefinement result = refined(net, "a,1:1|4:3,\nrelu,,8\n");
  EXPECT_EQ(result.assignments[0].outcome, Outcome::unsupported);
  EXPECT_EQ(result.assignments[0].reason, "1-bit weights; the array has 2 to 8");
  EXPECT_EQ(result.assignments[1].outcome, Outcome::kept);
  EXPECT_EQ(result.assignments[1].reason, "no w_bits");
  EXPECT_EQ(table_of(result), "a,1:1|4:3,\nrelu,,8\n");
  const NetworkRefinement floating = refined(net, "a,f16,\n");
  EXPECT_EQ(floating.assignments[0].outcome, Outcome::kept);
  EXPECT_EQ(floating.assignments[0].reason, "its weights are f16");
}

TEST(RefineNetwork, AFormulaOfTheDescriptionIsAnObjective) {
  const NetworkRefinement result = refined(two_layers(4), "a,2:1|4:3,\n", "", {}, machine("mixpc"));
  EXPECT_EQ(result.metric, Metric::cost);
  EXPECT_EQ(result.assignments[0].outcome, Outcome::kept);
}

TEST(RefineNetwork, AMetricThatTheMachineLacksIsAnError) {
  RefineOptions options;
  options.metric = Metric::energy_joules;
  try {
    static_cast<void>(refined(two_layers(4), "a,2:1|4:3,\n", "", options, machine("bit-ops")));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find(HWCOST_SOURCE_DIR), 0U);
    EXPECT_NE(std::string(error.what()).find("error: the machine defines no energy_joules: wanted one of cost"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace hwcost
