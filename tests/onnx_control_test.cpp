// If, Loop and Scan.
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
using Out = std::vector<double>;

constexpr int kInt64 = 7;
constexpr int kBool = 9;

OnnxAttribute number(std::string name, std::int64_t value) { return {.name = std::move(name), .integer = value}; }
OnnxAttribute body(std::string name, const ModelWriter& graph) {
  return {.name = std::move(name), .graph = graph.graph()};
}

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

std::string fault_of(const ModelWriter& writer) {
  try {
    (void)writer.import();
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

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

// state = relu(state · w) in a loop of `trips` (0: known at run time only); the states are stacked too.
ModelWriter loop(std::int64_t trips, bool condition_is_known = true) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, kBool);
  step.input("state", {4, 8});
  step.constant("w", {8, 8});
  step.node("MatMul", {"state", "w"}, {"m"});
  step.node("Relu", {"m"}, {"next"});
  if (condition_is_known) {
    step.node("Identity", {"go"}, {"go_on"});
  } else {
    step.node("ReduceMax", {"m"}, {"most"}, {number("keepdims", 0)});
    step.node("Cast", {"most"}, {"go_on"}, {number("to", kBool)});
  }
  step.node("Identity", {"next"}, {"each"});
  step.output("go_on");
  step.output("next");
  step.output("each");
  ModelWriter writer;
  writer.input("x", {4, 8});
  if (trips > 0)
    writer.constant("M", {}, std::vector<double>{static_cast<double>(trips)}, kInt64);
  else
    writer.input("M", {1}, kInt64);
  writer.node("Loop", {"M", "", "x"}, {"last", "all"}, {body("body", step)}).name = "/steps/Loop";
  writer.output("last");
  writer.output("all");
  return writer;
}

TEST(OnnxLoop, RunsItsBodyAsOftenAsIsKnown) {
  const Graph graph = loop(5).import();
  EXPECT_EQ(macs(graph), 5.0 * 4 * 8 * 8);
  EXPECT_EQ(parameters(graph), 64.0) << "every run has the same weights";
  EXPECT_EQ(graph.nodes[0].layer.repeat, 5.0);
  EXPECT_TRUE(graph.nodes[0].layer.assumption.empty());
  EXPECT_EQ(shape_of(graph, 0), (Out{4, 8}));
  EXPECT_EQ(shape_of(graph, 1), (Out{5, 4, 8}));
}

TEST(OnnxLoop, IsPricedForOneRunWhereTheirNumberIsNotKnown) {
  const Graph graph = loop(0).import();
  EXPECT_EQ(macs(graph), 4.0 * 8 * 8);
  EXPECT_EQ(graph.nodes[0].layer.assumption, "one run of /steps/Loop: how many there are is known at run time only");
  EXPECT_FALSE(graph.tensors.at(graph.outputs.at(1)).known_shape);
}

TEST(OnnxLoop, ThatAConditionMayEndIsPricedForAllRuns) {
  const Graph graph = loop(5, false).import();
  EXPECT_EQ(facts(graph.nodes[0].layer).macs, 5.0 * 4 * 8 * 8);
  EXPECT_EQ(graph.nodes[0].layer.assumption,
            "5 runs of /steps/Loop, the most that there can be: a condition may end it before");
}

TEST(OnnxLoop, ThatNeverRunsHandsItsStatesOn) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, kBool);
  step.input("state", {4, 8});
  step.node("Relu", {"state"}, {"next"});
  step.output("go");
  step.output("next");
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.constant("M", {}, std::vector<double>{0}, kInt64);
  writer.node("Loop", {"M", "", "x"}, {"last"}, {body("body", step)});
  writer.node("Sigmoid", {"last"}, {"y"});
  writer.output("y");
  EXPECT_EQ(writer.import().nodes.size(), 1U);
}

TEST(OnnxLoop, ThatNeverRunsStacksNothingOfTheStatedShapeAndType) {
  for (const bool is_stated : {true, false}) {
    ModelWriter step;
    step.input("i", {}, kInt64);
    step.input("go", {}, kBool);
    step.node("Relu", {"x"}, {"each"});
    step.output("go");
    if (is_stated)
      step.output("each", {4, 8});
    else
      step.output("each");
    ModelWriter writer;
    writer.input("x", {4, 8});
    writer.constant("M", {}, std::vector<double>{0}, kInt64);
    writer.node("Loop", {"M", ""}, {"all"}, {body("body", step)});
    writer.constant("more", {3, 4, 8});
    writer.node("Concat", {"all", "more"}, {"joined"}, {number("axis", 0)});
    writer.node("Add", {"x", "joined"}, {"y"});
    writer.output("y");
    const Graph graph = writer.import();
    EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).known_shape, is_stated);
    EXPECT_EQ(shape_of(graph), (is_stated ? Out{3, 4, 8} : Out{}));
  }
}

// state = concat(state, x) in a loop of `trips`.
ModelWriter growing_loop(double trips) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, kBool);
  step.input("state", {1, 8});
  step.constant("w", {8, 8});
  step.node("Concat", {"state", "x"}, {"longer"}, {number("axis", 0)});
  step.node("MatMul", {"longer", "w"}, {"next"});
  step.output("go");
  step.output("next");
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("M", {}, std::vector<double>{trips}, kInt64);
  writer.node("Loop", {"M", "", "x"}, {"y"}, {body("body", step)}).name = "/grow/Loop";
  writer.output("y");
  return writer;
}

TEST(OnnxLoop, AStateThatGrowsHasTheShapeOfEveryRun) {
  const Graph graph = growing_loop(3).import();
  EXPECT_EQ(shape_of(graph), (Out{4, 8}));
  EXPECT_EQ(macs(graph), (2.0 + 3 + 4) * 8 * 8);
  EXPECT_EQ(parameters(graph), 64.0) << "every run has the same weights";
  ASSERT_EQ(graph.nodes.size(), 6U);
  EXPECT_EQ(graph.nodes[0].layer.name, "grow.Loop.0.Concat_0");
  EXPECT_TRUE(graph.nodes[0].layer.assumption.empty());
}

TEST(OnnxLoop, AStateThatGrowsOftenIsPricedAsInTheFirstRunAndSaysSo) {
  const Graph graph = growing_loop(1000).import();
  EXPECT_EQ(shape_of(graph), (Out{1001, 8}));
  EXPECT_EQ(graph.nodes[0].layer.repeat, 1000.0);
  EXPECT_EQ(graph.nodes[0].layer.assumption, "with the shapes of its first run, which later ones change");
}

// Reshapes x to [count, -1] while the count doubles, from 1 on.
ModelWriter counting_loop(double trips) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, kBool);
  step.input("count", {1}, kInt64);
  step.node("Add", {"count", "count"}, {"next"});
  step.node("Concat", {"next", "rest"}, {"target"}, {number("axis", 0)});
  step.node("Reshape", {"x", "target"}, {"r"});
  step.node("ReduceMax", {"r"}, {"each"}, {{.name = "axes", .integers = Extents{0, 1}}});
  step.output("go");
  step.output("next");
  step.output("each");
  ModelWriter writer;
  writer.input("x", {4, 8});
  writer.constant("rest", {1}, std::vector<double>{-1}, kInt64);
  writer.constant("start", {1}, std::vector<double>{1}, kInt64);
  writer.constant("M", {}, std::vector<double>{trips}, kInt64);
  writer.node("Loop", {"M", "", "start"}, {"n", "y"}, {body("body", step)});
  writer.output("y");
  return writer;
}

TEST(OnnxLoop, AConstantThatChangesIsKnownInEveryRun) {
  const Graph graph = counting_loop(3).import();
  EXPECT_EQ(shape_of(graph), (Out{3, 1, 1}));
  for (const Node& node : graph.nodes) EXPECT_NE(node.layer.op, Op::custom) << node.layer.name;
}

TEST(OnnxLoop, AConstantThatChangesOftenIsNoConstantWithin) {
  const Graph graph = counting_loop(1000).import();
  const auto reshaped = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                     [](const Node& node) { return node.layer.op == Op::custom; });
  ASSERT_NE(reshaped, graph.nodes.end());
  EXPECT_EQ(reshaped->layer.custom_reason, "Reshape: its target shape is computed at run time");
}

// A relu in every run while `limit` is less than the iteration's number or, with no limit, forever.
ModelWriter waiting_loop(std::optional<double> trips, std::optional<double> limit) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, kBool);
  step.input("state", {4, 8});
  step.node("Relu", {"state"}, {"next"});
  if (limit) {
    step.constant("limit", {}, std::vector<double>{*limit}, kInt64);
    step.node("Less", {"i", "limit"}, {"go_on"});
  } else {
    step.node("ReduceMax", {"next"}, {"most"}, {number("keepdims", 0)});
    step.node("Cast", {"most"}, {"go_on"}, {number("to", kBool)});
  }
  step.output("go_on");
  step.output("next");
  ModelWriter writer;
  writer.input("x", {4, 8});
  if (trips) writer.constant("M", {}, std::vector<double>{*trips}, kInt64);
  writer.node("Loop", {trips ? "M" : "", "", "x"}, {"y"}, {body("body", step)}).name = "/wait/Loop";
  writer.output("y");
  return writer;
}

TEST(OnnxLoop, AConditionOfTheIterationEndsItWhereItSays) {
  for (const auto trips : {std::optional<double>(), std::optional<double>(9e18)}) {
    EXPECT_EQ(waiting_loop(trips, 2).import().nodes.size(), 3U);
  }
  EXPECT_EQ(waiting_loop(2, {}).import().nodes.at(0).layer.repeat, 2.0);
}

TEST(OnnxLoop, UntilAConditionOfTheDataIsOneRunAndSaysSo) {
  EXPECT_EQ(waiting_loop(9e18, {}).import().nodes.at(0).layer.assumption,
            "one run of /wait/Loop: a condition that is known at run time only ends it");
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
