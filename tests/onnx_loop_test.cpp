// Loops.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/onnx_graphs.hpp"

namespace hwcost {
namespace {

using test::body;
using test::Extents;
using test::macs;
using test::ModelWriter;
using test::number;
using test::parameters;
using test::shape_of;
using Out = std::vector<double>;

constexpr int kInt64 = 7;
constexpr int kBool = 9;

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

}  // namespace
}  // namespace hwcost
