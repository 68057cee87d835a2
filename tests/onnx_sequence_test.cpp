// Sequences of tensors.
#include <gtest/gtest.h>

#include "support/onnx_graphs.hpp"

namespace hwcost {
namespace {

using test::body;
using test::Extents;
using test::fault_of;
using test::macs;
using test::ModelWriter;
using test::number;
using test::shape_of;
using Out = std::vector<double>;

constexpr int kInt64 = 7;
constexpr int kBool = 9;

void position(ModelWriter& writer, const std::string& name, double value) {
  writer.constant(name, {}, std::vector<double>{value}, kInt64);
}

// A sequence "s" of [2, 8], [3, 8] and [4, 8].
ModelWriter three_tensors() {
  ModelWriter writer;
  for (const std::int64_t rows : {2, 3, 4}) writer.input("x" + std::to_string(rows), {rows, 8});
  for (const double place : {-4, -1, 0, 1, 2, 3})
    position(writer, "at" + std::to_string(static_cast<int>(place)), place);
  writer.node("SequenceConstruct", {"x2", "x3", "x4"}, {"s"});
  return writer;
}

// The shape behind a Relu on an element of the sequence `name`.
Out element(ModelWriter writer, const std::string& name, const std::string& place) {
  writer.node("SequenceAt", {name, place}, {"e"});
  writer.node("Relu", {"e"}, {"y"});
  writer.output("y");
  return shape_of(writer.import());
}

TEST(OnnxSequence, AnElementIsTheTensorThatWasPutIn) {
  EXPECT_EQ(element(three_tensors(), "s", "at0"), (Out{2, 8}));
  EXPECT_EQ(element(three_tensors(), "s", "at2"), (Out{4, 8}));
  EXPECT_EQ(element(three_tensors(), "s", "at-1"), (Out{4, 8}));
}

TEST(OnnxSequence, InsertionAndErasureMoveWhatComesAfter) {
  ModelWriter writer = three_tensors();
  writer.node("SequenceInsert", {"s", "x4", "at0"}, {"longer"});
  writer.node("SequenceErase", {"longer", "at1"}, {"shorter"});
  writer.node("SequenceErase", {"shorter"}, {"two"});
  EXPECT_EQ(element(writer, "longer", "at1"), (Out{2, 8}));
  EXPECT_EQ(element(writer, "shorter", "at1"), (Out{3, 8}));
  EXPECT_EQ(element(writer, "two", "at-1"), (Out{3, 8}));
}

TEST(OnnxSequence, AnEmptyOneGrows) {
  ModelWriter writer;
  writer.input("x", {5, 8});
  position(writer, "zero", 0);
  writer.node("SequenceEmpty", {}, {"none"});
  writer.node("SequenceInsert", {"none", "x"}, {"one"});
  writer.node("Identity", {"one"}, {"same"});
  EXPECT_EQ(element(writer, "same", "zero"), (Out{5, 8}));
}

TEST(OnnxSequence, ItsLengthIsANumber) {
  ModelWriter writer = three_tensors();
  writer.input("x", {12});
  writer.node("SequenceLength", {"s"}, {"n"});
  writer.constant("axes", {1}, std::vector<double>{0}, kInt64);
  writer.constant("rest", {1}, std::vector<double>{-1}, kInt64);
  writer.node("Unsqueeze", {"n", "axes"}, {"rows"});
  writer.node("Concat", {"rows", "rest"}, {"target"}, {number("axis", 0)});
  writer.node("Reshape", {"x", "target"}, {"y"});
  writer.output("y");
  EXPECT_EQ(shape_of(writer.import()), (Out{3, 4}));
}

TEST(OnnxSequence, IsSplitAndJoinedAgain) {
  struct Case {
    std::vector<double> parts;
    bool is_list;
    std::int64_t keeps;
    Out first, last;
  };
  for (const Case& each : {Case{{}, false, 1, {2, 1, 8}, {2, 1, 8}}, Case{{}, false, 0, {2, 8}, {2, 8}},
                           Case{{2}, false, 1, {2, 2, 8}, {2, 1, 8}}, Case{{1, 4}, true, 1, {2, 1, 8}, {2, 4, 8}}}) {
    ModelWriter writer;
    writer.input("x", {2, 5, 8});
    position(writer, "first", 0);
    position(writer, "last", -1);
    std::vector<std::string> operands{"x"};
    if (!each.parts.empty()) {
      const auto length = static_cast<std::int64_t>(each.parts.size());
      writer.constant("parts", each.is_list ? Extents{length} : Extents{}, each.parts, kInt64);
      operands.emplace_back("parts");
    }
    writer.node("SplitToSequence", operands, {"s"}, {number("axis", 1), number("keepdims", each.keeps)});
    EXPECT_EQ(element(writer, "s", "first"), each.first);
    EXPECT_EQ(element(writer, "s", "last"), each.last);
    writer.node("ConcatFromSequence", {"s"}, {"y"}, {number("axis", 1), number("new_axis", 1 - each.keeps)});
    writer.output("y");
    EXPECT_EQ(shape_of(writer.import()), (Out{2, 5, 8}));
  }
}

TEST(OnnxSequence, ABodyMapsEveryElement) {
  ModelWriter each;
  each.input("e", {-1, 8});
  each.input("all", {8, 4});
  each.node("MatMul", {"e", "all"}, {"r"});
  each.output("r");
  ModelWriter writer = three_tensors();
  writer.constant("w", {8, 4});
  writer.node("SequenceMap", {"s", "w"}, {"mapped"}, {body("body", each)});
  EXPECT_EQ(element(writer, "mapped", "at1"), (Out{3, 4}));
  writer.output("mapped");
  const Graph graph = writer.import();
  EXPECT_EQ(macs(graph), (2.0 + 3 + 4) * 8 * 4);
  EXPECT_EQ(graph.outputs.size(), 3U) << "a sequence leaves the network as its elements";
}

TEST(OnnxSequence, ALoopThatFillsOneIsUnrolled) {
  ModelWriter step;
  step.input("i", {}, kInt64);
  step.input("go", {}, kBool);
  step.input("s", {1});
  step.node("Gather", {"starts", "i"}, {"start"}, {number("axis", 0)});
  step.node("Add", {"i", "one"}, {"next"});
  step.node("Gather", {"starts", "next"}, {"end"}, {number("axis", 0)});
  step.node("Slice", {"x", "start", "end"}, {"part"});
  step.node("SequenceInsert", {"s", "part"}, {"longer"});
  step.output("go");
  step.output("longer");
  ModelWriter writer;
  writer.input("x", {10, 8});
  writer.constant("starts", {4, 1}, std::vector<double>{0, 1, 4, 10}, kInt64);
  writer.constant("one", {}, std::vector<double>{1}, kInt64);
  writer.constant("M", {}, std::vector<double>{3}, kInt64);
  position(writer, "last", -1);
  writer.node("SequenceEmpty", {}, {"none"});
  writer.node("Loop", {"M", "", "none"}, {"parts"}, {body("body", step)});
  EXPECT_EQ(element(writer, "parts", "last"), (Out{6, 8}));
}

TEST(OnnxSequence, WhatIsDecidedAtRunTimeIsUnsupportedByName) {
  ModelWriter writer = three_tensors();
  writer.input("k", {1}, kInt64);
  writer.node("SequenceAt", {"s", "k"}, {"y"});
  writer.output("y");
  const Graph unknown = writer.import();
  EXPECT_EQ(unknown.nodes.at(0).layer.custom_reason, "SequenceAt: its position is computed at run time");
  EXPECT_FALSE(unknown.tensors.at(unknown.outputs.at(0)).known_shape);

  ModelWriter equal;
  equal.input("x", {4, 8});
  equal.input("k", {1}, kInt64);
  equal.node("SequenceConstruct", {"x", "x"}, {"s"});
  equal.node("SequenceAt", {"s", "k"}, {"y"});
  equal.output("y");
  EXPECT_EQ(shape_of(equal.import()), (Out{4, 8})) << "all elements have this shape";
}

TEST(OnnxSequence, WhatCannotBeIsAnError) {
  ModelWriter outside = three_tensors();
  outside.node("SequenceAt", {"s", "at3"}, {"y"});
  outside.output("y");
  EXPECT_NE(fault_of(outside).find("its position is 3, its sequence has 3 places"), std::string::npos);

  ModelWriter tensor = three_tensors();
  tensor.node("SequenceAt", {"x2", "at0"}, {"y"});
  tensor.output("y");
  EXPECT_NE(fault_of(tensor).find("operand 0 is a tensor, wanted a sequence"), std::string::npos);

  ModelWriter added = three_tensors();
  added.node("Add", {"s", "x2"}, {"y"});
  added.output("y");
  EXPECT_EQ(added.import().nodes.at(0).layer.custom_reason, "Add: operand 0 is a sequence");
}

}  // namespace
}  // namespace hwcost
