// Functions that a file defines.
#include <gtest/gtest.h>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"
#include "support/onnx_layers.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::error_of;
using test::ModelWriter;
using test::OnnxAttribute;

constexpr int kBool = 9;

OnnxAttribute number(std::string name, std::int64_t value) { return {.name = std::move(name), .integer = value}; }
OnnxAttribute body(std::string name, const ModelWriter& graph) {
  return {.name = std::move(name), .graph = graph.graph()};
}
OnnxAttribute reference(std::string name, std::string to) {
  return {.name = std::move(name), .reference = std::move(to)};
}

double macs(const Graph& graph) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) sum += facts(node.layer).macs;
  return sum;
}

// Blocks of a function `acme.Block` that scales by an attribute and multiplies.
ModelWriter block_function() {
  ModelWriter graph;
  graph.node("MatMul", {"a", "w"}, {"m"}).name = "fc";
  graph.node("Softmax", {"m"}, {"b"}, {reference("axis", "along")});
  return graph;
}

TEST(OnnxFunctions, StandInThePlaceOfTheNodesThatCallThem) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.constant("w1", {8, 8});
  writer.constant("w2", {8, 16});
  writer.function("acme", "Block", {"a", "w"}, {"b"}, block_function());
  auto& first = writer.node("Block", {"x", "w1"}, {"h"}, {number("along", 0)});
  first.domain = "acme";
  first.name = "/blocks/0/Block";
  auto& second = writer.node("Block", {"h", "w2"}, {"y"}, {number("along", 1)});
  second.domain = "acme";
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 4U);
  EXPECT_EQ(macs(graph), 4.0 * 8 * 8 + 4.0 * 8 * 16);
  EXPECT_EQ(graph.nodes[0].layer.name, "blocks.0.Block.fc");
  EXPECT_EQ(std::get<Softmax<>>(graph.nodes[1].layer.dims).length, 4.0) << "axis 0";
  EXPECT_EQ(std::get<Softmax<>>(graph.nodes[3].layer.dims).length, 16.0) << "axis 1";
}

TEST(OnnxFunctions, AnAttributeThatTheNodeLeavesOutHasTheFunctionsDefaultOrTheOperators) {
  for (const bool has_default : {true, false}) {
    ModelWriter writer;
    writer.input("x", {4, 8});
    writer.constant("w", {8, 16});
    writer.function("acme", "Block", {"a", "w"}, {"b"}, block_function(),
                    has_default ? std::vector<OnnxAttribute>{number("along", 0)} : std::vector<OnnxAttribute>{});
    writer.node("Block", {"x", "w"}, {"y"}).domain = "acme";
    writer.output("y");
    EXPECT_EQ(std::get<Softmax<>>(writer.import().nodes.back().layer.dims).length, has_default ? 4.0 : 16.0);
  }
}

TEST(OnnxFunctions, HaveAnOpsetOfTheirOwn) {
  ModelWriter softmax;
  softmax.opset = 11;  // flattens from axis 1 on
  softmax.node("Softmax", {"a"}, {"b"});
  ModelWriter writer;
  writer.input("x", {4, 8, 2});
  writer.function("acme", "Old", {"a"}, {"b"}, softmax);
  writer.node("Old", {"x"}, {"y"}).domain = "acme";
  writer.output("y");
  EXPECT_EQ(std::get<Softmax<>>(writer.import().nodes.back().layer.dims).length, 16.0);
}

TEST(OnnxFunctions, MayCallOthersAndBeCalledWithinBodies) {
  ModelWriter outer;
  outer.node("Inner", {"a"}, {"h"}).domain = "acme";
  outer.node("Inner", {"h"}, {"b"}).domain = "acme";
  ModelWriter inner;
  inner.node("Relu", {"a"}, {"b"});
  ModelWriter branch;
  branch.node("Outer", {"x"}, {"r"}).domain = "acme";
  branch.output("r");
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("c", {1}, kBool);
  writer.function("acme", "Outer", {"a"}, {"b"}, outer);
  writer.function("acme", "Inner", {"a"}, {"b"}, inner);
  writer.node("If", {"c"}, {"y"}, {body("then_branch", branch), body("else_branch", branch)});
  writer.output("y");
  EXPECT_EQ(writer.import().nodes.size(), 2U);
}

TEST(OnnxFunctions, ThatCallThemselvesAreAnError) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  ModelWriter ping;
  ping.node("Pong", {"a"}, {"b"}).domain = "acme";
  ModelWriter pong;
  pong.node("Ping", {"a"}, {"b"}).domain = "acme";
  writer.function("acme", "Ping", {"a"}, {"b"}, ping);
  writer.function("acme", "Pong", {"a"}, {"b"}, pong);
  writer.node("Ping", {"x"}, {"y"}).domain = "acme";
  writer.output("y");
  EXPECT_NE(error_of(writer).find("function 'Ping' calls itself"), std::string::npos);
}

TEST(OnnxFunctions, ThatDoubleAtEveryLevelAreAnError) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  for (int level = 0; level < 40; ++level) {
    ModelWriter twice;
    const std::string next = level == 39 ? "Relu" : "F" + std::to_string(level + 1);
    twice.node(next, {"a"}, {"h"}).domain = level == 39 ? "" : "acme";
    twice.node(next, {"h"}, {"b"}).domain = level == 39 ? "" : "acme";
    writer.function("acme", "F" + std::to_string(level), {"a"}, {"b"}, twice);
  }
  writer.node("F0", {"x"}, {"y"}).domain = "acme";
  writer.output("y");
  EXPECT_NE(error_of(writer).find("functions make more than 200000 nodes"), std::string::npos);
}

TEST(OnnxFunctions, NodesOfBodiesWithinThemCountToo) {
  ModelWriter branch;
  for (int k = 0; k < 1000; ++k) branch.node("Relu", {"a"}, {"r" + std::to_string(k)});
  branch.output("r0");
  ModelWriter chooses;
  chooses.node("If", {"c"}, {"b"}, {body("then_branch", branch), body("else_branch", branch)});
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("choice", {1}, kBool);
  writer.function("acme", "Choose", {"a", "c"}, {"b"}, chooses);
  for (int k = 0; k < 101; ++k) {
    writer.node("Choose", {"x", "choice"}, {"y" + std::to_string(k)}).domain = "acme";
  }
  writer.output("y0");
  EXPECT_NE(error_of(writer).find("functions make more than 200000 nodes"), std::string::npos);
}

TEST(OnnxFunctions, BodiesThatTheCallerGivesCountWhereverTheyStand) {
  ModelWriter branch;
  for (int k = 0; k < 1000; ++k) branch.node("Relu", {"x"}, {"r" + std::to_string(k)});
  branch.output("r0");
  ModelWriter many;
  for (int k = 0; k < 101; ++k) {
    many.node("If", {"c"}, {k == 0 ? "b" : "b" + std::to_string(k)},
              {reference("then_branch", "given"), reference("else_branch", "given")});
  }
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("choice", {1}, kBool);
  writer.function("acme", "Many", {"c"}, {"b"}, many);
  writer.node("Many", {"choice"}, {"y"}, {body("given", branch)}).domain = "acme";
  writer.output("y");
  EXPECT_NE(error_of(writer).find("functions make more than 200000 nodes"), std::string::npos);
}

TEST(OnnxFunctions, OfOperatorsThatWeKnowAreNotLookedInto) {
  ModelWriter gelu;
  gelu.node("Mystery", {"a"}, {"b"});
  ModelWriter writer;
  writer.opset = 20;
  writer.input("x", {4, 8});
  writer.function("", "Gelu", {"a"}, {"b"}, gelu);
  writer.node("Gelu", {"x"}, {"y"});
  writer.output("y");
  EXPECT_EQ(writer.import().nodes.at(0).layer.op, Op::gelu);
}

// F0 calls F1, which calls F2, ...; each twice where `calls` is 2. Nodes have names of that length.
ModelWriter nested_functions(int depth, int calls, std::size_t name_length) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  const std::string name(name_length, 'n');
  for (int level = 0; level < depth; ++level) {
    ModelWriter body;
    const bool innermost = level == depth - 1;
    for (int call = 0; call < calls; ++call) {
      const std::string out = call == calls - 1 ? "b" : "h" + std::to_string(call);
      auto& node = body.node(innermost ? "Relu" : "F" + std::to_string(level + 1), {"a"}, {out});
      node.domain = innermost ? "" : "acme";
      node.name = name + std::to_string(call);
    }
    writer.function("acme", "F" + std::to_string(level), {"a"}, {"b"}, body);
  }
  writer.node("F0", {"x"}, {"y"}).domain = "acme";
  writer.output("y");
  return writer;
}

TEST(OnnxFunctions, NamesThatGrowAtEveryLevelAreAnErrorOfOneLine) {
  const std::string error = error_of(nested_functions(60, 1, 120));
  EXPECT_NE(error.find("a name within it has 4"), std::string::npos) << error;
  EXPECT_NE(error.find("characters, more than 4096"), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos);
  EXPECT_EQ(nested_functions(30, 1, 120).import().nodes.size(), 1U);
}

TEST(OnnxFunctions, WhoseNamesTakeTooMuchMemoryInAllAreAnError) {
  const ModelWriter writer = nested_functions(16, 2, 230);  // 2^16 names of 3700 bytes
  EXPECT_LT(writer.bytes().size(), 16000U);
  const std::string error = error_of(writer);
  EXPECT_NE(error.find("copies of functions and bodies within each other take more than 256 MiB"), std::string::npos)
      << error;
}

TEST(OnnxFunctions, ThatCopyLongAttributesVeryOftenAreAnError) {
  const OnnxAttribute list{.name = "values", .integers = test::Extents(100000, 1)};
  for (const bool from_the_caller : {false, true}) {
    ModelWriter body;
    body.node("Custom", {"a"}, {"b"}, {from_the_caller ? reference("values", "values") : list});
    ModelWriter writer;
    writer.input("x", {4, 8});
    writer.function("acme", "Block", {"a"}, {"b"}, body);
    ModelWriter many;
    for (int k = 0; k < 1000; ++k) {
      many.node("Block", {"a"}, {"b" + std::to_string(k)}, {reference("values", "values")}).domain = "acme";
    }
    writer.function("acme", "Many", {"a"}, {"b0"}, many);
    writer.node("Many", {"x"}, {"y"}, {list}).domain = "acme";
    writer.output("y");
    EXPECT_LT(writer.bytes().size(), 300000U);
    EXPECT_NE(error_of(writer).find("take more than 256 MiB"), std::string::npos);
  }
}

TEST(OnnxFunctions, WhoseBodiesStateVeryManyValuesAreAnError) {
  ModelWriter branch;
  branch.node("Relu", {"a"}, {"r"});
  branch.output("r");
  for (int k = 0; k < 3000; ++k) branch.value_info("v" + std::to_string(k), {1, 2, 3, 4});
  ModelWriter chooses;
  chooses.node("If", {"c"}, {"b"}, {body("then_branch", branch), body("else_branch", branch)});
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("choice", {1}, kBool);
  writer.function("acme", "Choose", {"a", "c"}, {"b"}, chooses);
  for (int k = 0; k < 1000; ++k) {
    writer.node("Choose", {"x", "choice"}, {"y" + std::to_string(k)}).domain = "acme";
  }
  writer.output("y0");
  EXPECT_NE(error_of(writer).find("take more than 256 MiB"), std::string::npos);
}

}  // namespace
}  // namespace hwcost
