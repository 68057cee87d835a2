// Which constants layers own, and how many elements of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::Extents;
using test::ModelWriter;
using test::OnnxAttribute;

constexpr int kInt8 = 3;
constexpr int kInt64 = 7;
constexpr int kBool = 9;

std::vector<double> zeros(std::size_t count) { return std::vector<double>(count, 0.0); }

double parameters(const Graph& graph) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) sum += facts(node.layer).params;
  return sum;
}

const Layer& last_layer(const Graph& graph) { return graph.nodes.back().layer; }

// x[x_shape] times w[w_shape], from either side.
Graph product(const Extents& x_shape, const Extents& w_shape, bool weight_first = false) {
  ModelWriter writer;
  writer.input("x", x_shape);
  writer.constant("w", w_shape);
  writer.node("MatMul", weight_first ? std::vector<std::string>{"w", "x"} : std::vector<std::string>{"x", "w"}, {"y"});
  writer.output("y");
  return writer.import();
}

TEST(OnnxBatchedWeights, AMatrixForEachExpertIsAConvolutionWithAGroupForEach) {
  const Graph graph = product({4, 10, 16}, {4, 16, 32});
  const Layer& layer = last_layer(graph);
  EXPECT_EQ(layer.op, Op::conv1d);
  EXPECT_EQ(std::get<Convolution<>>(layer.dims).groups, 4.0);
  EXPECT_EQ(work(layer).macs, 4.0 * 10.0 * 16.0 * 32.0);
  EXPECT_EQ(work(layer).weights, 4.0 * 16.0 * 32.0);
  EXPECT_EQ(work(layer).input, 4.0 * 10.0 * 16.0);
  EXPECT_EQ(work(layer).output, 4.0 * 10.0 * 32.0);
  EXPECT_EQ(parameters(graph), 4.0 * 16.0 * 32.0);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{4.0, 10.0, 32.0}));
}

TEST(OnnxBatchedWeights, EveryBroadcastingCountsWorkAndWeightsRight) {
  struct Case {
    Extents x, w;
    bool weight_first;
    double macs, weights;
  };
  const std::vector<Case> cases{
      {{5, 4, 10, 16}, {4, 16, 32}, false, 5.0 * 4 * 10 * 16 * 32, 4.0 * 16 * 32},
      {{5, 4, 10, 16}, {5, 1, 16, 32}, false, 5.0 * 4 * 10 * 16 * 32, 5.0 * 16 * 32},
      {{10, 16}, {4, 16, 32}, false, 4.0 * 10 * 16 * 32, 4.0 * 16 * 32},
      {{5, 1, 10, 16}, {3, 16, 32}, false, 5.0 * 3 * 10 * 16 * 32, 3.0 * 16 * 32},
      {{16}, {4, 16, 32}, false, 4.0 * 16 * 32, 4.0 * 16 * 32},
      {{4, 16, 10}, {4, 32, 16}, true, 4.0 * 10 * 16 * 32, 4.0 * 16 * 32},
      {{2, 10, 16}, {1, 16, 32}, false, 2.0 * 10 * 16 * 32, 16.0 * 32},
  };
  for (const Case& c : cases) {
    const Graph graph = product(c.x, c.w, c.weight_first);
    const double out = [&] {
      double count = 1.0;
      for (const double extent : graph.tensors.at(graph.outputs.at(0)).shape) count *= extent;
      return count;
    }();
    EXPECT_EQ(work(last_layer(graph)).macs, c.macs);
    EXPECT_EQ(work(last_layer(graph)).output, out);
    EXPECT_EQ(parameters(graph), c.weights);
  }
}

TEST(OnnxBatchedWeights, ADequantisedExpertHasTheWidthThatIsStored) {
  ModelWriter writer;
  writer.input("x", {4, 10, 16});
  writer.constant("w", {4, 16, 32}, {}, kInt8);
  writer.constant("scale", {}, std::vector<double>{1.0});
  writer.node("DequantizeLinear", {"w", "scale"}, {"d"});
  writer.node("MatMul", {"x", "d"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(last_layer(graph).precision.weight.uniform, integer(8.0));
  EXPECT_EQ(facts(last_layer(graph)).weight_bytes, 4.0 * 16.0 * 32.0);
}

TEST(OnnxBatchedWeights, AWidthAColumnHoldsInEveryExpert) {
  ModelWriter writer;
  writer.input("x", {3, 10, 4});
  writer.constant("w", {3, 4, 2});
  writer.constant("one", {}, std::vector<double>{1.0});
  writer.constant("bits", {1, 1, 2}, std::vector<double>{8.0, 4.0});
  writer.node("Quant", {"w", "one", "one", "bits"}, {"q"}).domain = "qonnx.custom_op.general";
  writer.node("MatMul", {"x", "q"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(last_layer(graph).precision.weight.groups, (std::vector<ChannelGroup>{{4.0, 3.0}, {8.0, 3.0}}));
}

TEST(OnnxBatchedWeights, AMatrixThatIsExpandedToABatchIsStoredOnce) {
  ModelWriter writer;
  writer.input("x", {5, 10, 16});
  writer.constant("w", {1, 16, 32});
  writer.constant("shape", {3}, std::vector<double>{5.0, 16.0, 32.0}, kInt64);
  writer.node("Expand", {"w", "shape"}, {"e"});
  writer.node("MatMul", {"x", "e"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(last_layer(graph).op, Op::linear);
  EXPECT_EQ(work(last_layer(graph)).macs, 5.0 * 10.0 * 16.0 * 32.0);
  EXPECT_EQ(parameters(graph), 16.0 * 32.0);
}

// A class token, expanded to the batch at run time, before a sequence.
ModelWriter class_token() {
  ModelWriter writer;
  writer.input("x", {-1, 6, 8}, 1, {"N"});
  writer.constant("token", {1, 1, 8});
  writer.constant("first", {1}, zeros(1), kInt64);
  writer.constant("rest", {2}, std::vector<double>{1.0, 8.0}, kInt64);
  writer.node("Shape", {"x"}, {"shape"});
  writer.node("Gather", {"shape", "first"}, {"n"});
  writer.node("Concat", {"n", "rest"}, {"target"}, {{.name = "axis", .integer = 0}});
  writer.node("Expand", {"token", "target"}, {"tokens"});
  writer.node("Concat", {"tokens", "x"}, {"y"}, {{.name = "axis", .integer = 1}});
  writer.output("y");
  return writer;
}

TEST(OnnxOwnership, AnExpandedTokenIsOwnedAsItIsStoredWhateverTheBatch) {
  for (const double batch : {1.0, 7.0}) {
    const Graph graph = class_token().import({.batch = batch, .input_shapes = {}});
    EXPECT_EQ(last_layer(graph).op, Op::concat);
    EXPECT_EQ(parameters(graph), 8.0);
    EXPECT_EQ(work(last_layer(graph)).input, batch * 7.0 * 8.0);
  }
}

TEST(OnnxOwnership, WhatNoFileStoresIsNobodysParameter) {
  ModelWriter writer;
  writer.input("x", {2, 6});
  writer.constant("limit", {}, std::vector<double>{6.0});
  writer.constant("start", {}, std::vector<double>{0.0});
  writer.constant("step", {}, std::vector<double>{1.0});
  writer.node("Shape", {"x"}, {"shape"});
  writer.node("ConstantOfShape", {"shape"}, {"filled"});
  writer.node("Range", {"start", "limit", "step"}, {"range"});
  writer.node("Add", {"filled", "range"}, {"both"});
  writer.node("Add", {"x", "filled"}, {"a"});
  writer.node("Mul", {"a", "range"}, {"b"});
  writer.node("Concat", {"b", "both"}, {"y"}, {{.name = "axis", .integer = 1}});
  writer.output("y");
  EXPECT_EQ(parameters(writer.import()), 0.0);
}

TEST(OnnxOwnership, AConstantNodeThatHoldsValuesIsAParameter) {
  ModelWriter writer;
  writer.input("x", {1, 3});
  writer.node("Constant", {}, {"c"}, {{.name = "value_floats", .reals = std::vector<float>{1.0F, 2.0F, 3.0F}}});
  writer.node("Mul", {"x", "c"}, {"y"});
  writer.output("y");
  EXPECT_EQ(parameters(writer.import()), 3.0);
}

TEST(OnnxOwnership, RowsThatAreTakenBeforehandLeaveTheWholeTableToTheirReader) {
  ModelWriter writer;
  writer.input("x", {5, 6, 8});
  writer.constant("table", {20, 8});
  writer.constant("ids", {1, 6}, std::vector<double>{0, 1, 2, 3, 4, 5}, kInt64);
  writer.node("Gather", {"table", "ids"}, {"rows"});
  writer.node("Add", {"x", "rows"}, {"a"});
  writer.node("Add", {"a", "rows"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(std::get<Elementwise<>>(graph.nodes.at(0).layer.dims).parameters, 160.0);
  EXPECT_EQ(parameters(graph), 160.0);
}

TEST(OnnxOwnership, ATableThatALookUpOwnsIsNotOwnedAgain) {
  ModelWriter writer;
  writer.input("ids", {1, 6}, kInt64);
  writer.constant("table", {20, 8});
  writer.constant("fixed", {1, 6}, std::vector<double>{0, 1, 2, 3, 4, 5}, kInt64);
  writer.node("Gather", {"table", "ids"}, {"looked_up"});
  writer.node("Gather", {"table", "fixed"}, {"rows"});
  writer.node("Add", {"looked_up", "rows"}, {"y"});
  writer.output("y");
  EXPECT_EQ(parameters(writer.import()), 160.0);
}

TEST(OnnxOwnership, PartsOfOneWeightAreWeightsOfTheirOwn) {
  ModelWriter writer;
  writer.input("x", {2, 8});
  writer.constant("w", {8, 12});
  writer.node("Split", {"w"}, {"q", "k"}, {{.name = "axis", .integer = 1}});
  writer.node("MatMul", {"x", "q"}, {"a"});
  writer.node("MatMul", {"x", "k"}, {"b"});
  writer.node("Concat", {"a", "b"}, {"y"}, {{.name = "axis", .integer = 1}});
  writer.output("y");
  EXPECT_EQ(parameters(writer.import()), 96.0);
}

TEST(OnnxOwnership, AConstantOfSeveralParametersIsAllThatTheyStore) {
  ModelWriter writer;
  writer.input("x", {3, 8});
  writer.constant("a", {1, 8});
  writer.constant("b", {3, 1});
  writer.constant("scale", {}, std::vector<double>{2.0});
  writer.node("Add", {"a", "b"}, {"sum"});
  writer.node("Mul", {"sum", "scale"}, {"scaled"});
  writer.node("Add", {"x", "scaled"}, {"y"});
  writer.output("y");
  EXPECT_EQ(parameters(writer.import()), 11.0);
}

TEST(OnnxOwnership, MasksAndIndicesAreBuffersAndTheLogSaysSo) {
  ModelWriter writer;
  writer.input("x", {1, 6, 6});
  writer.constant("mask", {1, 6, 6}, zeros(36), kBool);
  writer.constant("lowest", {}, std::vector<double>{-1e9});
  writer.constant("int_mask", {6, 6}, zeros(36), kInt64);
  writer.node("Where", {"mask", "x", "lowest"}, {"a"});
  writer.node("Cast", {"int_mask"}, {"float_mask"}, {{.name = "to", .integer = 1}});
  writer.node("Add", {"a", "float_mask"}, {"y"});
  writer.output("y");
  ImportLog log;
  EXPECT_EQ(parameters(writer.import({}, &log)), 0.0);
  const auto says_so = [](const ImportFact& fact) { return fact.kind == ImportFact::Kind::buffer; };
  EXPECT_EQ(std::count_if(log.facts.begin(), log.facts.end(), says_so), 2);
}

TEST(OnnxOwnership, IntegersThatADequantiserReadsAreParameters) {
  ModelWriter writer;
  writer.input("x", {1, 6});
  writer.constant("c", {6}, zeros(6), kInt8);
  writer.constant("scale", {}, std::vector<double>{1.0});
  writer.node("DequantizeLinear", {"c", "scale"}, {"d"});
  writer.node("Mul", {"x", "d"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(parameters(graph), 6.0);
  EXPECT_EQ(last_layer(graph).precision.bias, integer(8.0));
}

// Steps of a recurrent cell from a state of zeros, as torch unrolls them.
Graph unrolled_cell(int steps, bool with_bias) {
  ModelWriter writer;
  writer.input("x", {1, 3});
  writer.constant("w_ih", {4, 3});
  writer.constant("w_hh", {4, 4});
  writer.constant("b_ih", {4});
  writer.constant("b_hh", {4});
  writer.node("Constant", {}, {"h0"}, {{.name = "value_floats", .reals = std::vector<float>(4)}});
  writer.constant("row", {2}, std::vector<double>{1, 4}, kInt64);
  writer.node("Reshape", {"h0", "row"}, {"state0"});
  const auto product = [&](const std::string& in, const std::string& gate, const std::string& out) {
    std::vector<std::string> inputs{in, "w_" + gate};
    if (with_bias) inputs.push_back("b_" + gate);
    writer.node("Gemm", std::move(inputs), {out}, {{.name = "transB", .integer = 1}});
  };
  for (int step = 0; step < steps; ++step) {
    const std::string k = std::to_string(step);
    product("x", "ih", "i" + k);
    product("state" + k, "hh", "h_" + k);
    writer.node("Add", {"h_" + k, "i" + k}, {"sum" + k});
    writer.node("Tanh", {"sum" + k}, {"state" + std::to_string(step + 1)});
  }
  writer.output("state" + std::to_string(steps));
  return writer.import();
}

TEST(OnnxOwnership, WeightsOfAProductThatIsFoldedCountOnceWhereverTheyAreReadAgain) {
  for (const bool with_bias : {true, false}) {
    for (const int steps : {1, 2, 4}) {
      const Graph graph = unrolled_cell(steps, with_bias);
      EXPECT_EQ(parameters(graph), with_bias ? 36.0 : 28.0) << steps;
      double macs = 0.0;
      for (const Node& node : graph.nodes) macs += facts(node.layer).macs;
      EXPECT_EQ(macs, 12.0 * steps + 16.0 * (steps - 1)) << "the first product is of constants";
      EXPECT_TRUE(last_layer(graph).owns_weights);
    }
  }
}

TEST(OnnxOwnership, AConstantNodeOfOneValueIsNoParameterOfANorm) {
  ModelWriter writer;
  writer.input("x", {1, 4, 6, 6});
  for (const auto& [name, value] : {std::pair{"ones", 1.0F}, std::pair{"zeros", 0.0F}})
    writer.node("Constant", {}, {name}, {{.name = "value_floats", .reals = std::vector<float>(4, value)}});
  writer.constant("mean", {4});
  writer.constant("variance", {4});
  writer.constant("scale", {4}, std::vector<double>(4, 1.0));  // of a norm that is not trained yet
  writer.node("InstanceNormalization", {"x", "ones", "zeros"}, {"a"});
  writer.node("InstanceNormalization", {"a", "scale", "zeros"}, {"b"});
  writer.node("BatchNormalization", {"b", "ones", "zeros", "mean", "variance"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(facts(graph.nodes.at(0).layer).params, 0.0);
  EXPECT_EQ(facts(graph.nodes.at(1).layer).params, 4.0);
  EXPECT_EQ(facts(graph.nodes.at(2).layer).params, 0.0);
  EXPECT_GT(facts(graph.nodes.at(2).layer).buffer_bytes, 0.0);
}

TEST(OnnxOwnership, ASlopeForAllChannelsIsAParameter) {
  ModelWriter writer;
  writer.input("x", {1, 4, 6, 6});
  writer.constant("slope", {1, 1, 1});
  writer.node("PRelu", {"x", "slope"}, {"y"});
  writer.output("y");
  EXPECT_EQ(parameters(writer.import()), 1.0);
}

TEST(OnnxOwnership, AWeightThatIsComputedAtRunTimeBelongsToTheLayerThatComputesIt) {
  ModelWriter writer;
  writer.input("x", {1, 4, 8, 8});
  writer.input("code", {1, 2});
  writer.constant("w", {2, 36});
  writer.constant("shape", {4}, std::vector<double>{4, 1, 3, 3}, kInt64);
  writer.node("MatMul", {"code", "w"}, {"kernels"});
  writer.node("Reshape", {"kernels", "shape"}, {"k"});
  writer.node("Conv", {"x", "k"}, {"y"}, {{.name = "group", .integer = 4}});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(parameters(graph), 72.0);
  EXPECT_EQ(work(last_layer(graph)).macs, 4.0 * 9.0 * 36.0);
}

TEST(OnnxOwnership, ZerosThatExportersWriteForNoBiasAreNone) {
  for (const float value : {0.0F, 1.0F}) {
    ModelWriter writer;
    writer.input("x", {1, 6});
    writer.constant("w", {6, 7});
    writer.node("Constant", {}, {"b"}, {{.name = "value_floats", .reals = std::vector<float>(7, value)}});
    writer.node("Gemm", {"x", "w", "b"}, {"y"});
    writer.output("y");
    EXPECT_EQ(std::get<Linear<>>(last_layer(writer.import()).dims).bias, value);
  }
}

TEST(OnnxCustom, OwnsTheWeightsThatItReadsOnce) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("big", {10, 10});
  writer.constant("packed", {5, 5}, {}, 2);
  writer.constant("axes", {2}, zeros(2), kInt64);
  writer.node("Swirl", {"x", "big", "packed", "axes"}, {"a"}).domain = "acme";
  writer.node("Swirl", {"a", "big"}, {"y"}).domain = "acme";
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(std::get<Custom<>>(graph.nodes.at(0).layer.dims).parameters, 125.0);
  EXPECT_EQ(std::get<Custom<>>(graph.nodes.at(1).layer.dims).parameters, 0.0);
  EXPECT_EQ(graph.nodes.at(0).layer.custom_reason, "");
}

TEST(OnnxCustom, AKnownOperatorSaysWhyItIsNotModelled) {
  ModelWriter writer;
  writer.input("x", {1, 4, 8, 8});
  writer.input("target", {2}, kInt64);
  writer.constant("w", {4, 4, 1, 1});
  writer.node("Swirl", {"x"}, {"a"});
  writer.node("Conv", {"a", "w"}, {"b"});
  writer.node("Reshape", {"x", "target"}, {"c"});
  writer.constant("flat", {2}, std::vector<double>{0.0, -1.0}, kInt64);
  writer.node("Reshape", {"a", "flat"}, {"d"});
  for (const char* name : {"b", "c", "d"}) writer.output(name);
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.at(1).layer.custom_op, "Conv");
  EXPECT_EQ(graph.nodes.at(1).layer.custom_reason, "Conv: the shape of operand 0 is not known since 'Swirl_0 (Swirl)'");
  EXPECT_EQ(std::get<Custom<>>(graph.nodes.at(1).layer.dims).parameters, 16.0);
  EXPECT_EQ(graph.nodes.at(2).layer.custom_reason, "Reshape: its target shape is computed at run time");
  EXPECT_EQ(graph.nodes.at(3).layer.custom_reason,
            "Reshape: the shape of operand 0 is not known since 'Swirl_0 (Swirl)'");
}

// An unknown operator with a stated output shape, on an input with a fixed batch.
ModelWriter stated_shape() {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.node("Swirl", {"x"}, {"a"}).domain = "acme";
  writer.node("Relu", {"a"}, {"y"});
  writer.value_info("a", {1, 6});
  writer.output("y");
  return writer;
}

TEST(OnnxCustom, StatedShapesDoNotOutliveTheInputShapesTheyWereInferredFrom) {
  const auto is_told = [](const Graph& graph) {
    return std::any_of(graph.notes.begin(), graph.notes.end(),
                       [](const std::string& note) { return note.find("an option changed") != std::string::npos; });
  };
  const Graph same = stated_shape().import({.batch = 1.0, .input_shapes = {}});
  EXPECT_EQ(same.nodes.at(1).layer.op, Op::relu);
  EXPECT_FALSE(is_told(same));
  for (const OnnxOptions& options :
       {OnnxOptions{.batch = 3.0, .input_shapes = {}}, OnnxOptions{.batch = {}, .input_shapes = {{"x", {3.0, 4.0}}}}}) {
    const Graph changed = stated_shape().import(options);
    EXPECT_EQ(changed.nodes.at(1).layer.custom_reason,
              "Relu: the shape of operand 0 is not known since 'Swirl_0 (Swirl)'");
    EXPECT_FALSE(changed.tensors.at(changed.outputs.at(0)).known_shape);
    EXPECT_TRUE(is_told(changed));
  }
}

// The bias belongs to the linear layer that it is merged into, whoever adds it again.
TEST(OnnxOwnership, ABiasThatALinearLayerHasIsNobodyElses) {
  ModelWriter writer;
  writer.input("x", {3, 8});
  writer.constant("w", {8, 8});
  writer.constant("b", {8});
  writer.node("MatMul", {"x", "w"}, {"product"});
  writer.node("Add", {"product", "b"}, {"sum"});
  writer.node("Relu", {"sum"}, {"clamped"});
  writer.node("Add", {"clamped", "b"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(work(graph.nodes.front().layer).biases, 8.0);
  EXPECT_EQ(parameters(graph), 72.0);
}

}  // namespace
}  // namespace hwcost
