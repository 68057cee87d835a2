// Operators whose values decide how many results they have: counted at the most that there can be.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/onnx_graphs.hpp"

namespace hwcost {
namespace {

using test::Extents;
using test::ModelWriter;
using test::number;
using test::shape_of;
using Out = std::vector<double>;

constexpr int kInt64 = 7;
constexpr int kBool = 9;

void integers(ModelWriter& writer, const std::string& name, const std::vector<double>& values) {
  writer.constant(name, {static_cast<std::int64_t>(values.size())}, values, kInt64);
}

// The rows of x[10, 4] whose mark is not 0, times a matrix.
ModelWriter kept_rows() {
  ModelWriter writer;
  writer.input("x", {10, 4});
  writer.input("marks", {10});
  writer.constant("w", {4, 6});
  integers(writer, "axes", {0});
  writer.node("NonZero", {"marks"}, {"places"}).name = "/keep/NonZero";
  writer.node("Squeeze", {"places", "axes"}, {"rows"});
  writer.node("Gather", {"x", "rows"}, {"kept"}, {number("axis", 0)});
  return writer;
}

TEST(OnnxBounds, NonZeroKeepsAllAtMostAndWhatFollowsSaysSo) {
  ModelWriter writer = kept_rows();
  writer.node("MatMul", {"kept", "w"}, {"y"});
  writer.node("Relu", {"x"}, {"exact"});
  writer.output("y");
  writer.output("exact");
  const Graph graph = writer.import();
  EXPECT_EQ(shape_of(graph), (Out{10, 6}));
  const Layer& product = graph.nodes.at(3).layer;
  EXPECT_EQ(facts(product).macs, 10.0 * 4 * 6);
  EXPECT_EQ(product.assumption, "at its largest: '/keep/NonZero' (NonZero) decides at run time");
  EXPECT_TRUE(graph.nodes.at(4).layer.assumption.empty());
  ASSERT_EQ(graph.notes.size(), 1U);
  EXPECT_EQ(graph.notes[0], "NonZero is counted at the most that it can give (/keep/NonZero)");
}

TEST(OnnxBounds, ALimitBehindThemHolds) {
  ModelWriter writer = kept_rows();
  integers(writer, "three", {3});
  writer.node("TopK", {"kept", "three"}, {"best", "which"}, {number("axis", 0)});
  integers(writer, "zero", {0});
  integers(writer, "two", {2});
  writer.node("Slice", {"best", "zero", "two"}, {"y"});
  writer.output("y");
  EXPECT_EQ(shape_of(writer.import()), (Out{2, 4}));
}

TEST(OnnxBounds, NonMaxSuppressionGivesNoMoreThanItIsTold) {
  for (const auto& [most, kept] : {std::pair{3.0, 6.0}, std::pair{9e18, 20.0}}) {
    ModelWriter writer;
    writer.input("boxes", {1, 10, 4});
    writer.input("scores", {1, 2, 10});
    integers(writer, "most", {most});
    writer.node("NonMaxSuppression", {"boxes", "scores", "most"}, {"y"});
    writer.output("y");
    const Graph graph = writer.import();
    EXPECT_EQ(shape_of(graph), (Out{kept, 3}));
    EXPECT_EQ(graph.nodes.at(0).layer.custom_reason, "NonMaxSuppression: its work depends on the boxes");
  }
}

TEST(OnnxBounds, SelectionsAreNoLargerThanWhatTheySelectFrom) {
  ModelWriter writer;
  writer.input("x", {6, 5});
  writer.input("condition", {4}, kBool);
  writer.input("k", {1}, kInt64);
  writer.node("Compress", {"x", "condition"}, {"compressed"}, {number("axis", 0)});
  writer.node("Unique", {"x"}, {"unique"});
  writer.node("TopK", {"x", "k"}, {"best", "which"});
  writer.node("Slice", {"x", "k", "k"}, {"sliced"});
  writer.constant("known", {6}, std::vector<double>{1, 0, 1, 0, 0, 1}, kBool);
  writer.node("Compress", {"x", "known"}, {"exact"}, {number("axis", 0)});
  for (const std::string output : {"compressed", "unique", "best", "sliced", "exact"}) writer.output(output);
  const Graph graph = writer.import();
  EXPECT_EQ(shape_of(graph, 0), (Out{4, 5}));
  EXPECT_EQ(shape_of(graph, 1), (Out{30}));
  EXPECT_EQ(shape_of(graph, 2), (Out{6, 5}));
  EXPECT_EQ(shape_of(graph, 3), (Out{6, 5}));
  EXPECT_EQ(shape_of(graph, 4), (Out{3, 5}));
  EXPECT_TRUE(graph.nodes.back().layer.assumption.empty());
}

TEST(OnnxBounds, IndicesAndCountsDoNotDecideTheFormat) {
  ModelWriter writer;
  writer.input("x", {6, 5});
  writer.input("k", {1}, kInt64);
  writer.node("TopK", {"x", "k"}, {"best", "which"});
  writer.node("GatherElements", {"x", "which"}, {"same"}, {number("axis", 1)});
  writer.output("same");
  const Graph graph = writer.import();
  for (const Node& node : graph.nodes) EXPECT_EQ(node.layer.precision.input, kFloat32) << node.layer.name;
}

TEST(OnnxBounds, AShapeThatTheFileStatesComesFirst) {
  ModelWriter writer;
  writer.input("marks", {10});
  writer.node("NonZero", {"marks"}, {"y"});
  writer.output("y", {1, 3});
  const Graph graph = writer.import();
  EXPECT_EQ(shape_of(graph), (Out{1, 3}));
  EXPECT_TRUE(graph.nodes.at(0).layer.assumption.empty());
}

TEST(OnnxBounds, WhatIsScatteredLeavesTheSizeAsItIs) {
  ModelWriter writer = kept_rows();
  writer.input("base", {10, 4});
  writer.node("Transpose", {"places"}, {"indices"});
  writer.node("ScatterND", {"base", "indices", "kept"}, {"filled"});
  writer.node("Relu", {"filled"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.back().layer.op, Op::relu);
  EXPECT_TRUE(graph.nodes.back().layer.assumption.empty());
}

TEST(OnnxBounds, LargestShapesThatDoNotFitEachOtherAreNoError) {
  ModelWriter writer = kept_rows();
  writer.input("others", {7});
  writer.node("NonZero", {"others"}, {"places2"});
  writer.node("Squeeze", {"places2", "axes"}, {"rows2"});
  writer.node("Gather", {"x", "rows2"}, {"kept2"}, {number("axis", 0)});
  writer.node("Add", {"kept", "kept2"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.back().layer.op, Op::custom);
  EXPECT_NE(graph.nodes.back().layer.custom_reason.find("Add: the largest shapes of its operands do not fit"),
            std::string::npos);
}

TEST(OnnxBounds, AConditionOnTheLargestSizeIsAGuess) {
  ModelWriter writer = kept_rows();
  integers(writer, "none", {0});
  writer.node("Size", {"kept"}, {"n"});
  writer.node("Equal", {"n", "none"}, {"is_empty"});
  ModelWriter empty;
  empty.node("Relu", {"x"}, {"r"});
  empty.output("r");
  ModelWriter filled;
  filled.node("Sigmoid", {"x"}, {"r"});
  filled.output("r");
  writer.node("If", {"is_empty"}, {"y"},
              {{.name = "then_branch", .graph = empty.graph()}, {.name = "else_branch", .graph = filled.graph()}});
  writer.output("y");
  const Graph graph = writer.import();
  const Layer& taken = graph.nodes.back().layer;
  EXPECT_EQ(taken.op, Op::sigmoid);
  EXPECT_EQ(taken.assumption, "at its largest: '/keep/NonZero' (NonZero) decides at run time");
}

}  // namespace
}  // namespace hwcost
