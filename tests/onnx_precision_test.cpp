// Widths that quantised ONNX files say.
#include <gtest/gtest.h>

#include "hwcost/import/onnx.hpp"
#include "support/onnx_layers.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::layer;
using test::ModelWriter;
using test::widths;

Graph model(const std::string& file) {
  return import_onnx(std::string(HWCOST_SOURCE_DIR) + "/tests/models/" + file + ".onnx");
}

TEST(OnnxPrecision, QdqModelIsEightBitsThroughout) {
  const Graph graph = model("qdq_int8_op13");
  for (const Node& node : graph.nodes) {
    EXPECT_NE(node.layer.op, Op::quantize);
    EXPECT_NE(node.layer.op, Op::dequantize);
    EXPECT_EQ(widths(node.layer), "8 8 8 32") << node.layer.name;
  }
  for (const Tensor& tensor : graph.tensors) EXPECT_EQ(tensor.format, integer(8.0)) << tensor.name;
}

TEST(OnnxPrecision, NativeInt4WeightsHaveFourBits) {
  EXPECT_EQ(widths(layer(model("qdq_int4_native_op21"), "conv")), "8 4 f32 32");
}

TEST(OnnxPrecision, QuantNodesGiveEveryLayerItsOwnWidths) {
  const Graph graph = model("qonnx_mixed_op13");
  EXPECT_EQ(widths(layer(graph, "conv1")), "8 8 8 32");
  EXPECT_EQ(widths(layer(graph, "dw2")), "8 4 8 32");
  EXPECT_EQ(widths(layer(graph, "pw3")), "8 4 4 32");
  EXPECT_EQ(widths(layer(graph, "conv4")), "4 2 4 32");
  EXPECT_EQ(widths(layer(graph, "fc")), "4 4 f32 32");
}

TEST(OnnxPrecision, AWidthHoldsThroughPoolingAndViews) {
  const Graph graph = model("qonnx_mixed_op13");
  EXPECT_EQ(layer(graph, "gap").precision.input, integer(4.0));
  EXPECT_EQ(layer(graph, "gap").precision.output, integer(4.0));
  EXPECT_EQ(layer(graph, "flat").precision.output, integer(4.0));
}

TEST(OnnxPrecision, FloatModelsStayFloat) {
  for (const Node& node : model("resnet8_op13").nodes) EXPECT_EQ(widths(node.layer), "f32 f32 f32 f32");
}

ModelWriter quantized_weights(std::vector<double> bits, std::vector<std::int64_t> shape) {
  ModelWriter writer;
  writer.input("x", {1, 2, 4, 4});
  writer.constant("w", {4, 2, 1, 1});
  writer.constant("scale", {}, std::vector<double>{1.0});
  writer.constant("zero", {}, std::vector<double>{0.0});
  writer.constant("bits", std::move(shape), std::move(bits));
  writer.node("Quant", {"w", "scale", "zero", "bits"}, {"wq"}).domain = "qonnx.custom_op.general";
  writer.node("Conv", {"x", "wq"}, {"y"}).name = "conv";
  writer.output("y");
  return writer;
}

TEST(OnnxPrecision, AWidthAChannelIsKeptInOrderWithPrunedChannels) {
  const Graph graph = quantized_weights({8.0, 0.0, 2.0, 8.0}, {4, 1, 1, 1}).import();
  const WeightFormat& weight = layer(graph, "conv").precision.weight;
  EXPECT_EQ(weight.by_channel, (std::vector<double>{8.0, 0.0, 2.0, 8.0}));
  EXPECT_EQ(weight.groups, (std::vector<ChannelGroup>{{0.0, 1.0}, {2.0, 1.0}, {8.0, 2.0}}));
}

TEST(OnnxPrecision, OneWidthForAllChannelsIsUniform) {
  const Graph graph = quantized_weights({3.0}, {}).import();
  EXPECT_FALSE(layer(graph, "conv").precision.weight.is_mixed());
  EXPECT_EQ(layer(graph, "conv").precision.weight.uniform, integer(3.0));
}

TEST(OnnxPrecision, AWidthOutOfRangeIsAnError) {
  EXPECT_THROW(quantized_weights({65.0}, {}).import(), InputError);
  EXPECT_THROW(quantized_weights({-1.0, 2.0, 2.0, 2.0}, {4, 1, 1, 1}).import(), InputError);
  EXPECT_THROW(quantized_weights({1.0, 2.0, 3.0}, {3, 1, 1, 1}).import(), InputError);
}

TEST(OnnxPrecision, BipolarWeightsHaveOneBit) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("w", {8, 4});
  writer.constant("scale", {}, std::vector<double>{1.0});
  writer.node("BipolarQuant", {"w", "scale"}, {"wq"}).domain = "qonnx.custom_op.general";
  writer.node("MatMul", {"x", "wq"}, {"y"}).name = "fc";
  writer.output("y");
  EXPECT_EQ(layer(writer.import(), "fc").precision.weight.uniform, integer(1.0));
}

TEST(OnnxPrecision, ATensorThatAFloatLayerReadsTooStaysFloat) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("scale", {}, std::vector<double>{1.0});
  writer.constant("zero", {}, std::vector<double>{0.0}, 2);
  writer.node("Tanh", {"x"}, {"t"}).name = "t";
  writer.node("QuantizeLinear", {"t", "scale", "zero"}, {"q"});
  writer.node("DequantizeLinear", {"q", "scale", "zero"}, {"d"});
  writer.node("Sigmoid", {"d"}, {"y"}).name = "quantized";
  writer.node("Sigmoid", {"t"}, {"z"}).name = "plain";
  writer.output("y");
  writer.output("z");
  const Graph graph = writer.import();
  EXPECT_EQ(layer(graph, "t").precision.output, kFloat32);
  EXPECT_EQ(layer(graph, "quantized").precision.input, integer(8.0));
  EXPECT_EQ(layer(graph, "plain").precision.input, kFloat32);
}

TEST(OnnxPrecision, IntegerOperatorsSayTheirWidthsByTheirTypes) {
  ModelWriter writer;
  writer.input("x", {1, 2, 4, 4}, 2);
  writer.constant("w", {4, 2, 3, 3}, std::nullopt, 3);
  writer.constant("s", {}, std::vector<double>{1.0});
  writer.constant("z", {}, std::vector<double>{0.0}, 2);
  writer.constant("b", {4}, std::nullopt, 6);
  writer.node("QLinearConv", {"x", "s", "z", "w", "s", "wz", "s", "z", "b"}, {"y"}).name = "conv";
  writer.constant("wz", {}, std::vector<double>{0.0}, 3);
  writer.node("ConvInteger", {"y", "w2"}, {"a"}).name = "accumulate";
  writer.constant("w2", {1, 4, 1, 1}, std::nullopt, 3);
  writer.output("a");
  const Graph graph = writer.import();
  EXPECT_EQ(widths(layer(graph, "conv")), "8 8 8 32");
  EXPECT_EQ(widths(layer(graph, "accumulate")), "8 8 32 32");
}

TEST(OnnxPrecision, HalfPrecisionModelsSaySo) {
  ModelWriter writer;
  writer.input("x", {1, 8}, 10);
  writer.constant("w", {8, 4}, std::nullopt, 16);
  writer.node("MatMul", {"x", "w"}, {"y"}).name = "fc";
  writer.output("y");
  EXPECT_EQ(widths(layer(writer.import(), "fc")), "f16 bf16 f16 bf16");
}

}  // namespace
}  // namespace hwcost
