// Widths put into networks, and pruned channels followed through them.
#include "hwcost/assignment.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace hwcost {
namespace {

using Shape = std::vector<double>;

Layer make_layer(const std::string& name, Op op, const Dims& dims) {
  Layer layer;
  layer.name = name;
  layer.op = op;
  layer.dims = dims;
  return layer;
}

// Builds networks layer by layer; every method returns the tensor that it writes.
class Network {
 public:
  Graph graph;

  TensorId input(Shape shape) {
    const TensorId id = tensor("input", std::move(shape));
    graph.inputs.push_back(id);
    return id;
  }
  TensorId convolution(const std::string& name, TensorId from, double out_channels, double groups = 1.0) {
    const Shape in = shape(from);
    Convolution<> dims{.in_channels = in[1], .out_channels = out_channels, .groups = groups};
    dims.in_height = dims.out_height = in[2];
    dims.in_width = dims.out_width = in[3];
    return add(name, Op::conv2d, dims, {from}, {in[0], out_channels, in[2], in[3]});
  }
  TensorId linear(const std::string& name, TensorId from, double out_channels) {
    Shape out = shape(from);
    const Linear<> dims{.in_channels = out.back(), .out_channels = out_channels};
    out.back() = out_channels;
    return add(name, Op::linear, dims, {from}, out);
  }
  TensorId relu(const std::string& name, TensorId from) {
    return add(name, Op::relu, Elementwise<>{elements(from), elements(from), 1, 0}, {from}, shape(from));
  }
  TensorId sum(const std::string& name, TensorId a, TensorId b) {
    return add(name, Op::add, Elementwise<>{elements(a), elements(a) + elements(b), 2, 0}, {a, b}, shape(a));
  }
  TensorId view(const std::string& name, TensorId from, Shape to) {
    return add(name, Op::reshape, Movement<>{elements(from), elements(from)}, {from}, std::move(to));
  }
  TensorId concat(const std::string& name, std::vector<TensorId> from, Shape to) {
    double all = 0.0;
    for (const TensorId id : from) all += elements(id);
    return add(name, Op::concat, Movement<>{all, all}, std::move(from), std::move(to));
  }
  TensorId add(const std::string& name, Op op, Dims dims, std::vector<TensorId> from, Shape to) {
    const TensorId out = tensor(name + ".out", std::move(to));
    Node& node = add_layer(graph, make_layer(name, op, dims));
    node.inputs = std::move(from);
    node.outputs = {out};
    return out;
  }

  [[nodiscard]] const Shape& shape(TensorId id) const { return graph.tensors[id].shape; }
  [[nodiscard]] double elements(TensorId id) const { return graph.tensors[id].elements(); }
  template <class D>
  [[nodiscard]] const D& dims(const std::string& name) const {
    return std::get<D>(layer(name).dims);
  }
  [[nodiscard]] const Layer& layer(const std::string& name) const {
    for (const Node& node : graph.nodes) {
      if (node.layer.name == name) return node.layer;
    }
    throw std::out_of_range(name);
  }

 private:
  TensorId tensor(const std::string& name, Shape shape) {
    graph.tensors.push_back({.name = name, .shape = std::move(shape), .format = integer(8)});
    return graph.tensors.size() - 1;
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
  add_layer(table, make_layer("fc", Op::linear, Linear<>{.in_channels = 8, .out_channels = 4}));
  assign(table, {counts("fc", {{0, 1}, {8, 3}})});
  EXPECT_EQ(std::get<Linear<>>(table.nodes[0].layer.dims).out_channels, 4);
}

}  // namespace
}  // namespace hwcost
