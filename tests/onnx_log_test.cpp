// What the importer says that it did.
#include <gtest/gtest.h>

#include <algorithm>

#include "hwcost/import/onnx.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::ModelWriter;
using Kind = ImportFact::Kind;

bool says(const ImportLog& log, const ImportFact& fact) {
  return std::find(log.facts.begin(), log.facts.end(), fact) != log.facts.end();
}

TEST(OnnxLog, UnresolvedShapesNameTheOperatorThatStoppedInference) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.node("Swirl", {"x"}, {"a"}).name = "swirl";
  writer.node("Relu", {"a"}, {"b"}).name = "relu";
  writer.node("Sigmoid", {"b"}, {"y"}).name = "sigmoid";
  writer.output("y");
  ImportLog log;
  (void)writer.import({}, &log);
  EXPECT_TRUE(says(log, {Kind::skipped, "swirl", "Swirl", "", "the operator is not known"}));
  const std::string reason = "shape inference stopped at swirl (Swirl)";
  EXPECT_TRUE(says(log, {Kind::unresolved, "swirl", "Swirl", "a", reason}));
  EXPECT_TRUE(says(log, {Kind::unresolved, "relu", "Relu", "b", reason}));
  EXPECT_TRUE(says(log, {Kind::unresolved, "sigmoid", "Sigmoid", "y", reason}));
}

TEST(OnnxLog, UnresolvedShapesInABodyNameItsOperator) {
  ModelWriter branch;
  for (const std::string name : {"a", "b", "c", "d"}) branch.node("Relu", {"x"}, {name});
  branch.node("Swirl", {"d"}, {"e"}).name = "swirl";
  branch.node("Sigmoid", {"e"}, {"r"}).name = "sigmoid";
  branch.output("r");
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.input("c", {1}, 9);
  writer
      .node("If", {"c"}, {"y"},
            {{.name = "then_branch", .graph = branch.graph()}, {.name = "else_branch", .graph = branch.graph()}})
      .name = "choice";
  writer.output("y");
  ImportLog log;
  (void)writer.import({}, &log);
  const auto in_swirl = [](const ImportFact& fact) {
    return fact.kind == Kind::unresolved &&
           fact.detail.find("shape inference stopped at choice/swirl/Swirl (Swirl)") != std::string::npos;
  };
  EXPECT_EQ(std::count_if(log.facts.begin(), log.facts.end(), in_swirl), 2) << "of the Swirl and the Sigmoid";
}

TEST(OnnxLog, WidthsSayWhatTheyWereReadFrom) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("s", {}, std::vector<double>{1.0});
  writer.constant("z", {}, std::vector<double>{0.0}, 3);
  writer.constant("w", {4, 2}, {}, 22);
  writer.node("QuantizeLinear", {"x", "s", "z"}, {"xi"}).name = "q";
  writer.node("DequantizeLinear", {"xi", "s", "z"}, {"xq"}).name = "dq";
  writer.node("DequantizeLinear", {"w", "s"}, {"wd"}).name = "dw";
  writer.node("MatMul", {"xq", "wd"}, {"y"}).name = "fc";
  writer.output("y");
  ImportLog log;
  (void)writer.import({}, &log);
  EXPECT_TRUE(says(log, {Kind::width, "q", "QuantizeLinear", "x", "8 bits by the type of its zero point"}));
  EXPECT_TRUE(says(log, {Kind::width, "dq", "DequantizeLinear", "xi", "8 bits by its quantiser"}));
  EXPECT_TRUE(says(log, {Kind::width, "dw", "DequantizeLinear", "w", "4 bits by the type that it is stored in"}));
  EXPECT_TRUE(says(log, {Kind::width, "fc", "linear", "fc", "weights 4, input 8, output f32, bias 32"}));
}

TEST(OnnxLog, AliasesMergedNodesAndPatternsAreNamed) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("w", {4, 2});
  writer.constant("b", {2});
  writer.node("Identity", {"x"}, {"same"}).name = "identity";
  writer.node("MatMul", {"same", "w"}, {"product"}).name = "fc";
  writer.node("Add", {"product", "b"}, {"sum"}).name = "add";
  writer.node("Sigmoid", {"sum"}, {"gate"}).name = "sigmoid";
  writer.node("Mul", {"sum", "gate"}, {"y"}).name = "mul";
  writer.output("y");
  ImportLog log;
  (void)writer.import({}, &log);
  EXPECT_TRUE(says(log, {Kind::alias, "identity", "Identity", "x", "a view without cost"}));
  EXPECT_TRUE(says(log, {Kind::merged, "add", "Add", "fc", "the bias of the layer before"}));
  EXPECT_TRUE(says(log, {Kind::pattern, "mul", "Mul", "", "the last of 2 nodes of a silu"}));
}

}  // namespace
}  // namespace hwcost
