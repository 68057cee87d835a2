// Attention and the fused operators of transformers.
#include <gtest/gtest.h>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::Extents;
using test::ModelWriter;
using test::OnnxAttribute;
using Out = std::vector<double>;

constexpr int kUint8 = 2;
constexpr int kInt8 = 3;
constexpr int kInt64 = 7;

OnnxAttribute number(std::string name, std::int64_t value) { return {.name = std::move(name), .integer = value}; }

double macs(const Graph& graph) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) sum += facts(node.layer).macs;
  return sum;
}
double parameters(const Graph& graph) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) sum += facts(node.layer).params;
  return sum;
}
Out shape_of(const Graph& graph, std::size_t output = 0) { return graph.tensors.at(graph.outputs.at(output)).shape; }
std::vector<Op> ops(const Graph& graph) {
  std::vector<Op> result;
  for (const Node& node : graph.nodes) result.push_back(node.layer.op);
  return result;
}

struct Operand {
  std::string name;  // empty: left out
  Extents shape{};
  int type = 1;
  bool constant = false;
};

Graph run(const std::string& type, const std::vector<Operand>& operands, std::vector<OnnxAttribute> attributes,
          const std::string& domain = "com.microsoft", std::size_t outputs = 1) {
  ModelWriter writer;
  writer.opset = 23;
  std::vector<std::string> names;
  for (const Operand& operand : operands) {
    names.push_back(operand.name);
    if (operand.name.empty()) continue;
    if (operand.constant)
      writer.constant(operand.name, operand.shape, {}, operand.type);
    else
      writer.input(operand.name, operand.shape, operand.type);
  }
  std::vector<std::string> results;
  for (std::size_t k = 0; k < outputs; ++k) results.push_back("y" + std::to_string(k));
  writer.node(type, names, results, std::move(attributes)).domain = domain;
  for (const std::string& result : results) writer.output(result);
  return writer.import();
}

TEST(OnnxAttention, WithAndWithoutAnAxisOfHeads) {
  const Graph four = run("Attention", {{"q", {2, 8, 10, 16}}, {"k", {2, 4, 12, 16}}, {"v", {2, 4, 12, 32}}}, {}, "");
  EXPECT_EQ(macs(four), 2.0 * 8 * 10 * 12 * (16 + 32));
  EXPECT_EQ(shape_of(four), (Out{2, 8, 10, 32}));
  const Graph three = run("Attention", {{"q", {2, 10, 128}}, {"k", {2, 12, 64}}, {"v", {2, 12, 128}}},
                          {number("q_num_heads", 8), number("kv_num_heads", 4)}, "");
  EXPECT_EQ(macs(three), macs(four));
  EXPECT_EQ(shape_of(three), (Out{2, 10, 256}));
}

TEST(OnnxAttention, ThePastLengthensTheKeys) {
  const Graph graph = run("Attention",
                          {{"q", {1, 8, 1, 16}},
                           {"k", {1, 8, 1, 16}},
                           {"v", {1, 8, 1, 16}},
                           {""},
                           {"pk", {1, 8, 31, 16}},
                           {"pv", {1, 8, 31, 16}}},
                          {}, "", 3);
  EXPECT_EQ(macs(graph), 8.0 * 32 * 32);
  EXPECT_EQ(shape_of(graph, 1), (Out{1, 8, 32, 16}));
}

TEST(OnnxAttention, OperandsThatDoNotFitAreAnError) {
  EXPECT_THROW((void)run("Attention", {{"q", {1, 8, 4, 16}}, {"k", {1, 3, 4, 16}}, {"v", {1, 3, 4, 16}}}, {}, ""),
               InputError);
  EXPECT_THROW(
      (void)run("Attention", {{"q", {1, 4, 30}}, {"k", {1, 4, 30}}, {"v", {1, 4, 30}}}, {number("q_num_heads", 4)}, ""),
      InputError);
  EXPECT_THROW((void)run("MultiHeadAttention", {{"q", {1, 4, 32}}, {"k", {1, 4, 32}}, {"v", {1, 4, 32}}}, {}),
               InputError);
}

TEST(OnnxAttention, MultiHeadAttentionAddsItsBiasBefore) {
  const std::vector<Operand> operands{{"q", {2, 10, 64}}, {"k", {2, 12, 64}}, {"v", {2, 12, 64}}};
  const Graph plain = run("MultiHeadAttention", operands, {number("num_heads", 4)});
  EXPECT_EQ(macs(plain), 2.0 * 10 * 12 * 128);
  EXPECT_EQ(shape_of(plain), (Out{2, 10, 64}));
  std::vector<Operand> with_bias = operands;
  with_bias.push_back({"b", {192}, 1, true});
  const Graph biased = run("MultiHeadAttention", with_bias, {number("num_heads", 4)});
  EXPECT_EQ(ops(biased), (std::vector<Op>{Op::add, Op::add, Op::add, Op::attention}));
  EXPECT_EQ(parameters(biased), 192.0);
  EXPECT_EQ(macs(biased), macs(plain));
}

TEST(OnnxAttention, PackedOperandsHoldQueryKeyAndValue) {
  EXPECT_EQ(macs(run("MultiHeadAttention", {{"qkv", {2, 10, 4, 3, 16}}}, {number("num_heads", 4)})),
            2.0 * 10 * 10 * 128);
  const Graph graph =
      run("GroupQueryAttention", {{"qkv", {1, 6, 128}}, {""}, {""}, {"pk", {1, 2, 10, 16}}, {"pv", {1, 2, 10, 16}}},
          {number("num_heads", 4), number("kv_num_heads", 2)}, "com.microsoft", 3);
  EXPECT_EQ(macs(graph), 4.0 * 6 * 16 * 32);
  EXPECT_EQ(shape_of(graph), (Out{1, 6, 64}));
  EXPECT_EQ(shape_of(graph, 1), (Out{1, 2, 16, 16}));
  EXPECT_EQ(graph.nodes.at(0).layer.assumption, "all of its past is counted as filled");
}

TEST(OnnxAttention, TheBiasOfPackedOperandsIsNotCountedAndSaysSo) {
  const std::string said = "the addition of its bias is not counted";
  const Operand bias{"b", {192}, 1, true};
  const std::vector<OnnxAttribute> heads{number("num_heads", 4)};
  const Graph all = run("MultiHeadAttention", {{"qkv", {2, 10, 4, 3, 16}}, {""}, {""}, bias}, heads);
  EXPECT_EQ(all.nodes.at(0).layer.assumption, said);
  const Graph both = run("MultiHeadAttention", {{"q", {2, 10, 64}}, {"kv", {2, 12, 4, 2, 16}}, {""}, bias}, heads);
  EXPECT_EQ(both.nodes.at(0).layer.assumption, said);
  const Graph without = run("MultiHeadAttention", {{"qkv", {2, 10, 4, 3, 16}}}, heads);
  EXPECT_TRUE(without.nodes.at(0).layer.assumption.empty());
}

TEST(OnnxAttention, TheFusedOperatorHasItsProjectionAsALayer) {
  const Graph graph =
      run("Attention", {{"x", {2, 10, 32}}, {"w", {32, 96}, 1, true}, {"b", {96}, 1, true}}, {number("num_heads", 4)});
  EXPECT_EQ(ops(graph), (std::vector<Op>{Op::linear, Op::attention}));
  EXPECT_EQ(macs(graph), 2.0 * 10 * 32 * 96 + 2.0 * 10 * 10 * 64);
  EXPECT_EQ(parameters(graph), 32.0 * 96 + 96);
  EXPECT_EQ(shape_of(graph), (Out{2, 10, 32}));
}

TEST(OnnxAttention, TheQuantisedOperatorKeepsTheWidthsOfItsOperands) {
  const Graph graph = run("QAttention",
                          {{"x", {2, 10, 32}, kUint8},
                           {"w", {32, 96}, kInt8, true},
                           {"b", {96}, 1, true},
                           {"xs", {1}, 1, true},
                           {"ws", {1}, 1, true}},
                          {number("num_heads", 4)});
  EXPECT_EQ(ops(graph), (std::vector<Op>{Op::linear, Op::attention}));
  EXPECT_EQ(graph.nodes[0].layer.precision.input, integer(8.0));
  EXPECT_EQ(graph.nodes[0].layer.precision.weight.uniform, integer(8.0));
  EXPECT_EQ(graph.nodes[1].layer.precision.input, kFloat32);
}

TEST(OnnxNarrowWeights, AMatrixInBlocksHasItsOwnExtentsAndWidth) {
  const Graph graph = run("MatMulNBits", {{"x", {2, 10, 64}}, {"w", {48, 2, 16}, kUint8, true}, {"s", {96}, 1, true}},
                          {number("K", 64), number("N", 48), number("bits", 4), number("block_size", 32)});
  ASSERT_EQ(ops(graph), (std::vector<Op>{Op::linear}));
  EXPECT_EQ(macs(graph), 2.0 * 10 * 64 * 48);
  EXPECT_EQ(parameters(graph), 64.0 * 48);
  EXPECT_EQ(graph.nodes[0].layer.precision.weight.uniform, integer(4.0));
  EXPECT_EQ(facts(graph.nodes[0].layer).weight_bytes, 64.0 * 48 / 2);
}

TEST(OnnxNarrowWeights, QuantisedProductsOwnTheirWeights) {
  const Graph gemm = run("QGemm",
                         {{"a", {4, 8}, kUint8},
                          {"as", {}, 1, true},
                          {"az", {}, kUint8, true},
                          {"b", {16, 8}, kInt8, true},
                          {"bs", {}, 1, true},
                          {"bz", {}, kInt8, true},
                          {"c", {16}, 6, true}},
                         {number("transB", 1)});
  EXPECT_EQ(ops(gemm), (std::vector<Op>{Op::linear}));
  EXPECT_EQ(parameters(gemm), 8.0 * 16 + 16);
}

TEST(OnnxFused, SkipNormAddsThenNormalises) {
  const Graph graph = run(
      "SkipLayerNormalization",
      {{"x", {2, 10, 32}}, {"skip", {2, 10, 32}}, {"g", {32}, 1, true}, {"b", {32}, 1, true}, {"bias", {32}, 1, true}},
      {});
  EXPECT_EQ(ops(graph), (std::vector<Op>{Op::add, Op::add, Op::layer_norm}));
  EXPECT_EQ(parameters(graph), 96.0);
  const Graph simple =
      run("SkipSimplifiedLayerNormalization", {{"x", {2, 10, 32}}, {"skip", {2, 10, 32}}, {"g", {32}, 1, true}}, {});
  EXPECT_EQ(ops(simple), (std::vector<Op>{Op::add, Op::rms_norm}));
}

TEST(OnnxFused, TheSumOfASkipNormIsReadFurtherOn) {
  ModelWriter writer;
  writer.input("x", {2, 10, 32});
  writer.input("skip", {2, 10, 32});
  writer.constant("g", {32});
  writer.node("SkipSimplifiedLayerNormalization", {"x", "skip", "g"}, {"n", "", "", "sum"}).domain = "com.microsoft";
  writer.node("Mul", {"n", "sum"}, {"y"});
  writer.output("y");
  EXPECT_EQ(ops(writer.import()), (std::vector<Op>{Op::add, Op::rms_norm, Op::mul}));
}

TEST(OnnxFused, EmbeddingNormOwnsItsTables) {
  const Graph graph = run("EmbedLayerNormalization",
                          {{"ids", {2, 10}, 6},
                           {"segments", {2, 10}, 6},
                           {"word", {100, 32}, 1, true},
                           {"position", {64, 32}, 1, true},
                           {"segment", {2, 32}, 1, true},
                           {"g", {32}, 1, true},
                           {"b", {32}, 1, true},
                           {"mask", {2, 10}, 6}},
                          {}, "com.microsoft", 2);
  EXPECT_EQ(parameters(graph), 32.0 * (100 + 64 + 2 + 2));
  EXPECT_EQ(shape_of(graph, 0), (Out{2, 10, 32}));
  EXPECT_EQ(shape_of(graph, 1), (Out{2}));
}

TEST(OnnxFused, ProductsWithTransposesAndActivations) {
  const Graph product = run("FusedMatMul", {{"a", {2, 4, 8}}, {"b", {2, 6, 8}}}, {number("transB", 1)});
  EXPECT_EQ(shape_of(product), (Out{2, 4, 6}));
  EXPECT_EQ(macs(product), 2.0 * 4 * 6 * 8);
  const Graph convolution =
      run("FusedConv", {{"x", {1, 4, 8, 8}}, {"w", {4, 4, 1, 1}, 1, true}}, {{.name = "activation", .text = "Relu"}});
  EXPECT_EQ(convolution.nodes[0].layer.fused_activation, Op::relu);
  EXPECT_TRUE(convolution.nodes[0].layer.assumption.empty());
  const Graph other =
      run("FusedConv", {{"x", {1, 4, 8, 8}}, {"w", {4, 4, 1, 1}, 1, true}}, {{.name = "activation", .text = "Tanh"}});
  EXPECT_EQ(other.nodes[0].layer.assumption, "its activation Tanh is not counted");
}

TEST(OnnxFused, GeluWithABiasIsAnAdditionAndAGelu) {
  for (const std::string type : {"BiasGelu", "FastGelu"}) {
    EXPECT_EQ(ops(run(type, {{"x", {4, 8}}, {"b", {8}, 1, true}}, {})), (std::vector<Op>{Op::add, Op::gelu}));
  }
  EXPECT_EQ(ops(run("FastGelu", {{"x", {4, 8}}}, {})), (std::vector<Op>{Op::gelu}));
}

TEST(OnnxFused, RotaryEmbeddingKeepsTheShape) {
  const Graph graph =
      run("RotaryEmbedding", {{"x", {2, 8, 10, 16}}, {"c", {10, 8}, 1, true}, {"s", {10, 8}, 1, true}}, {}, "");
  EXPECT_EQ(shape_of(graph), (Out{2, 8, 10, 16}));
  EXPECT_EQ(facts(graph.nodes[0].layer).flops, 3.0 * 2 * 8 * 10 * 16);
}

TEST(OnnxUnknown, AnOperatorOfAnotherDomainIsUnsupportedAndItsShapeRecovered) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.node("Warp", {"x"}, {"h"}).domain = "acme";
  writer.node("Relu", {"h"}, {"y"});
  writer.value_info("h", {4, 32});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes[0].layer.custom_op, "acme.Warp");
  EXPECT_EQ(shape_of(graph), (Out{4, 32}));
}

}  // namespace
}  // namespace hwcost
