// If, Scan and bodies within bodies.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/onnx_graphs.hpp"

namespace hwcost {
namespace {

using test::body;
using test::Extents;
using test::fault_of;
using test::macs;
using test::ModelWriter;
using test::number;
using test::parameters;
using test::shape_of;
using Out = std::vector<double>;

constexpr int kInt64 = 7;
constexpr int kBool = 9;

// A body that multiplies the outer value `x` by a matrix of so many columns.
ModelWriter product_body(std::int64_t columns, const std::string& weight = "w") {
  ModelWriter graph;
  graph.constant(weight, {8, columns});
  graph.node("MatMul", {"x", weight}, {"r"}).name = "product";
  graph.output("r");
  return graph;
}

// A network of If on the condition `c`, between products of 8 and 16 columns.
ModelWriter branches(bool known, double condition = 1.0) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  if (known)
    writer.constant("c", {}, std::vector<double>{condition}, kBool);
  else
    writer.input("c", {1}, kBool);
  writer.node("If", {"c"}, {"y"}, {body("then_branch", product_body(8)), body("else_branch", product_body(16))}).name =
      "/choice/If";
  writer.output("y");
  return writer;
}

TEST(OnnxIf, AKnownConditionChoosesTheBranchAndNothingIsGuessed) {
  EXPECT_EQ(macs(branches(true, 1.0).import()), 4.0 * 8 * 8);
  const Graph chosen = branches(true, 0.0).import();
  EXPECT_EQ(macs(chosen), 4.0 * 8 * 16);
  EXPECT_EQ(shape_of(chosen), (Out{4, 16}));
  ASSERT_EQ(chosen.nodes.size(), 1U);
  EXPECT_TRUE(chosen.nodes[0].layer.assumption.empty());
  EXPECT_EQ(chosen.nodes[0].layer.name, "choice.If.product");
}

TEST(OnnxIf, AnUnknownConditionTakesTheCostlierBranchAndSaysSo) {
  const Graph graph = branches(false).import();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(macs(graph), 4.0 * 8 * 16);
  EXPECT_EQ(parameters(graph), 8.0 * 16);
  EXPECT_EQ(graph.nodes[0].layer.assumption,
            "of the else branch of /choice/If, the costlier one: its condition is known at run time only");
}

ModelWriter choice(const ModelWriter& then_branch, const ModelWriter& else_branch, std::int64_t columns = 8) {
  ModelWriter writer;
  writer.input("x", {4, columns});
  writer.input("c", {1}, kBool);
  writer.node("If", {"c"}, {"y"}, {body("then_branch", then_branch), body("else_branch", else_branch)});
  writer.output("y");
  return writer;
}

TEST(OnnxIf, ABranchThatDoesNotRunOnTheShapesIsNotTaken) {
  ModelWriter unfit;
  unfit.constant("w", {9, 1000});
  unfit.node("MatMul", {"x", "w"}, {"r"});
  unfit.output("r");
  for (const ModelWriter& writer : {choice(product_body(8), unfit), choice(unfit, product_body(8))}) {
    const Graph graph = writer.import();
    EXPECT_EQ(macs(graph), 4.0 * 8 * 8);
    const std::string& assumption = graph.nodes.at(0).layer.assumption;
    EXPECT_NE(assumption.find("does not run on these shapes (node If_0/"), std::string::npos) << assumption;
  }
}

TEST(OnnxIf, ABranchOfUnknownWorkIsCostlierThanOneOfNone) {
  ModelWriter nothing;
  nothing.constant("r", {0}, std::vector<double>{});
  nothing.output("r");
  ModelWriter unknown;
  unknown.node("Mystery", {"x"}, {"r"});
  unknown.output("r");
  EXPECT_EQ(choice(nothing, unknown).import().nodes.at(0).layer.op, Op::custom);
}

TEST(OnnxIf, NoBranchThatRunsIsAnError) {
  const std::string fault = fault_of(choice(product_body(8), product_body(16), 9));
  EXPECT_NE(fault.find("If_0/product/MatMul: error: "), std::string::npos) << fault;
}

TEST(OnnxIf, ABranchThatIsNotTakenLeavesNothingBehind) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("c", {1}, kBool);
  writer.constant("shared", {8, 16});
  ModelWriter then_branch;
  then_branch.node("MatMul", {"x", "shared"}, {"m"});
  then_branch.node("Mystery", {"m"}, {"r"});
  then_branch.output("r");
  ModelWriter else_branch;
  else_branch.node("MatMul", {"x", "shared"}, {"m"});
  else_branch.node("Gemm", {"m", "big"}, {"r"});
  else_branch.constant("big", {16, 64});
  else_branch.output("r");
  writer.node("If", {"c"}, {"y"}, {body("then_branch", then_branch), body("else_branch", else_branch)});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(parameters(graph), 8.0 * 16 + 16.0 * 64) << "the shared weight is owned by the branch that stays";
  EXPECT_TRUE(graph.notes.empty());
}

TEST(OnnxIf, ABranchThatIsNotTakenReadsNoTensor) {
  ModelWriter quantises;
  quantises.constant("s", {}, std::vector<double>{1});
  quantises.constant("z", {}, std::vector<double>{0}, 3);
  quantises.node("QuantizeLinear", {"h", "s", "z"}, {"hi"});
  quantises.node("DequantizeLinear", {"hi", "s", "z"}, {"r"});
  quantises.output("r");
  ModelWriter reads_plainly;
  reads_plainly.node("Relu", {"h"}, {"r"});
  reads_plainly.output("r");
  ModelWriter multiplies;
  multiplies.constant("s", {}, std::vector<double>{1});
  multiplies.constant("z", {}, std::vector<double>{0}, 3);
  multiplies.constant("w", {8, 16});
  multiplies.node("QuantizeLinear", {"h", "s", "z"}, {"hi"});
  multiplies.node("DequantizeLinear", {"hi", "s", "z"}, {"hq"});
  multiplies.node("MatMul", {"hq", "w"}, {"r"});
  multiplies.output("r");
  const auto width_of_operand = [](const ModelWriter& then_branch, const ModelWriter& else_branch) {
    ModelWriter writer;
    writer.input("x", {4, 8});
    writer.input("c", {1}, kBool);
    writer.node("Tanh", {"x"}, {"h"});
    writer.node("If", {"c"}, {"y"}, {body("then_branch", then_branch), body("else_branch", else_branch)});
    writer.output("y");
    return to_text(writer.import().nodes.at(0).layer.precision.output);
  };
  EXPECT_EQ(width_of_operand(reads_plainly, multiplies), "8") << "the Relu would read it as it is";
  EXPECT_EQ(width_of_operand(multiplies, reads_plainly), "8");
  EXPECT_EQ(width_of_operand(reads_plainly, quantises), "f32") << "the quantiser is in the branch without work";
}

TEST(OnnxIf, BranchesThatLieInEachOtherAreNotImportedAgainAtEveryLevel) {
  for (const std::string deep : {"then_branch", "else_branch"}) {
    ModelWriter inner = product_body(8);
    for (int k = 0; k < 99; ++k) inner.node("MatMul", {"x", "w"}, {"m" + std::to_string(k)});
    for (int level = 0; level < 14; ++level) {
      ModelWriter small;
      small.node("Relu", {"x"}, {"r"});
      small.output("r");
      ModelWriter outer;
      outer.node("If", {"c"}, {"r"},
                 {body(deep, inner), body(deep == "then_branch" ? "else_branch" : "then_branch", small)});
      outer.output("r");
      inner = std::move(outer);
    }
    ModelWriter writer;
    writer.input("x", {4, 8});
    writer.input("c", {1}, kBool);
    writer.node("If", {"c"}, {"y"}, {body("then_branch", inner), body("else_branch", product_body(4))});
    writer.output("y");
    const Graph graph = writer.import();
    EXPECT_EQ(macs(graph), 100.0 * 4 * 8 * 8);
    EXPECT_EQ(graph.nodes.size(), 100U);
  }
}

TEST(OnnxIf, ASmallBranchThatIsTakenIsNotImportedAgainAtEveryLevel) {
  ModelWriter inner = product_body(8);
  for (int k = 0; k < 59; ++k) inner.node("MatMul", {"x", "w"}, {"m" + std::to_string(k)});
  for (std::size_t level = 0, nodes = 60; level < 9; ++level, nodes *= 2) {
    ModelWriter large;
    large.node("Relu", {"x"}, {"r"});
    for (std::size_t k = 0; k < nodes; ++k) large.node("Identity", {"x"}, {"i" + std::to_string(k)});
    large.output("r");
    ModelWriter outer;
    outer.node("If", {"c"}, {"r"}, {body("then_branch", large), body("else_branch", inner)});
    outer.output("r");
    inner = std::move(outer);
  }
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("c", {1}, kBool);
  writer.node("If", {"c"}, {"y"}, {body("then_branch", inner), body("else_branch", product_body(4))});
  writer.output("y");
  EXPECT_EQ(writer.import().nodes.size(), 60U) << "3^9 times 60 nodes would be too many";
}

TEST(OnnxIf, AFoldedConditionDecides) {
  ModelWriter writer;
  writer.input("x", {1, 4, 8});
  writer.node("Shape", {"x"}, {"s"});
  writer.constant("zero", {}, std::vector<double>{0}, kInt64);
  writer.constant("one", {}, std::vector<double>{1}, kInt64);
  writer.node("Gather", {"s", "zero"}, {"n"});
  writer.node("Equal", {"n", "one"}, {"c"});
  ModelWriter squeeze;
  squeeze.constant("axes", {1}, std::vector<double>{0}, kInt64);
  squeeze.node("Squeeze", {"x", "axes"}, {"r"});
  squeeze.output("r");
  ModelWriter keep;
  keep.node("Identity", {"x"}, {"r"});
  keep.output("r");
  writer.node("If", {"c"}, {"y"}, {body("then_branch", squeeze), body("else_branch", keep)});
  writer.output("y");
  EXPECT_EQ(shape_of(writer.import()), (Out{4, 8}));
}

TEST(OnnxIf, ABranchMayHandOnAValueFromOutside) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.constant("c", {}, std::vector<double>{1}, kBool);
  ModelWriter pass;
  pass.output("x");
  writer.node("If", {"c"}, {"i"}, {body("then_branch", pass), body("else_branch", product_body(8))});
  writer.node("Relu", {"i"}, {"y"});
  writer.output("y");
  EXPECT_EQ(writer.import().nodes.size(), 1U);
}

TEST(OnnxIf, WithoutABranchIsAnError) {
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.constant("c", {}, std::vector<double>{1}, kBool);
  writer.node("If", {"c"}, {"y"}, {body("else_branch", product_body(8))});
  writer.output("y");
  EXPECT_NE(fault_of(writer).find("has no then_branch"), std::string::npos);
}

TEST(OnnxScan, RunsOnceForEveryElement) {
  ModelWriter step;
  step.input("state", {4, 8});
  step.input("element", {4, 8});
  step.constant("w", {8, 8});
  step.node("MatMul", {"element", "w"}, {"m"});
  step.node("Add", {"m", "state"}, {"next"});
  step.node("Identity", {"next"}, {"each"});
  step.output("next");
  step.output("each");
  ModelWriter writer;
  writer.input("h", {4, 8});
  writer.input("x", {4, 10, 8});
  writer.node("Scan", {"h", "x"}, {"last", "all"},
              {number("num_scan_inputs", 1),
               {.name = "scan_input_axes", .integers = Extents{1}},
               {.name = "scan_output_axes", .integers = Extents{1}},
               body("body", step)});
  writer.output("last");
  writer.output("all");
  const Graph graph = writer.import();
  EXPECT_EQ(macs(graph), 10.0 * 4 * 8 * 8);
  EXPECT_EQ(parameters(graph), 64.0);
  EXPECT_EQ(shape_of(graph, 0), (Out{4, 8}));
  EXPECT_EQ(shape_of(graph, 1), (Out{4, 10, 8}));
}

TEST(OnnxControlFlow, BodiesWithinBodiesMultiplyTheirRuns) {
  ModelWriter inner;
  inner.input("i2", {}, kInt64);
  inner.input("go2", {}, kBool);
  inner.input("s2", {4, 8});
  inner.constant("w", {8, 8});
  inner.node("MatMul", {"s2", "w"}, {"n2"});
  inner.output("go2");
  inner.output("n2");
  ModelWriter outer;
  outer.input("i", {}, kInt64);
  outer.input("go", {}, kBool);
  outer.input("s", {4, 8});
  outer.node("Loop", {"three", "", "s"}, {"n"}, {body("body", inner)});
  outer.output("go");
  outer.output("n");
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.constant("three", {}, std::vector<double>{3}, kInt64);
  writer.constant("five", {}, std::vector<double>{5}, kInt64);
  writer.node("Loop", {"five", "", "x"}, {"y"}, {body("body", outer)});
  writer.output("y");
  EXPECT_EQ(macs(writer.import()), 15.0 * 4 * 8 * 8);
}

TEST(OnnxControlFlow, BodiesThatLieTooDeepAreAnError) {
  ModelWriter deep = product_body(8);
  for (int depth = 0; depth < 20; ++depth) {
    ModelWriter outer;
    outer.node("If", {"c"}, {"r"}, {body("then_branch", deep), body("else_branch", product_body(8))});
    outer.output("r");
    deep = outer;
  }
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.input("c", {1}, kBool);
  writer.node("If", {"c"}, {"y"}, {body("then_branch", deep), body("else_branch", product_body(8))});
  writer.output("y");
  EXPECT_NE(fault_of(writer).find("more than 16 deep"), std::string::npos);
}

TEST(OnnxControlFlow, AValueThatOnlyABodyReadsIsWaitedFor) {
  ModelWriter writer;
  writer.input("p", {4, 8});
  writer.constant("c", {}, std::vector<double>{1}, kBool);
  writer.node("If", {"c"}, {"y"}, {body("then_branch", product_body(8)), body("else_branch", product_body(16))});
  writer.node("Relu", {"p"}, {"x"});  // after its reader in the file
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].layer.op, Op::relu);
}

}  // namespace
}  // namespace hwcost
