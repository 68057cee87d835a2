// Quantised ONNX files in the arrangements that exporters write.
#include <gtest/gtest.h>

#include <algorithm>

#include "hwcost/import/onnx.hpp"
#include "support/onnx_layers.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::error_of;
using test::layer;
using test::ModelWriter;
using test::OnnxNode;
using test::widths;

constexpr int kFloat = 1;
constexpr int kUint8 = 2;
constexpr int kInt8 = 3;
constexpr int kInt32 = 6;
constexpr int kInt64 = 7;
constexpr int kInt4 = 22;
const std::string kMicrosoft = "com.microsoft";

std::vector<double> some(std::size_t count, double value = 1.0) { return std::vector<double>(count, value); }

// x -> Q -> DQ -> "xq", with a scale "s" and an 8-bit zero point "z".
ModelWriter quantized_input(const test::Extents& shape) {
  ModelWriter writer;
  writer.opset = 21;
  writer.input("x", shape);
  writer.constant("s", {}, some(1));
  writer.constant("z", {}, some(1, 0.0), kInt8);
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"});
  writer.node("DequantizeLinear", {"xi", "s", "z"}, {"xq"});
  return writer;
}

TEST(OnnxQuantization, WeightsStoredAsIntegersKeepTheirWidthThroughTransposeAndReshape) {
  ModelWriter writer = quantized_input({1, 8});
  writer.constant("w", {2, 2, 8}, {}, kInt8);
  writer.constant("scales", {2}, some(2));
  writer.constant("zeros", {2}, some(2, 0.0), kInt8);
  writer.constant("flat", {2}, std::vector<double>{4.0, 8.0}, kInt64);
  writer.node("DequantizeLinear", {"w", "scales", "zeros"}, {"wd"}, {{.name = "axis", .integer = 0}});
  writer.node("Reshape", {"wd", "flat"}, {"wr"});
  writer.node("Transpose", {"wr"}, {"wt"});
  writer.node("MatMul", {"xq", "wt"}, {"y"}).name = "fc";
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(widths(layer(graph, "fc")), "8 8 f32 32");
}

// torch 1.13 casts what it quantised to the type that it has.
TEST(OnnxQuantization, ACastToTheSameTypeIsNoLayerAndKeepsTheWidth) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("s", {}, some(1));
  writer.constant("z", {}, some(1, 0.0), kUint8);
  writer.constant("w", {8, 4});
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"});
  writer.node("Cast", {"xi"}, {"xc"}, {{.name = "to", .integer = kUint8}});
  writer.node("DequantizeLinear", {"xc", "s", "z"}, {"xd"});
  writer.node("Cast", {"xd"}, {"xq"}, {{.name = "to", .integer = kFloat}});
  writer.node("MatMul", {"xq", "w"}, {"m"}).name = "fc";
  writer.node("Cast", {"m"}, {"y"}, {{.name = "to", .integer = kInt32}}).name = "round";
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(layer(graph, "fc").precision.input, integer(8));
  EXPECT_EQ(layer(graph, "round").op, Op::cast);
}

TEST(OnnxQuantization, APartOfAQuantisedWeightHasItsWidth) {
  ModelWriter writer = quantized_input({1, 8});
  writer.constant("w", {8, 6}, {}, kInt4);
  writer.constant("begin", {1}, std::vector<double>{2.0}, kInt64);
  writer.constant("end", {1}, std::vector<double>{4.0}, kInt64);
  writer.constant("axis", {1}, std::vector<double>{1.0}, kInt64);
  writer.node("DequantizeLinear", {"w", "s"}, {"wd"});
  writer.node("Slice", {"wd", "begin", "end", "axis"}, {"part"});
  writer.node("MatMul", {"xq", "part"}, {"y"}).name = "fc";
  writer.output("y");
  EXPECT_EQ(widths(layer(writer.import(), "fc")), "8 4 f32 32");
}

TEST(OnnxQuantization, FloatWeightsBehindAPairOfQuantisersAreIntegers) {
  ModelWriter writer = quantized_input({1, 3, 8, 8});
  writer.constant("w", {4, 3, 3, 3});
  writer.constant("b", {4});
  writer.constant("scales", {4}, some(4));
  writer.constant("zeros", {4}, some(4, 0.0), kInt8);
  writer.constant("bias_zeros", {4}, some(4, 0.0), kInt32);
  writer.node("QuantizeLinear", {"w", "scales", "zeros"}, {"wi"}, {{.name = "axis", .integer = 0}});
  writer.node("DequantizeLinear", {"wi", "scales", "zeros"}, {"wq"}, {{.name = "axis", .integer = 0}});
  writer.node("QuantizeLinear", {"b", "scales", "bias_zeros"}, {"bi"}, {{.name = "axis", .integer = 0}});
  writer.node("DequantizeLinear", {"bi", "scales", "bias_zeros"}, {"bq"}, {{.name = "axis", .integer = 0}});
  writer.node("Conv", {"xq", "wq", "bq"}, {"a"}).name = "conv";
  writer.node("Relu", {"a"}, {"r"}).name = "relu";
  writer.node("QuantizeLinear", {"r", "s", "z"}, {"ri"});
  writer.node("DequantizeLinear", {"ri", "s", "z"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(widths(layer(graph, "conv")), "8 8 8 32");
  EXPECT_TRUE(graph.nodes[1].fused_into);
}

TEST(OnnxQuantization, TheTypeComesFromAZeroPointThatIsComputedFromConstants) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("s", {}, some(1));
  writer.constant("scalar", {0}, std::vector<double>{}, kInt64);
  writer.node("ConstantOfShape", {"scalar"}, {"zero"});
  writer.node("Cast", {"zero"}, {"z"}, {{.name = "to", .integer = 5}});  // int16
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"});
  writer.node("DequantizeLinear", {"xi", "s", "z"}, {"xq"});
  writer.node("Sigmoid", {"xq"}, {"y"}).name = "sigmoid";
  writer.output("y");
  EXPECT_EQ(layer(writer.import(), "sigmoid").precision.input, integer(16.0));
}

TEST(OnnxQuantization, WithoutAZeroPointTheTypeIsTheOneStatedOrUint8) {
  const auto input_width = [](std::vector<test::OnnxAttribute> attributes) {
    ModelWriter writer;
    writer.opset = 21;
    writer.input("x", {1, 4});
    writer.constant("s", {}, some(1));
    writer.node("QuantizeLinear", {"x", "s"}, {"xi"}, std::move(attributes));
    writer.node("DequantizeLinear", {"xi", "s"}, {"xq"});
    writer.node("Sigmoid", {"xq"}, {"y"}).name = "sigmoid";
    writer.output("y");
    return to_text(layer(writer.import(), "sigmoid").precision.input);
  };
  EXPECT_EQ(input_width({}), "8");
  EXPECT_EQ(input_width({{.name = "output_dtype", .integer = 4}}), "16");
  EXPECT_EQ(input_width({{.name = "output_dtype", .integer = kInt4}}), "4");
  EXPECT_EQ(input_width({{.name = "output_dtype", .integer = 26}}), "2");
  EXPECT_EQ(input_width({{.name = "output_dtype", .integer = 17}}), "f8");
  EXPECT_EQ(input_width({{.name = "output_dtype", .integer = 20}}), "f8");
  EXPECT_EQ(input_width({{.name = "output_dtype", .integer = 23}}), "f4");
}

ModelWriter weights_by_scales(const test::Extents& scales, std::vector<test::OnnxAttribute> attributes) {
  ModelWriter writer = quantized_input({1, 64});
  writer.constant("w", {64, 6}, {}, kInt4);
  writer.constant("scales", scales);
  writer.node("DequantizeLinear", {"w", "scales"}, {"wd"}, std::move(attributes)).name = "dq";
  writer.node("MatMul", {"xq", "wd"}, {"y"}).name = "fc";
  writer.output("y");
  return writer;
}

TEST(OnnxQuantization, BlocksOfWeightsHaveTheWidthOfTheirTypeAndTheirScalesAreNoted) {
  const Graph graph =
      weights_by_scales({2, 6}, {{.name = "axis", .integer = 0}, {.name = "block_size", .integer = 32}}).import();
  EXPECT_EQ(widths(layer(graph, "fc")), "8 4 f32 32");
  const auto names_scales = [](const std::string& note) { return note.find("12 scales") != std::string::npos; };
  EXPECT_TRUE(std::any_of(graph.notes.begin(), graph.notes.end(), names_scales));
}

TEST(OnnxQuantization, ScalesThatDoNotFitTheirValueAreAnError) {
  EXPECT_EQ(error_of(weights_by_scales({5}, {{.name = "axis", .integer = 1}})),
            "test.onnx: node dq: error: its scales have shape [5], its operand [64, 6]");
  EXPECT_EQ(
      error_of(weights_by_scales({3, 6}, {{.name = "axis", .integer = 0}, {.name = "block_size", .integer = 32}})),
      "test.onnx: node dq: error: its scales have shape [3, 6], its operand [64, 6]");
  EXPECT_EQ(error_of(weights_by_scales({6}, {{.name = "axis", .integer = 2}})),
            "test.onnx: node dq: error: axis 2 is outside a tensor of rank 2");
}

std::string width_behind_clip(double low, double high, int type) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("s", {}, some(1));
  writer.constant("z", {}, some(1, 0.0), type);
  writer.constant("low", {}, some(1, low), type);
  writer.constant("high", {}, some(1, high), type);
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"});
  writer.node("Clip", {"xi", "low", "high"}, {"xc"});
  writer.node("DequantizeLinear", {"xc", "s", "z"}, {"xq"});
  writer.node("Sigmoid", {"xq"}, {"y"}).name = "sigmoid";
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.tensors.at(graph.inputs.at(0)).format, graph.nodes.at(0).layer.precision.input);
  return to_text(graph.nodes.at(0).layer.precision.input);
}

TEST(OnnxQuantization, AClipBehindAQuantiserSaysTheWidthThatItsRangeNeeds) {
  EXPECT_EQ(width_behind_clip(-8.0, 7.0, kInt8), "4");
  EXPECT_EQ(width_behind_clip(-7.0, 7.0, kInt8), "4");
  EXPECT_EQ(width_behind_clip(0.0, 3.0, kUint8), "2");
  EXPECT_EQ(width_behind_clip(-1.0, 1.0, kInt8), "2");
}

TEST(OnnxQuantization, ARangeReducedByOneBitIsStoredAtFullWidth) {
  EXPECT_EQ(width_behind_clip(0.0, 127.0, kUint8), "8");
  EXPECT_EQ(width_behind_clip(-64.0, 63.0, kInt8), "8");
}

TEST(OnnxQuantization, AClipTakesNoOtherQuantisersWidthAway) {
  ModelWriter writer;
  writer.opset = 21;
  writer.input("a", {1, 4});
  writer.constant("s", {}, some(1));
  writer.constant("byte", {}, some(1, 0.0), kInt8);
  writer.constant("word", {}, some(1, 0.0), kInt32);
  writer.constant("low", {}, some(1, -8.0), kInt8);
  writer.constant("high", {}, some(1, 7.0), kInt8);
  writer.node("Relu", {"a"}, {"x"});
  writer.node("QuantizeLinear", {"x", "s", "byte"}, {"narrow"});
  writer.node("QuantizeLinear", {"x", "s", "word"}, {"wide"});
  writer.node("Clip", {"narrow", "low", "high"}, {"clipped"});
  writer.node("DequantizeLinear", {"clipped", "s", "byte"}, {"left"});
  writer.node("DequantizeLinear", {"wide", "s", "word"}, {"right"});
  writer.node("Add", {"left", "right"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(to_text(graph.nodes.at(0).layer.precision.output), "32") << "the widest of 4 and 32 bits";
}

TEST(OnnxQuantization, AClipLeavesItsQuantiserToOthersThatReadItUnderAnotherName) {
  ModelWriter writer;
  writer.input("a", {1, 4});
  writer.constant("s", {}, some(1));
  writer.constant("z", {}, some(1, 0.0), kInt8);
  writer.constant("low", {}, some(1, -8.0), kInt8);
  writer.constant("high", {}, some(1, 7.0), kInt8);
  writer.node("Relu", {"a"}, {"x"});
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"});
  writer.node("Cast", {"xi"}, {"same"}, {{.name = "to", .integer = kInt8}});
  writer.node("Clip", {"same", "low", "high"}, {"clipped"});
  writer.node("DequantizeLinear", {"clipped", "s", "z"}, {"left"});
  writer.node("DequantizeLinear", {"xi", "s", "z"}, {"right"});
  writer.node("Add", {"left", "right"}, {"y"});
  writer.output("y");
  EXPECT_EQ(to_text(writer.import().nodes.at(0).layer.precision.output), "8");
}

TEST(OnnxQuantization, AClipInALoopMayFollowAQuantiserOfAValueThatNoLayerWrites) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, 9);
  step.input("state", {4});
  step.constant("s", {}, some(1));
  step.constant("z", {}, some(1, 0.0), kInt8);
  step.constant("low", {}, some(1, -8.0), kInt8);
  step.constant("high", {}, some(1, 7.0), kInt8);
  step.node("QuantizeLinear", {"state", "s", "z"}, {"si"});
  step.node("Clip", {"si", "low", "high"}, {"sc"});
  step.node("DequantizeLinear", {"sc", "s", "z"}, {"sq"});
  step.node("Add", {"sq", "xd"}, {"next"});
  step.output("go");
  step.output("next");
  ModelWriter writer;
  writer.input("x", {4});
  writer.constant("M", {}, some(1, 3.0), kInt64);
  writer.constant("zeros", {4}, some(4, 0.0));
  writer.constant("one", {}, some(1));
  writer.constant("word", {}, some(1, 0.0), kInt32);
  writer.node("QuantizeLinear", {"x", "one", "word"}, {"xi"});
  writer.node("DequantizeLinear", {"xi", "one", "word"}, {"xd"});
  writer.node("Loop", {"M", "", "zeros"}, {"y"}, {{.name = "body", .graph = step.graph()}});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(to_text(graph.tensors.at(graph.inputs.at(0)).format), "32") << "it loses no quantiser to the Clip";
}

TEST(OnnxQuantization, DynamicQuantisationIsAQuantiserAndTheLayerWithoutItsScalings) {
  ModelWriter writer;
  writer.input("x", {2, 16});
  writer.constant("w", {16, 4}, {}, kInt8);
  writer.constant("w_scale", {4}, some(4));
  writer.constant("w_zero", {}, some(1, 0.0), kInt8);
  writer.constant("b", {4});
  writer.node("DynamicQuantizeLinear", {"x"}, {"xq", "x_scale", "x_zero"}).name = "quantizer";
  writer.node("MatMulInteger", {"xq", "w", "x_zero", "w_zero"}, {"sums"}).name = "fc";
  writer.node("Cast", {"sums"}, {"floats"}, {{.name = "to", .integer = kFloat}});
  writer.node("Mul", {"x_scale", "w_scale"}, {"scale"});
  writer.node("Mul", {"floats", "scale"}, {"product"});
  writer.node("Add", {"product", "b"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].layer.op, Op::quantize);
  EXPECT_EQ(widths(layer(graph, "fc")), "8 8 32 32");
  EXPECT_EQ(std::get<Linear<>>(layer(graph, "fc").dims).bias, 1.0);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).name, "y");
}

TEST(OnnxQuantization, AnIntegerConvolutionIsDequantisedByItsScales) {
  ModelWriter writer;
  writer.input("x", {1, 3, 8, 8});
  writer.constant("w", {4, 3, 3, 3}, {}, kInt8);
  writer.constant("w_scale", {}, some(1));
  writer.node("DynamicQuantizeLinear", {"x"}, {"xq", "x_scale", "x_zero"});
  writer.node("ConvInteger", {"xq", "w", "x_zero"}, {"sums"}).name = "conv";
  writer.node("Cast", {"sums"}, {"floats"}, {{.name = "to", .integer = kFloat}});
  writer.node("Mul", {"w_scale", "x_scale"}, {"scale"});
  writer.node("Mul", {"scale", "floats"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(widths(layer(graph, "conv")), "8 8 32 32");
}

TEST(OnnxQuantization, OperatorsThatDequantiseTheirOperandsHaveTheirTypesWidths) {
  ModelWriter writer;
  writer.input("x", {1, 4, 4, 4}, kUint8);
  writer.constant("s", {}, some(1));
  writer.constant("z", {}, some(1, 0.0), kUint8);
  const auto add = [&](const std::string& type, std::vector<std::string> inputs, const std::string& output,
                       std::vector<test::OnnxAttribute> attributes = {}) {
    OnnxNode& node = writer.node(type, std::move(inputs), {output}, std::move(attributes));
    node.domain = kMicrosoft;
    node.name = output;
  };
  add("QLinearLeakyRelu", {"x", "s", "z", "s", "z"}, "leaky");
  add("QLinearSigmoid", {"leaky", "s", "z", "s", "z"}, "sigmoid");
  add("QLinearConcat", {"s", "z", "leaky", "s", "z", "sigmoid", "s", "z"}, "joined", {{.name = "axis", .integer = 1}});
  add("QLinearAveragePool", {"joined", "s", "z", "s", "z"}, "pooled",
      {{.name = "kernel_shape", .integers = test::Extents{2, 2}},
       {.name = "strides", .integers = test::Extents{2, 2}}});
  add("QLinearGlobalAveragePool", {"pooled", "s", "z", "s", "z"}, "global");
  writer.node("Flatten", {"global"}, {"flat"});
  writer.constant("w", {10, 8}, {}, kInt8);
  writer.constant("b", {10}, {}, kInt32);
  writer.constant("wz", {}, some(1, 0.0), kInt8);
  add("QGemm", {"flat", "s", "z", "w", "s", "wz", "b", "s", "z"}, "fc", {{.name = "transB", .integer = 1}});
  add("QLinearSoftmax", {"fc", "s", "z", "s", "z"}, "y", {{.name = "opset", .integer = 13}});
  writer.output("y");
  const Graph graph = writer.import();
  for (const Node& node : graph.nodes) {
    EXPECT_NE(node.layer.op, Op::custom) << node.layer.custom_reason;
    EXPECT_EQ(node.layer.precision.input, integer(8.0)) << node.layer.name;
    EXPECT_EQ(node.layer.precision.output, integer(8.0)) << node.layer.name;
  }
  EXPECT_EQ(graph.tensors.at(graph.nodes.at(2).outputs.at(0)).shape, (std::vector<double>{1.0, 8.0, 4.0, 4.0}));
  EXPECT_EQ(widths(layer(graph, "fc")), "8 8 8 32");
  EXPECT_EQ(std::get<Linear<>>(layer(graph, "fc").dims).bias, 1.0);
}

TEST(OnnxQuantization, PackedWeightsHaveTheWidthOfTheirAttribute) {
  ModelWriter writer;
  writer.input("x", {1, 7, 64});
  writer.constant("w", {12, 2, 16}, {}, kUint8);
  writer.constant("scales", {24});
  OnnxNode& node = writer.node("MatMulNBits", {"x", "w", "scales"}, {"y"},
                               {{.name = "K", .integer = 64},
                                {.name = "N", .integer = 12},
                                {.name = "bits", .integer = 4},
                                {.name = "block_size", .integer = 32}});
  node.name = "fc";
  node.domain = kMicrosoft;
  writer.output("y");
  const Graph graph = writer.import();
  const auto& dims = std::get<Linear<>>(layer(graph, "fc").dims);
  EXPECT_EQ(widths(layer(graph, "fc")), "f32 4 f32 32");
  EXPECT_EQ(dims.tokens, 7.0);
  EXPECT_EQ(dims.in_channels, 64.0);
  EXPECT_EQ(dims.out_channels, 12.0);
}

TEST(OnnxQuantization, ScalesAndZeroPointsThatWereTakenOutOfTheFileAreNoActivations) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.input("s", {1});
  writer.input("z", {1}, kInt8);
  writer.input("w", {8, 4}, kInt8);
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"});
  writer.node("DequantizeLinear", {"xi", "s", "z"}, {"xq"});
  writer.node("DequantizeLinear", {"w", "s", "z"}, {"wd"});
  writer.node("MatMul", {"xq", "wd"}, {"y"}).name = "fc";
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.inputs.size(), 1U);
  EXPECT_EQ(widths(layer(graph, "fc")), "8 8 f32 32");
}

TEST(OnnxQuantization, AQuantiserOfTheNetworksInputIsNotedAsConversionThatNobodyPrices) {
  ModelWriter writer = quantized_input({1, 4});
  writer.node("Sigmoid", {"xq"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.notes, (std::vector<std::string>{
                             "input 'x' is counted at the 8 bits of its quantiser, whose work on f32 nobody prices"}));
}

// Bit widths that are operands.

ModelWriter qonnx(const std::string& type, std::vector<std::string> operands) {
  ModelWriter writer;
  writer.input("x", {1, 2, 4, 4});
  writer.constant("w", {4, 2, 1, 1});
  writer.constant("scale", {}, some(1));
  writer.constant("zero", {}, some(1, 0.0));
  OnnxNode& node = writer.node(type, std::move(operands), {"wq"});
  node.domain = "qonnx.custom_op.general";
  node.name = "quant";
  writer.node("Conv", {"x", "wq"}, {"y"}).name = "conv";
  writer.output("y");
  return writer;
}

ModelWriter quant(const test::Extents& shape, std::vector<double> bits) {
  ModelWriter writer = qonnx("Quant", {"w", "scale", "zero", "bits"});
  writer.constant("bits", shape, std::move(bits));
  return writer;
}

TEST(OnnxQonnx, OneBitWidthMayHaveAnyShapeOfOneElement) {
  for (const test::Extents& shape : {test::Extents{}, test::Extents{1}, test::Extents{1, 1, 1, 1}}) {
    EXPECT_EQ(layer(quant(shape, {3.0}).import(), "conv").precision.weight.uniform, integer(3.0));
  }
}

TEST(OnnxQonnx, AFractionalBitWidthIsOneError) {
  EXPECT_EQ(error_of(quant({}, {3.5})),
            "test.onnx: node quant: error: its bit width is 3.5, wanted a whole number from 0 to 64");
}

TEST(OnnxQonnx, BitWidthsThatDoNotFitTheChannelsAreOneError) {
  for (const std::vector<double>& bits : {std::vector<double>{2, 3, 4}, std::vector<double>{4, 4, 4}}) {
    EXPECT_EQ(
        error_of(quant({3, 1, 1, 1}, bits)),
        "test.onnx: node quant: error: its bit widths have shape [3, 1, 1, 1], its input [4, 2, 1, 1]: wanted one "
        "for all or one for each channel");
  }
}

TEST(OnnxQonnx, TruncReadsItsOutputWidthInBothVersions) {
  ModelWriter first = qonnx("Trunc", {"w", "scale", "zero", "in_bits", "out_bits"});
  ModelWriter second = qonnx("Trunc", {"w", "scale", "zero", "in_bits", "scale", "out_bits"});
  for (ModelWriter* writer : {&first, &second}) {
    writer->constant("in_bits", {}, some(1, 8.0));
    writer->constant("out_bits", {}, some(1, 5.0));
    EXPECT_EQ(layer(writer->import(), "conv").precision.weight.uniform, integer(5.0));
  }
}

TEST(OnnxQonnx, FloatQuantIsAFloatOfItsParts) {
  ModelWriter writer = qonnx("FloatQuant", {"w", "scale", "exponent", "mantissa", "bias", "largest"});
  writer.constant("exponent", {}, some(1, 4.0));
  writer.constant("mantissa", {}, some(1, 3.0));
  writer.constant("bias", {}, some(1, 7.0));
  writer.constant("largest", {}, some(1, 448.0));
  EXPECT_EQ(to_text(layer(writer.import(), "conv").precision.weight.uniform), "f8");
}

TEST(OnnxQonnx, WidthsOfChannelsFollowTheirAxisThroughATranspose) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("w", {4, 2, 4});
  writer.constant("scale", {}, some(1));
  writer.constant("zero", {}, some(1, 0.0));
  writer.constant("bits", {4, 1, 1}, std::vector<double>{8.0, 4.0, 2.0, 4.0});
  writer.constant("matrix", {2}, std::vector<double>{4.0, 8.0}, kInt64);
  writer.node("Quant", {"w", "scale", "zero", "bits"}, {"wq"}).domain = "qonnx.custom_op.general";
  writer.node("Reshape", {"wq", "matrix"}, {"wm"});
  writer.node("Transpose", {"wm"}, {"wt"}, {{.name = "perm", .integers = test::Extents{1, 0}}});
  writer.node("MatMul", {"x", "wt"}, {"y"}).name = "fc";
  writer.output("y");
  EXPECT_EQ(layer(writer.import(), "fc").precision.weight.by_channel, (std::vector<double>{8.0, 4.0, 2.0, 4.0}));
}

}  // namespace
}  // namespace hwcost
