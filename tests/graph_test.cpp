#include "hwcost/graph.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hwcost {
namespace {

// Builds graphs of [channels x 4 x 4] tensors, one node a call, in execution order.
class GraphBuilder {
 public:
  TensorId input(double channels) {
    const TensorId id = tensor(channels);
    graph.inputs.push_back(id);
    return id;
  }

  TensorId conv(TensorId in, double out_channels) {
    Convolution<> dims;
    dims.in_channels = channels_of(in);
    dims.out_channels = out_channels;
    dims.in_height = dims.in_width = dims.out_height = dims.out_width = 4.0;
    return node(Op::conv2d, dims, {in}, out_channels);
  }

  TensorId unary(Op op, TensorId in) {
    const double n = elements(in);
    return node(op, Elementwise<>{n, n, 1.0, 0.0}, {in}, channels_of(in));
  }

  TensorId binary(Op op, TensorId left, TensorId right) {
    const double n = elements(left);
    return node(op, Elementwise<>{n, 2.0 * n, 2.0, 0.0}, {left, right}, channels_of(left));
  }

  TensorId batch_norm(TensorId in) {
    const double channels = channels_of(in);
    return node(Op::batch_norm, Normalization<>{elements(in), channels, 2.0 * channels, 2.0 * channels}, {in},
                channels);
  }

  TensorId move(Op op, TensorId in, double out_channels) {
    return node(op, Movement<>{elements(in), 16.0 * out_channels}, {in}, out_channels);
  }

  TensorId node(Op op, Dims dims, std::vector<TensorId> inputs, double out_channels) {
    const TensorId out = tensor(out_channels);
    Node node;
    node.layer.name = "n" + std::to_string(graph.nodes.size());
    node.layer.op = op;
    node.layer.dims = dims;
    node.inputs = std::move(inputs);
    node.outputs = {out};
    graph.nodes.push_back(std::move(node));
    return out;
  }

  Graph with_output(TensorId id) {
    graph.outputs.push_back(id);
    return graph;
  }

  double elements(TensorId id) const { return graph.tensors[id].elements(); }

  Graph graph;

 private:
  double channels_of(TensorId id) const { return graph.tensors[id].shape[1]; }

  TensorId tensor(double channels) {
    graph.tensors.push_back({"t" + std::to_string(graph.tensors.size()), {1.0, channels, 4.0, 4.0}, kFloat32, true});
    return graph.tensors.size() - 1;
  }
};

std::string error_of(const Graph& graph) {
  try {
    validate(graph);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Tensor, ScalarHasOneElement) { EXPECT_EQ(Tensor{}.elements(), 1.0); }

TEST(Tensor, BytesRoundUp) {
  Tensor tensor;
  tensor.shape = {3.0};
  tensor.format = integer(4.0);
  EXPECT_EQ(tensor.bytes(), 2.0);
}

TEST(Validate, AcceptsAChain) {
  GraphBuilder b;
  EXPECT_EQ(error_of(b.with_output(b.conv(b.input(3.0), 8.0))), "");
}

TEST(Validate, NamesTheNodeThatReadsALaterTensor) {
  GraphBuilder b;
  Graph graph = b.with_output(b.conv(b.conv(b.input(3.0), 8.0), 8.0));
  graph.file = "net.onnx";
  std::swap(graph.nodes[0], graph.nodes[1]);
  EXPECT_EQ(error_of(graph),
            "net.onnx: node n1: error: reads 't1', which no earlier node computes: a cycle, or nodes out of order");
}

TEST(Validate, RefusesATensorThatIsWrittenTwice) {
  GraphBuilder b;
  const TensorId x = b.input(3.0);
  b.conv(x, 8.0);
  Graph graph = b.with_output(b.conv(x, 8.0));
  graph.nodes[1].outputs = graph.nodes[0].outputs;
  EXPECT_EQ(error_of(graph), "node n1: error: writes 't1', which has a value already");
}

TEST(Validate, RefusesEdgesThatPointNowhere) {
  GraphBuilder b;
  Graph graph = b.with_output(b.conv(b.input(3.0), 8.0));
  graph.nodes[0].inputs = {7};
  EXPECT_EQ(error_of(graph), "node n0: error: input 7 is no tensor: there are 2");
}

TEST(Validate, RefusesAnOutputThatNobodyComputes) {
  GraphBuilder b;
  Graph graph = b.with_output(b.conv(b.input(3.0), 8.0));
  graph.tensors.push_back({"ghost", {1.0}, kFloat32, true});
  graph.outputs.push_back(2);
  EXPECT_EQ(error_of(graph), "error: network output 'ghost' is computed by no node");
}

TEST(Validate, RefusesExtentsThatAreNoCounts) {
  for (const double bad : {-1.0, 0.5, std::nan(""), std::numeric_limits<double>::infinity(), 1e17}) {
    GraphBuilder b;
    Graph graph = b.with_output(b.conv(b.input(3.0), 8.0));
    graph.tensors[0].shape[0] = bad;
    EXPECT_NE(error_of(graph), "") << bad;
  }
}

TEST(Validate, RefusesAFusionIntoALaterNode) {
  GraphBuilder b;
  Graph graph = b.with_output(b.conv(b.input(3.0), 8.0));
  graph.nodes[0].fused_into = 0;
  EXPECT_EQ(error_of(graph), "node n0: error: is fused into node 0, which is no earlier one");
}

TEST(Validate, RefusesWeightsThatTheNamedNodeDoesNotOwn) {
  Graph graph;
  for (const char* name : {"a", "b", "c"}) {
    Layer layer;
    layer.name = name;
    layer.op = Op::linear;
    layer.dims = Linear<>{};
    add_layer(graph, layer);
  }
  const auto share = [&graph](NodeId node, NodeId owner) {
    graph.nodes[node].weights_of = owner;
    graph.nodes[node].layer.owns_weights = false;
  };
  share(1, 0);
  EXPECT_NO_THROW(validate(graph));
  for (const NodeId wrong : {NodeId{1}, NodeId{2}, NodeId{7}}) {  // no owner, itself, nowhere
    share(2, wrong);
    EXPECT_THROW(validate(graph), InputError) << wrong;
  }
  share(2, 0);
  graph.nodes[2].layer.owns_weights = true;
  EXPECT_THROW(validate(graph), InputError) << "its own and another's";
}

TEST(Fusion, BatchNormAndClampGoIntoTheConvolution) {
  GraphBuilder b;
  Graph graph = b.with_output(b.unary(Op::relu6, b.batch_norm(b.conv(b.input(3.0), 8.0))));
  mark_fusions(graph);
  EXPECT_EQ(graph.nodes[1].fused_into, NodeId{0});
  EXPECT_EQ(graph.nodes[2].fused_into, NodeId{0});
  EXPECT_EQ(graph.nodes[0].layer.fused_activation, Op::relu6);
}

TEST(Fusion, TwoClampsAreOne) {
  GraphBuilder b;
  Graph graph = b.with_output(b.unary(Op::clip, b.unary(Op::relu6, b.conv(b.input(3.0), 8.0))));
  mark_fusions(graph);
  EXPECT_EQ(graph.nodes[2].fused_into, NodeId{0});
  EXPECT_EQ(graph.nodes[0].layer.fused_activation, Op::clip);
}

TEST(Fusion, AReluAddsNothingToAClamp) {
  GraphBuilder b;
  Graph graph = b.with_output(b.unary(Op::relu, b.unary(Op::relu6, b.conv(b.input(3.0), 8.0))));
  mark_fusions(graph);
  EXPECT_EQ(graph.nodes[2].fused_into, NodeId{0});
  EXPECT_EQ(graph.nodes[0].layer.fused_activation, Op::relu6);
}

TEST(Fusion, ABatchNormBehindAClampIsNoPartOfTheWeights) {
  GraphBuilder b;
  Graph graph = b.with_output(b.batch_norm(b.unary(Op::relu, b.conv(b.input(3.0), 8.0))));
  mark_fusions(graph);
  EXPECT_TRUE(graph.nodes[1].fused_into);
  EXPECT_FALSE(graph.nodes[2].fused_into);
}

TEST(Fusion, ClampGoesIntoAnAdd) {
  GraphBuilder b;
  const TensorId x = b.input(8.0);
  Graph graph = b.with_output(b.unary(Op::relu, b.binary(Op::add, x, b.conv(x, 8.0))));
  mark_fusions(graph);
  EXPECT_EQ(graph.nodes[2].fused_into, NodeId{1});
}

TEST(Fusion, NothingIsFusedWhereTheValueBetweenIsReadAgain) {
  GraphBuilder b;
  const TensorId y = b.conv(b.input(8.0), 8.0);
  Graph graph = b.with_output(b.binary(Op::add, y, b.unary(Op::relu, y)));
  mark_fusions(graph);
  EXPECT_FALSE(graph.nodes[1].fused_into);
  EXPECT_FALSE(graph.nodes[0].layer.fused_activation);
}

TEST(Fusion, NothingIsFusedWhereTheValueBetweenIsANetworkOutput) {
  GraphBuilder b;
  const TensorId y = b.conv(b.input(8.0), 8.0);
  const TensorId z = b.unary(Op::relu, y);
  b.with_output(y);
  Graph graph = b.with_output(z);
  mark_fusions(graph);
  EXPECT_FALSE(graph.nodes[1].fused_into);
}

TEST(Fusion, OtherActivationsAndStandaloneNormsStay) {
  GraphBuilder b;
  Graph graph = b.with_output(b.unary(Op::relu, b.batch_norm(b.unary(Op::gelu, b.conv(b.input(3.0), 8.0)))));
  mark_fusions(graph);
  for (const Node& node : graph.nodes) EXPECT_FALSE(node.fused_into);
}

TEST(SetBits, ReachesTensorsAndBothOperandsOfAMatmul) {
  GraphBuilder b;
  const TensorId y = b.conv(b.input(3.0), 8.0);
  Graph graph = b.with_output(b.node(Op::matmul, MatMul<>{}, {y, y}, 8.0));
  set_bits(graph, 4.0, 8.0);
  EXPECT_EQ(graph.tensors[0].format, integer(8.0));
  EXPECT_EQ(graph.nodes[0].layer.precision.weight, WeightFormat(integer(4.0)));
  EXPECT_EQ(graph.nodes[0].layer.precision.bias, integer(32.0));
  EXPECT_EQ(graph.nodes[1].layer.precision.weight, WeightFormat(integer(8.0)));
}

TEST(Liveness, AChainHoldsInputAndOutputOfTheWidestLayer) {
  GraphBuilder b;
  const auto peak = peak_activations(b.with_output(b.conv(b.conv(b.input(3.0), 8.0), 2.0)));
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->elements, 16.0 * (3.0 + 8.0));
  EXPECT_EQ(peak->at_elements, 0u);
  EXPECT_EQ(peak->bytes, 4.0 * peak->elements);
}

TEST(Liveness, ASkippedValueStaysAliveUntilTheAdd) {
  GraphBuilder b;
  const TensorId skip = b.conv(b.input(1.0), 8.0);
  const auto peak = peak_activations(b.with_output(b.binary(Op::add, skip, b.conv(b.conv(skip, 8.0), 8.0))));
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->elements, 16.0 * 24.0);
  EXPECT_EQ(peak->at_elements, 2u);
}

TEST(Liveness, UnaryNormAndViewWriteOverTheirInput) {
  GraphBuilder b;
  const TensorId y = b.batch_norm(b.conv(b.input(3.0), 8.0));
  const auto peak = peak_activations(b.with_output(b.move(Op::reshape, b.unary(Op::relu, y), 8.0)));
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->elements, 16.0 * 11.0);
  EXPECT_EQ(peak->at_elements, 0u);
}

TEST(Liveness, PaddingByNothingIsAViewAndPaddingIsNot) {
  GraphBuilder view;
  EXPECT_EQ(peak_activations(view.with_output(view.move(Op::pad, view.input(8.0), 8.0)))->elements, 16.0 * 8.0);
  GraphBuilder copy;
  EXPECT_EQ(peak_activations(copy.with_output(copy.move(Op::pad, copy.input(8.0), 9.0)))->elements, 16.0 * 17.0);
}

TEST(Liveness, TheBufferLivesUntilTheLastReaderOfAnyAlias) {
  GraphBuilder b;
  const TensorId x = b.conv(b.input(1.0), 8.0);
  const TensorId view = b.move(Op::reshape, x, 8.0);
  const TensorId wide = b.conv(b.conv(view, 1.0), 32.0);
  const auto peak = peak_activations(b.with_output(b.binary(Op::add, b.conv(wide, 8.0), x)));
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->elements, 16.0 * (8.0 + 32.0 + 8.0));  // x, wide and the convolution of it
}

TEST(Liveness, BytesFollowEachTensorsWidthAndPeakWhereTheyDo) {
  GraphBuilder b;
  Graph graph = b.with_output(b.conv(b.conv(b.conv(b.input(8.0), 8.0), 2.0), 8.0));
  graph.tensors[0].format = graph.tensors[1].format = integer(2.0);
  graph.tensors[2].format = graph.tensors[3].format = integer(16.0);
  const auto peak = peak_activations(graph);
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->at_elements, 0u);
  EXPECT_EQ(peak->at_bytes, 2u);
  EXPECT_EQ(peak->bytes, 16.0 * 10.0 * 2.0);
}

TEST(Liveness, UnknownShapesAndLayerTablesHaveNoPeak) {
  GraphBuilder b;
  Graph graph = b.with_output(b.conv(b.input(3.0), 8.0));
  graph.tensors[1].known_shape = false;
  EXPECT_FALSE(peak_activations(graph));
  Graph table;
  add_layer(table, Layer{});
  EXPECT_FALSE(peak_activations(table));
}

}  // namespace
}  // namespace hwcost
