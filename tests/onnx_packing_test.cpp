// Zero points, packed weights and onnxruntime's quantised operators: what fits, and what is refused.
#include <gtest/gtest.h>

#include "support/onnx_graphs.hpp"

namespace hwcost {
namespace {

using test::Extents;
using test::fault_of;
using test::ModelWriter;
using test::number;
using test::OnnxAttribute;
using test::OnnxNode;
using Out = std::vector<double>;

constexpr int kFloat = 1;
constexpr int kUint8 = 2;
constexpr int kInt8 = 3;
constexpr int kInt32 = 6;
constexpr int kInt64 = 7;
constexpr int kBool = 9;
constexpr const char* kMicrosoft = "com.microsoft";

Out elements_of(const Extents& shape) {
  double count = 1.0;
  for (const std::int64_t extent : shape) count *= static_cast<double>(extent);
  return Out(static_cast<std::size_t>(count), 0.0);
}

// x through QuantizeLinear and DequantizeLinear along axis 1, with scales and zero points of these shapes and types.
ModelWriter quantised(const Extents& scales, const Extents& zeros, int type, int second_type) {
  ModelWriter writer;
  writer.input("x", {1, 3, 8});
  writer.constant("s", scales, elements_of(scales));
  writer.constant("z", zeros, elements_of(zeros), type);
  writer.constant("z2", zeros, elements_of(zeros), second_type);
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"q"}).name = "quantise";
  writer.node("DequantizeLinear", {"q", "s", "z2"}, {"y"}).name = "dequantise";
  writer.output("y");
  return writer;
}

TEST(OnnxZeroPoints, HaveTheShapeOfTheirScale) {
  EXPECT_EQ(fault_of(quantised({3}, {3}, kInt8, kInt8)), "none");
  EXPECT_EQ(fault_of(quantised({}, {1}, kInt8, kInt8)), "none") << "one element is one element";
  EXPECT_EQ(fault_of(quantised({3}, {}, kInt8, kInt8)),
            "test.onnx: node quantise: error: its zero point has shape [], its scale [3]");
  EXPECT_EQ(fault_of(quantised({}, {2}, kInt8, kInt8)),
            "test.onnx: node quantise: error: its zero point has shape [2], its scale []");
}

TEST(OnnxZeroPoints, HaveATypeThatQuantisersWriteAndTheirOperandHas) {
  EXPECT_EQ(
      fault_of(quantised({}, {}, kFloat, kFloat)),
      "test.onnx: node quantise: error: quantises to element type 1, wanted integers of at most 32 bits or floats "
      "of at most 8");
  EXPECT_NE(fault_of(quantised({}, {}, kInt64, kInt64)).find("quantises to element type 7"), std::string::npos);
  EXPECT_EQ(fault_of(quantised({}, {}, kInt8, kUint8)),
            "test.onnx: node dequantise: error: its zero point (operand 2) has element type 2, its operand 3");
}

// An integer convolution or product on weights of 4 channels, with a zero point of the weights.
ModelWriter integer_product(const std::string& type, const Extents& zeros, int zero_type) {
  const bool is_product = type == "MatMulInteger";
  ModelWriter writer;
  writer.input("x", is_product ? Extents{2, 3} : Extents{1, 3, 8, 8}, kUint8);
  writer.constant("w", is_product ? Extents{3, 4} : Extents{4, 3, 1, 1}, {}, kInt8);
  writer.constant("xz", {}, Out{0.0}, kUint8);
  writer.constant("wz", zeros, elements_of(zeros), zero_type);
  writer.node(type, {"x", "w", "xz", "wz"}, {"y"}).name = "product";
  writer.output("y");
  return writer;
}

TEST(OnnxZeroPoints, OfIntegerProductsAreOneOrOneAChannel) {
  for (const std::string type : {"ConvInteger", "MatMulInteger"}) {
    EXPECT_EQ(fault_of(integer_product(type, {}, kInt8)), "none");
    EXPECT_EQ(fault_of(integer_product(type, {4}, kInt8)), "none");
    EXPECT_NE(fault_of(integer_product(type, {5}, kInt8)).find("its zero point (operand 3) has shape [5], its operand"),
              std::string::npos);
    EXPECT_NE(fault_of(integer_product(type, {}, kUint8)).find("has element type 2, its operand 3"), std::string::npos);
  }
}

ModelWriter packed_product(const Extents& weights, std::int64_t scales, const Extents& zeros, std::int64_t bits) {
  ModelWriter writer;
  writer.input("x", {1, 7, 70});
  writer.constant("w", weights, {}, kUint8);
  writer.constant("s", {scales});
  writer.constant("z", zeros, {}, kUint8);
  OnnxNode& node = writer.node("MatMulNBits", {"x", "w", "s", "z"}, {"y"},
                               {number("K", 70), number("N", 12), number("bits", bits), number("block_size", 32)});
  node.name = "fc";
  node.domain = kMicrosoft;
  writer.output("y");
  return writer;
}

TEST(OnnxPacking, BlocksOfWeightsHoldWhatTheAttributesSay) {
  EXPECT_EQ(fault_of(packed_product({12, 3, 16}, 36, {24}, 4)), "none");
  EXPECT_EQ(fault_of(packed_product({12, 3, 32}, 36, {36}, 8)), "none");
  EXPECT_EQ(fault_of(packed_product({12, 3, 16}, 36, {24}, 8)),
            "test.onnx: node fc: error: its weights have shape [12, 3, 16], wanted 1152 elements for K, N, bits and "
            "block_size");
  EXPECT_NE(fault_of(packed_product({12, 2, 16}, 36, {24}, 4)).find("its weights"), std::string::npos);
  EXPECT_NE(fault_of(packed_product({12, 3, 16}, 24, {24}, 4)).find("its scales"), std::string::npos);
  EXPECT_NE(fault_of(packed_product({12, 3, 16}, 36, {25}, 4)).find("its zero points"), std::string::npos);
}

TEST(OnnxPacking, ALongShortTermMemoryMayHaveIntegerWeights) {
  ModelWriter writer;
  writer.input("x", {5, 2, 6});
  writer.constant("w", {1, 6, 32}, {}, kInt8);
  writer.constant("r", {1, 8, 32}, {}, kInt8);
  writer.constant("b", {1, 64});
  OnnxNode& node = writer.node("DynamicQuantizeLSTM", {"x", "w", "r", "b"}, {"y", "h"}, {number("hidden_size", 8)});
  node.domain = kMicrosoft;
  writer.output("y");
  const Graph graph = writer.import();
  const Layer& layer = graph.nodes.at(0).layer;
  EXPECT_EQ(layer.op, Op::lstm);
  EXPECT_EQ(layer.precision.weight, WeightFormat(integer(8.0)));
  EXPECT_EQ(facts(layer).macs, 5.0 * 2 * (6 + 8) * 32);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (Out{5, 1, 2, 8}));
}

TEST(OnnxPacking, AQuantisedSelectionReadsAConditionAndTwoValues) {
  ModelWriter writer;
  writer.input("c", {4, 1}, kBool);
  writer.input("a", {4, 8}, kUint8);
  writer.input("b", {1, 8}, kUint8);
  writer.constant("s", {}, Out{1.0});
  writer.constant("z", {}, Out{0.0}, kUint8);
  writer.node("QLinearWhere", {"c", "a", "s", "z", "b", "s", "z", "s", "z"}, {"y"}).domain = kMicrosoft;
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.at(0).layer.op, Op::where);
  EXPECT_EQ(std::get<Elementwise<>>(graph.nodes[0].layer.dims).operands, 3.0);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (Out{4, 8}));
  EXPECT_EQ(graph.nodes[0].layer.precision.output, integer(8.0));
}

TEST(OnnxPacking, AMixtureOfExpertsIsUnsupportedByNameAndKeepsTheShape) {
  ModelWriter writer;
  writer.input("x", {7, 16});
  writer.input("router", {7, 4});
  writer.constant("fc1", {4, 32, 8}, {}, kUint8);
  writer.node("QMoE", {"x", "router", "fc1"}, {"e"}).domain = kMicrosoft;
  writer.node("Relu", {"e"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.at(0).layer.custom_reason, "QMoE: how its experts are packed is onnxruntime's own");
  EXPECT_EQ(std::get<Custom<>>(graph.nodes[0].layer.dims).parameters, 4.0 * 32 * 8);
  EXPECT_EQ(graph.nodes.at(1).layer.op, Op::relu);
}

// Inputs of the graph that stand where the operator has weights, besides its data.
std::size_t activations_of(const std::string& type, const std::vector<Extents>& inputs,
                           std::vector<OnnxAttribute> attributes = {}, const std::string& domain = "") {
  ModelWriter writer;
  std::vector<std::string> names;
  for (const Extents& shape : inputs) {
    names.push_back("i" + std::to_string(names.size()));
    writer.input(names.back(), shape);
  }
  writer.node(type, names, {"y"}, std::move(attributes)).domain = domain;
  writer.output("y");
  return writer.import().inputs.size();
}

TEST(OnnxRoles, OfFusedAndSampledConvolutionsTheWeightsAreParameters) {
  EXPECT_EQ(activations_of("FusedConv", {{1, 4, 8, 8}, {6, 4, 1, 1}, {6}, {1, 6, 8, 8}}, {}, kMicrosoft), 2U);
  EXPECT_EQ(activations_of("DeformConv", {{1, 4, 8, 8}, {6, 4, 3, 3}, {1, 18, 6, 6}, {6}}), 2U);
}

// Activations of an Einsum of two inputs, beside a product whose weight was taken out of the file.
std::size_t activations_of_einsum(const std::string& equation, const Extents& left, const Extents& right) {
  ModelWriter writer;
  writer.input("a", left);
  writer.input("b", right);
  writer.input("w", {left.back(), 6});
  writer.node("MatMul", {"a", "w"}, {"m"});
  writer.node("Einsum", {"a", "b"}, {"e"}, {{.name = "equation", .text = equation}});
  writer.output("m");
  writer.output("e");
  return writer.import().inputs.size();
}

TEST(OnnxRoles, OfAnEinsumTheSecondOperandIsAWeightBesideOthersUnlessBothHaveABatch) {
  EXPECT_EQ(activations_of_einsum("bsd,dhk->bshk", {2, 5, 8}, {8, 4, 6}), 1U);
  EXPECT_EQ(activations_of_einsum("bid,bjd->bij", {2, 5, 8}, {2, 7, 8}), 2U);
  EXPECT_EQ(activations_of_einsum("...ij,...jk->...ik", {2, 5, 8}, {2, 8, 7}), 2U);
}

TEST(OnnxRoles, InitialStatesAreActivations) {
  ModelWriter writer;
  writer.input("x", {5, 2, 6});
  writer.constant("w", {1, 32, 6});
  writer.constant("r", {1, 32, 8});
  writer.input("h", {1, 2, 8});
  writer.input("c", {1, 2, 8});
  writer.node("LSTM", {"x", "w", "r", "", "", "h", "c"}, {"y"});
  writer.output("y");
  EXPECT_EQ(writer.import().inputs.size(), 3U);
}

// Convolution, division and addition of a constant a channel, batch norm, ReLU: as training with folded norms writes
// it.
Graph scaled_convolution(const Extents& divisor, bool is_read_again = false) {
  ModelWriter writer;
  writer.input("x", {1, 3, 8, 8});
  writer.constant("w", {4, 3, 1, 1});
  writer.constant("d", divisor);
  writer.constant("b", {4, 1, 1});
  for (const std::string name : {"scale", "shift", "mean", "variance"}) writer.constant(name, {4});
  writer.node("Conv", {"x", "w"}, {"c"});
  writer.node("Div", {"c", "d"}, {"divided"});
  writer.node("Add", {"divided", "b"}, {"added"});
  writer.node("BatchNormalization", {"added", "scale", "shift", "mean", "variance"}, {"n"});
  writer.node("Relu", {"n"}, {"y"});
  writer.output("y");
  if (is_read_again) writer.output("divided");
  return writer.import();
}

TEST(OnnxFusion, ScalesAndShiftsOfChannelsGoIntoTheConvolutionWithTheBatchNorm) {
  for (const Extents& divisor : {Extents{1, 4, 1, 1}, Extents{4, 1, 1}, Extents{}}) {
    const Graph graph = scaled_convolution(divisor);
    ASSERT_EQ(graph.nodes.size(), 5U);
    for (NodeId k = 1; k < 5; ++k) EXPECT_EQ(graph.nodes[k].fused_into, NodeId{0}) << k;
    EXPECT_EQ(graph.nodes[0].layer.fused_activation, Op::relu);
  }
}

TEST(OnnxFusion, AScaleOfPositionsStays) {
  const Graph graph = scaled_convolution({8, 8});
  for (NodeId k = 1; k < 5; ++k) EXPECT_FALSE(graph.nodes.at(k).fused_into) << k;
}

TEST(OnnxFusion, AScaleThatOthersReadGoesIntoTheConvolutionAndWhatFollowsStays) {
  const Graph graph = scaled_convolution({4, 1, 1}, true);
  EXPECT_TRUE(graph.nodes.at(1).fused_into);
  for (NodeId k = 2; k < 5; ++k) EXPECT_FALSE(graph.nodes.at(k).fused_into) << k;
}

}  // namespace
}  // namespace hwcost
