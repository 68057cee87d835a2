// Widths put into networks, and pruned channels followed through them.
#include "hwcost/assignment.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/network.hpp"

namespace hwcost {
namespace {

using testing::Network;
using testing::Shape;

// Two convolutions whose outputs meet.
struct Meeting {
  Network net;
  TensorId a, b;
  Meeting() {
    const TensorId in = net.input({1, 3, 8, 8});
    a = net.convolution("a", in, 4);
    b = net.convolution("b", in, 4);
  }
};

int next_line = 1;

Assignment widths(const std::string& layer, WeightFormat weight) {
  return {.layer = layer, .weight = std::move(weight), .input = {}, .place = {"widths.csv", ++next_line}};
}
Assignment counts(const std::string& layer, std::vector<ChannelGroup> groups) {
  WeightFormat weight;
  weight.groups = std::move(groups);
  return widths(layer, weight);
}
Assignment channels(const std::string& layer, std::vector<double> each) {
  return widths(layer, WeightFormat::per_channel(std::move(each)));
}

std::string fault_of(Graph graph, const std::vector<Assignment>& assignments) {
  try {
    assign(graph, assignments);
  } catch (const InputError& error) {
    const std::string message = error.what();
    return message.substr(message.find("error: ") + 7);
  }
  return "no error";
}

TEST(Assignment, SetsWidthsWithoutTouchingExtents) {
  Network net;
  const TensorId in = net.input({1, 3, 8, 8});
  const TensorId a = net.convolution("a", in, 16);
  net.convolution("b", a, 8);
  assign(net.graph, {{.layer = "b", .weight = integer(4), .input = integer(2), .place = {}}});
  EXPECT_EQ(net.layer("b").precision.weight.uniform, integer(4));
  EXPECT_EQ(net.layer("b").precision.input, integer(2));
  EXPECT_EQ(net.layer("a").precision.output, integer(2)) << "what b reads is what a writes";
  EXPECT_EQ(net.graph.tensors[a].format, integer(2));
  EXPECT_EQ(net.dims<Convolution<>>("a").out_channels, 16);
  EXPECT_EQ(net.dims<Convolution<>>("b").in_channels, 16);
}

TEST(Assignment, NamesALayerOrTheNodeOfTheModelFile) {
  Network net;
  net.convolution("a", net.input({1, 3, 8, 8}), 16);
  net.graph.nodes[0].source = "/a/Conv";
  assign(net.graph, {widths("/a/Conv", integer(2))});
  EXPECT_EQ(net.layer("a").precision.weight.uniform, integer(2));
}

TEST(Assignment, FaultsAreToldAtItsPlace) {
  Network net;
  net.convolution("a", net.input({1, 3, 8, 8}), 16);
  EXPECT_EQ(fault_of(net.graph, {widths("c", integer(2))}), "layer 'c': the model has no layer of that name");
  EXPECT_EQ(fault_of(net.graph, {widths("a", integer(2)), widths("a", integer(4))}), "layer 'a': is assigned twice");
  EXPECT_EQ(fault_of(net.graph, {counts("a", {{2, 4}, {8, 4}})}),
            "layer 'a': channels of all widths add up to 8, not to out_channels 16");
  try {
    assign(net.graph, {{.layer = "c", .weight = {}, .input = integer(8), .place = {"w.csv", 7}}});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.place(), (SourcePlace{"w.csv", 7}));
  }
}

TEST(Assignment, OfWeightsGoesToTheLayerOfThatNameThatHasSome) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 3, 8, 8}), 16);
  net.convolution("b", net.relu("a", a), 8);
  assign(net.graph,
         {{.layer = "a", .weight = counts("a", {{0, 4}, {8, 12}}).weight, .input = integer(4), .place = {}}});
  EXPECT_EQ(net.layer("a").precision.weight.groups, (std::vector<ChannelGroup>{{0, 4}, {8, 12}}));
  EXPECT_EQ(net.layer("a").precision.input, integer(4));
  EXPECT_EQ(net.layer("a").precision.output, integer(8)) << "what the ReLU reads is not meant";
  EXPECT_EQ(net.dims<Convolution<>>("b").in_channels, 12);
}

TEST(Assignment, ThatFitsSomeLayersOfANameIsRefusedWithTheirOwnNames) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 3, 8, 8}), 16);
  net.convolution("a", a, 8);
  net.graph.nodes[0].source = "/a/Conv";
  net.graph.nodes[1].source = "/a/Conv_1";
  EXPECT_EQ(fault_of(net.graph, {counts("a", {{0, 4}, {8, 12}})}),
            "layer 'a': w_bits does not fit '/a/Conv_1': channels of all widths add up to 16, not to out_channels 8; 2 "
            "layers "
            "have that name, assign by their own: '/a/Conv', '/a/Conv_1'");
  EXPECT_EQ(fault_of(net.graph, {counts("/a/Conv", {{0, 4}, {8, 12}}), counts("/a/Conv_1", {{0, 4}, {8, 4}})}),
            "no error");
  EXPECT_EQ(fault_of(net.graph, {widths("a", integer(4))}), "no error") << "one width fits both";
}

TEST(Assignment, OfWeightsToALayerWithoutAnyIsRefused) {
  Meeting meeting;
  meeting.net.relu("sum", meeting.net.sum("sum", meeting.a, meeting.b));
  EXPECT_EQ(fault_of(meeting.net.graph, {widths("sum", integer(4))}),
            "layer 'sum': w_bits is given, and add and relu have no weights");
  EXPECT_EQ(fault_of(meeting.net.graph, {{.layer = "sum", .weight = {}, .input = integer(4), .place = {}}}),
            "no error");
}

TEST(Assignment, ReachesTheSecondOperandOfAMatmul) {
  Network net;
  const TensorId in = net.input({4, 4});
  net.add("product", Op::matmul, MatMul<>{1, 4, 4, 4, 1}, {in, in}, {4, 4});
  EXPECT_EQ(fault_of(net.graph, {widths("product", integer(0))}),
            "layer 'product': weight bits is 0, not a whole number from 1 to 64");
  assign(net.graph, {widths("product", integer(4))});
  EXPECT_EQ(net.layer("product").precision.weight.uniform, integer(4));
}

TEST(Assignment, OfNoBitsIsRefusedWhereNoChannelCanBeTakenOut) {
  Network net;
  net.add("lstm", Op::lstm, Recurrent<>{.steps = 4, .input_size = 8, .hidden_size = 8}, {net.input({4, 1, 8})},
          {4, 1, 8});
  EXPECT_EQ(fault_of(net.graph, {widths("lstm", integer(0))}),
            "layer 'lstm': weight bits of lstm are 0: its channels cannot be taken out");
  EXPECT_EQ(fault_of(net.graph, {{.layer = "lstm", .weight = {}, .input = integer(0), .place = {}}}),
            "layer 'lstm': input bits is 0, not a whole number from 1 to 64");
}

TEST(Assignment, OfAListMustBeEvenOverTheGroups) {
  Network net;
  net.convolution("grouped", net.input({1, 6, 8, 8}), 6, 2);
  EXPECT_EQ(
      fault_of(net.graph, {channels("grouped", {0, 0, 8, 8, 8, 8})}),
      "layer 'grouped': group 2 of 2 has channels of other widths than group 1: widths spread evenly over groups");
  EXPECT_EQ(fault_of(net.graph, {channels("grouped", {0, 4, 8, 8, 0, 4})}), "no error");
}

// One module that is called on two inputs, each call followed by one of another module.
struct Siamese {
  Network net;
  TensorId left, right;  // what the second module's calls write
  Siamese() {
    const TensorId x = net.convolution("s", net.input({1, 3, 8, 8}), 4);
    const TensorId y = net.convolution("s2", net.input({1, 3, 8, 8}), 4);
    left = net.convolution("t", x, 8);
    right = net.convolution("t2", y, 8);
    share(1, 0);
    share(3, 2);
  }
  void share(NodeId node, NodeId owner) {
    net.graph.nodes[node].weights_of = owner;
    net.graph.nodes[node].layer.owns_weights = false;
  }
};

TEST(SharedWeights, HaveOneWidthInAllTheirReaders) {
  for (const char* name : {"s", "s2"}) {
    Siamese siamese;
    assign(siamese.net.graph, {widths(name, integer(2))});
    EXPECT_EQ(siamese.net.layer("s").precision.weight.uniform, integer(2)) << name;
    EXPECT_EQ(siamese.net.layer("s2").precision.weight.uniform, integer(2)) << name;
    EXPECT_EQ(siamese.net.layer("t").precision.weight.uniform, integer(8)) << name;
  }
}

TEST(SharedWeights, LoseTheSameChannelsInAllTheirReaders) {
  Siamese siamese;
  siamese.net.sum("sum", siamese.left, siamese.right);
  assign(siamese.net.graph, {counts("s2", {{0, 1}, {8, 3}}), counts("t", {{0, 2}, {8, 6}})});
  EXPECT_EQ(siamese.net.dims<Convolution<>>("t").in_channels, 3);
  EXPECT_EQ(siamese.net.dims<Convolution<>>("t2").in_channels, 3);
  EXPECT_EQ(siamese.net.dims<Elementwise<>>("sum").elements, 6 * 64) << "of one tensor, so counts are enough";
}

TEST(SharedWeights, OfTwoWidthsAreRefused) {
  const Siamese siamese;
  EXPECT_EQ(fault_of(siamese.net.graph, {{.layer = "s", .weight = integer(2), .input = {}, .place = {"w.csv", 2}},
                                         {.layer = "s2", .weight = integer(4), .input = {}, .place = {"w.csv", 3}}}),
            "layer 's2': shares its weights with layer 's', which line 2 of w.csv gives other widths");
  EXPECT_EQ(fault_of(siamese.net.graph, {widths("s", integer(2)), widths("s2", integer(2))}), "no error");
}

TEST(SharedWeights, OfReadersThatLoseOtherInputsAreRefused) {
  Network net;
  const TensorId in = net.input({1, 4, 8, 8});
  net.convolution("t", net.convolution("a", in, 4), 8);
  net.convolution("t2", net.convolution("b", in, 4), 8);
  net.graph.nodes[3].weights_of = 1;
  net.graph.nodes[3].layer.owns_weights = false;
  EXPECT_EQ(fault_of(net.graph, {counts("a", {{0, 1}, {8, 3}})}),
            "layer 'a' loses 1 of 4 channels, which cannot be taken out of conv2d 't2': it shares its weights with "
            "conv2d 't', which may not lose the same inputs");
  EXPECT_NE(fault_of(net.graph, {channels("a", {0, 8, 8, 8}), channels("b", {8, 0, 8, 8})}), "no error");
  EXPECT_EQ(fault_of(net.graph, {channels("a", {0, 8, 8, 8}), channels("b", {0, 4, 4, 4})}), "no error");
}

TEST(SharedWeights, OfAnEmbeddingAndTheLayerBehindCannotBePruned) {
  Network net;
  const TensorId rows = net.add("table", Op::embedding, Lookup<>{5, 16, 50, 1}, {net.input({1, 5})}, {1, 5, 16});
  net.linear("head", rows, 50);
  net.graph.nodes[1].weights_of = 0;
  net.graph.nodes[1].layer.owns_weights = false;
  EXPECT_EQ(fault_of(net.graph, {counts("head", {{0, 10}, {8, 40}})}),
            "layer 'head': shares its weights with embedding 'table', which the widths do not fit: embedding has no "
            "weights a channel, so no widths a channel");
  assign(net.graph, {widths("head", integer(4))});
  EXPECT_EQ(net.layer("table").precision.weight.uniform, integer(4));
}

// A scalar that two multiplications read has no channels to lose.
TEST(SharedWeights, ThatAreScalarsStayWhateverIsLost) {
  Network net;
  const TensorId in = net.input({1, 3, 8, 8});
  const TensorId a = net.convolution("a", in, 16);
  net.add("scale", Op::mul, Elementwise<>{1024, 1024, 2, 1}, {a}, {1, 16, 8, 8});
  net.add("scale2", Op::mul, Elementwise<>{192, 192, 2, 1}, {in}, {1, 3, 8, 8});
  net.graph.nodes[2].weights_of = 1;
  net.graph.nodes[2].layer.owns_weights = false;
  EXPECT_EQ(fault_of(net.graph, {counts("a", {{0, 4}, {8, 12}})}), "no error");
}

TEST(PrunedChannels, LeaveTheLayersBehindInAChain) {
  Network net;
  const TensorId in = net.input({2, 3, 8, 8});
  const TensorId a = net.relu("relu", net.convolution("a", in, 16));
  const TensorId pooled = net.add("pool", Op::max_pool,
                                  Pooling<>{.batch = 2,
                                            .channels = 16,
                                            .in_height = 8,
                                            .in_width = 8,
                                            .out_height = 4,
                                            .out_width = 4,
                                            .kernel_height = 2,
                                            .kernel_width = 2},
                                  {a}, {2, 16, 4, 4});
  const TensorId normed = net.add("norm", Op::batch_norm, Normalization<>{512, 16, 32, 32}, {pooled}, {2, 16, 4, 4});
  net.convolution("b", normed, 8);
  assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
  EXPECT_EQ(net.dims<Convolution<>>("a").out_channels, 16) << "its own widths say which are gone";
  EXPECT_EQ(net.dims<Elementwise<>>("relu").elements, 2 * 12 * 64);
  EXPECT_EQ(net.dims<Elementwise<>>("relu").input_elements, 2 * 12 * 64);
  EXPECT_EQ(net.dims<Pooling<>>("pool").channels, 12);
  EXPECT_EQ(net.dims<Normalization<>>("norm").elements, 384);
  EXPECT_EQ(net.dims<Normalization<>>("norm").channels, 12);
  EXPECT_EQ(net.dims<Normalization<>>("norm").parameters, 24);
  EXPECT_EQ(net.dims<Normalization<>>("norm").buffers, 24);
  EXPECT_EQ(net.dims<Convolution<>>("b").in_channels, 12);
  EXPECT_EQ(net.dims<Convolution<>>("b").out_channels, 8);
  EXPECT_EQ(net.shape(a), (Shape{2, 12, 8, 8}));
  EXPECT_EQ(net.shape(normed), (Shape{2, 12, 4, 4}));
  EXPECT_EQ(net.shape(in), (Shape{2, 3, 8, 8}));
}

TEST(PrunedChannels, AreTakenOutOnce) {
  Network net;
  net.convolution("b", net.convolution("a", net.input({1, 3, 8, 8}), 16), 8);
  assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
  const Graph once = net.graph;
  assign(net.graph, {});
  EXPECT_TRUE(net.graph == once);
}

TEST(PrunedChannels, OfTheLastLayerShrinkTheNetworksOutput) {
  Network net;
  const TensorId out = net.linear("fc", net.input({1, 64}), 10);
  assign(net.graph, {counts("fc", {{0, 3}, {8, 7}})});
  EXPECT_EQ(net.shape(out), (Shape{1, 7}));
}

TEST(PrunedChannels, AllOfThemLeaveLayersOfNothing) {
  Network net;
  const TensorId b = net.convolution("dw", net.convolution("a", net.input({1, 3, 8, 8}), 16), 16, 16);
  net.convolution("c", b, 8);
  assign(net.graph, {widths("a", integer(0))});
  EXPECT_EQ(net.dims<Convolution<>>("dw").out_channels, 0);
  EXPECT_EQ(net.dims<Convolution<>>("c").in_channels, 0);
  EXPECT_EQ(net.shape(b), (Shape{1, 0, 8, 8}));
}

TEST(PrunedChannels, PassThroughADepthwiseLayer) {
  Network net;
  const TensorId b = net.convolution("dw", net.convolution("a", net.input({1, 3, 8, 8}), 16), 32, 16);
  net.convolution("c", b, 8);
  assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
  const auto& depthwise = net.dims<Convolution<>>("dw");
  EXPECT_EQ(depthwise.in_channels, 12);
  EXPECT_EQ(depthwise.groups, 12);
  EXPECT_EQ(depthwise.out_channels, 24) << "two outputs an input";
  EXPECT_EQ(net.dims<Convolution<>>("c").in_channels, 24);
}

TEST(PrunedChannels, OfADepthwiseLayerAreTheSameWhereTheyAreAsMany) {
  Network net;
  const TensorId b = net.convolution("dw", net.convolution("a", net.input({1, 3, 8, 8}), 16), 16, 16);
  net.convolution("c", b, 8);
  Graph tied = net.graph;
  assign(tied, {counts("a", {{0, 4}, {8, 12}}), counts("dw", {{0, 4}, {2, 5}, {8, 7}})});
  EXPECT_EQ(std::get<Convolution<>>(tied.nodes[1].layer.dims).out_channels, 12);
  EXPECT_EQ(tied.nodes[1].layer.precision.weight.groups, (std::vector<ChannelGroup>{{2, 5}, {8, 7}}));
  EXPECT_EQ(std::get<Convolution<>>(tied.nodes[2].layer.dims).in_channels, 12);
  EXPECT_EQ(
      fault_of(net.graph, {counts("a", {{0, 4}, {8, 12}}), counts("dw", {{0, 5}, {8, 11}})}),
      "layer 'a' loses 4 of 16 channels, which cannot be taken out of conv2d 'dw': 5 of its own channels have 0 bit, "
      "which may not be the same ones");
  EXPECT_EQ(
      fault_of(net.graph, {counts("a", {{0, 4}, {8, 12}}), counts("dw", {{4, 5}, {8, 11}})}),
      "layer 'a' loses 4 of 16 channels, which cannot be taken out of conv2d 'dw': it has several widths, and which "
      "the lost channels have is not known");
}

TEST(PrunedChannels, OfADepthwiseLayerAreUnitedWhereAllAreKnown) {
  Network net;
  const TensorId b = net.convolution("dw", net.convolution("a", net.input({1, 3, 8, 8}), 4), 4, 4);
  net.convolution("c", b, 8);
  assign(net.graph, {channels("a", {0, 8, 8, 8}), channels("dw", {4, 0, 8, 8})});
  EXPECT_EQ(net.dims<Convolution<>>("dw").in_channels, 3) << "what a still gives";
  EXPECT_EQ(net.layer("dw").precision.weight.by_channel, (std::vector<double>{0, 8, 8}));
  EXPECT_EQ(net.dims<Convolution<>>("c").in_channels, 2) << "what neither takes away";
  EXPECT_EQ(net.shape(b), (Shape{1, 2, 8, 8}));
}

TEST(PrunedChannels, BecomeTheirPixelsBehindAFlatten) {
  Network net;
  const TensorId flat = net.view("flatten", net.convolution("a", net.input({2, 3, 4, 4}), 16), {2, 256});
  net.linear("fc", net.relu("relu", flat), 10);
  assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
  EXPECT_EQ(net.dims<Linear<>>("fc").in_channels, 12 * 16);
  EXPECT_EQ(net.dims<Movement<>>("flatten").out_elements, 2 * 12 * 16);
  EXPECT_EQ(net.shape(flat), (Shape{2, 192}));
}

TEST(PrunedChannels, SurviveAMeanOverPixels) {
  for (const Shape& out : {Shape{2, 16}, Shape{2, 16, 1, 1}}) {
    Network net;
    const TensorId a = net.convolution("a", net.input({2, 3, 4, 4}), 16);
    const TensorId mean = net.add("mean", Op::reduce_mean, Reduction<>{512, 32}, {a}, out);
    assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
    EXPECT_EQ(net.dims<Reduction<>>("mean").in_elements, 384);
    EXPECT_EQ(net.dims<Reduction<>>("mean").out_elements, 24);
    EXPECT_EQ(net.shape(mean)[1], 12);
  }
}

TEST(PrunedChannels, MeetInAnAddWhereTheyAreTheSame) {
  Meeting meeting;
  meeting.net.convolution("c", meeting.net.sum("sum", meeting.a, meeting.b), 8);
  const Graph& graph = meeting.net.graph;
  Graph same = graph;
  assign(same, {channels("a", {8, 0, 0, 4}), channels("b", {2, 0, 0, 2})});
  EXPECT_EQ(std::get<Elementwise<>>(same.nodes[2].layer.dims).elements, 128);
  EXPECT_EQ(std::get<Elementwise<>>(same.nodes[2].layer.dims).input_elements, 256);
  EXPECT_EQ(std::get<Convolution<>>(same.nodes[3].layer.dims).in_channels, 2);
  const std::string not_the_same =
      "layer 'a' loses 2 of 4 channels, which cannot be taken out of add 'sum': the 2 that layer 'b' loses may not be "
      "the "
      "same ones; give both a width for every channel, with the 0s at the same places";
  EXPECT_EQ(fault_of(graph, {channels("a", {8, 0, 0, 4}), channels("b", {0, 2, 0, 2})}), not_the_same);
  EXPECT_EQ(fault_of(graph, {counts("a", {{0, 2}, {8, 2}}), counts("b", {{0, 2}, {8, 2}})}), not_the_same);
  EXPECT_EQ(
      fault_of(graph, {channels("a", {8, 0, 0, 4})}),
      "layer 'a' loses 2 of 4 channels, which cannot be taken out of add 'sum': its operand 'b.out' still has all of "
      "them");
}

TEST(PrunedChannels, OfOneSourceMeetFromCountsAlone) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 3, 8, 8}), 16);
  net.convolution("c", net.sum("sum", a, net.relu("relu", a)), 8);
  assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
  EXPECT_EQ(net.dims<Convolution<>>("c").in_channels, 12);
}

TEST(PrunedChannels, OfABroadcastOperandAreNotNeeded) {
  Network net;
  const TensorId in = net.input({1, 3, 8, 8});
  const TensorId a = net.convolution("a", in, 16);
  const TensorId mask = net.input({1, 1, 8, 8});
  const TensorId masked = net.add("mask", Op::mul, Elementwise<>{1024, 1088, 2, 0}, {a, mask}, {1, 16, 8, 8});
  assign(net.graph, {counts("a", {{0, 4}, {8, 12}})});
  EXPECT_EQ(net.dims<Elementwise<>>("mask").elements, 768);
  EXPECT_EQ(net.dims<Elementwise<>>("mask").input_elements, 768 + 64);
  EXPECT_EQ(net.shape(masked), (Shape{1, 12, 8, 8}));
}

TEST(PrunedChannels, JoinInAConcatWhereTheyAreKnown) {
  Meeting meeting;
  Network& net = meeting.net;
  const TensorId joined = net.concat("concat", {meeting.a, meeting.b}, {1, 8, 8, 8});
  net.convolution("grouped", joined, 8, 2);
  Graph known = net.graph;
  assign(known, {channels("a", {8, 0, 8, 4}), channels("b", {0, 2, 2, 2})});
  EXPECT_EQ(std::get<Movement<>>(known.nodes[2].layer.dims).out_elements, 6 * 64);
  EXPECT_EQ(std::get<Convolution<>>(known.nodes[3].layer.dims).in_channels, 6) << "one from each group";
  EXPECT_EQ(known.tensors[joined].shape, (Shape{1, 6, 8, 8}));
  EXPECT_EQ(
      fault_of(net.graph, {counts("a", {{0, 1}, {8, 3}})}),
      "layer 'a' loses 1 of 4 channels, which cannot be taken out of concat 'concat': which channels are lost is not "
      "known; give a width for every channel");
  EXPECT_EQ(
      fault_of(net.graph, {channels("a", {8, 0, 8, 4})}),
      "layer 'a' loses 1 of 8 channels, which cannot be taken out of conv2d 'grouped': its 2 groups would not lose "
      "equally many");
}

TEST(PrunedChannels, InAGroupedConvolutionMustBeKnown) {
  Network net;
  net.convolution("grouped", net.convolution("a", net.input({1, 3, 8, 8}), 16), 8, 4);
  EXPECT_EQ(
      fault_of(net.graph, {counts("a", {{0, 4}, {8, 12}})}),
      "layer 'a' loses 4 of 16 channels, which cannot be taken out of conv2d 'grouped': it has 4 groups, and which "
      "channels are lost is not known: give a width for every channel");
}

TEST(PrunedChannels, AreRefusedWhereTheyCannotBeFollowed) {
  Network net;
  const TensorId a = net.convolution("a", net.input({1, 3, 8, 8}), 16);
  Network transposed = net;
  transposed.add("nhwc", Op::transpose, Movement<>{1024, 1024}, {a}, {1, 8, 8, 16});
  EXPECT_EQ(
      fault_of(transposed.graph, {counts("a", {{0, 4}, {8, 12}})}),
      "layer 'a' loses 4 of 16 channels, which cannot be taken out of transpose 'nhwc': how its output depends on "
      "channels is not known");
  EXPECT_EQ(fault_of(transposed.graph, {widths("a", integer(4))}), "no error") << "nothing is pruned";
  Network shuffled = net;
  shuffled.view("shuffle", a, {1, 4, 4, 8, 8});
  EXPECT_EQ(
      fault_of(shuffled.graph, {counts("a", {{0, 4}, {8, 12}})}),
      "layer 'a' loses 4 of 16 channels, which cannot be taken out of reshape 'shuffle': it mixes channels with other "
      "axes");
}

TEST(PrunedChannels, OfALayerTableStayInTheirRow) {
  Graph table;
  add_layer(table, testing::make_layer("fc", Op::linear, Linear<>{.in_channels = 8, .out_channels = 4}));
  assign(table, {counts("fc", {{0, 1}, {8, 3}})});
  EXPECT_EQ(std::get<Linear<>>(table.nodes[0].layer.dims).out_channels, 4);
}

}  // namespace
}  // namespace hwcost
