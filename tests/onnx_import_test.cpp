// Names, order, folding, free dimensions, stripped weights and errors of the ONNX importer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "hwcost/import/onnx.hpp"
#include "support/onnx_layers.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::error_of;
using test::Extents;
using test::ModelWriter;
using test::OnnxAttribute;

ModelWriter one_node(const std::string& type, Extents x, const std::vector<Extents>& constants,
                     std::vector<OnnxAttribute> attributes = {}) {
  ModelWriter writer;
  writer.input("x", std::move(x));
  std::vector<std::string> inputs{"x"};
  for (const Extents& shape : constants) {
    inputs.push_back("c" + std::to_string(inputs.size()));
    writer.constant(inputs.back(), shape);
  }
  writer.node(type, inputs, {"y"}, std::move(attributes)).name = "n";
  writer.output("y");
  return writer;
}

std::pair<std::string, std::string> name_and_module(const std::string& node) {
  ModelWriter writer;
  writer.input("x", {1});
  writer.node("Relu", {"x"}, {"y"}).name = node;
  writer.output("y");
  const Layer layer = writer.import().nodes.at(0).layer;
  return {layer.name, layer.module};
}

TEST(OnnxNames, ScopesBecomeDottedModules) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(name_and_module("/layer1/layer1.0/conv1/Conv"), Pair("layer1.0.conv1", "layer1.0.conv1"));
  EXPECT_EQ(name_and_module("/features/features.1/block/block.0/Relu"),
            Pair("features.1.block.0", "features.1.block.0"));
  EXPECT_EQ(name_and_module("/Reshape"), Pair("Reshape", ""));
  EXPECT_EQ(name_and_module("conv1"), Pair("conv1", ""));
  EXPECT_EQ(name_and_module("stage.block.relu"), Pair("stage.block.relu", "stage.block"));
  EXPECT_EQ(name_and_module(""), Pair("Relu_0", ""));
  EXPECT_EQ(name_and_module("a\nb\xff"), Pair("a?b?", ""));
}

TEST(OnnxOrder, NodesInDisorderAreSorted) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.node("Tanh", {"a"}, {"y"}).name = "second";
  writer.node("Relu", {"x"}, {"a"}).name = "first";
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.at(0).layer.name, "first");
  EXPECT_EQ(graph.nodes.at(1).layer.name, "second");
}

TEST(OnnxOrder, CyclesAndMissingAndRepeatedNamesAreErrors) {
  ModelWriter cycle;
  cycle.input("x", {1, 4});
  cycle.node("Add", {"x", "b"}, {"a"}).name = "one";
  cycle.node("Relu", {"a"}, {"b"}).name = "two";
  EXPECT_EQ(error_of(cycle), "test.onnx: node one: error: waits for its own output: the graph has a cycle");
  ModelWriter missing;
  missing.input("x", {1, 4});
  missing.node("Add", {"x", "nowhere"}, {"a"}).name = "n";
  EXPECT_EQ(error_of(missing), "test.onnx: node n: error: reads 'nowhere', which nothing writes");
  ModelWriter repeated;
  repeated.input("x", {1, 4});
  repeated.node("Relu", {"x"}, {"a"}).name = "n";
  repeated.node("Relu", {"x"}, {"a"}).name = "m";
  EXPECT_EQ(error_of(repeated), "test.onnx: node m: error: writes 'a', which another node writes too");
}

TEST(OnnxFolding, AShapeComputationBecomesTheNumbersItYields) {
  ModelWriter writer;
  writer.input("x", {2, 3, 4, 5});
  writer.constant("zero", {1}, std::vector<double>{0.0}, 7);
  writer.constant("one", {1}, std::vector<double>{1.0}, 7);
  writer.constant("rest", {1}, std::vector<double>{-1.0}, 7);
  writer.node("Shape", {"x"}, {"shape"});
  writer.node("Slice", {"shape", "zero", "one"}, {"batch"});
  writer.node("Mul", {"batch", "one"}, {"same"});
  writer.node("Concat", {"same", "rest"}, {"target"}, {{.name = "axis", .integer = 0}});
  writer.node("Reshape", {"x", "target"}, {"y"});
  writer.output("y");
  ImportLog log;
  const Graph graph = writer.import({}, &log);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].layer.op, Op::reshape);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{2.0, 60.0}));
  const auto says = [&](const ImportFact& fact) {
    return std::find(log.facts.begin(), log.facts.end(), fact) != log.facts.end();
  };
  EXPECT_TRUE(says({ImportFact::Kind::input, "", "", "x", "[2, 3, 4, 5]"}));
  EXPECT_TRUE(says({ImportFact::Kind::folded, "Shape_0", "Shape", "shape", "to {2, 3, 4, 5}"}));
  EXPECT_TRUE(says({ImportFact::Kind::folded, "Concat_3", "Concat", "target", "to {2, -1}"}));
}

TEST(OnnxUnknown, AnUnknownOperatorTakesItsShapeFromTheFile) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.node("Swirl", {"x"}, {"a"}).domain = "acme";
  writer.node("Relu", {"a"}, {"y"});
  writer.value_info("a", {1, 6});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.at(0).layer.op, Op::custom);
  EXPECT_EQ(graph.nodes.at(0).layer.custom_op, "acme.Swirl");
  EXPECT_EQ(graph.nodes.at(1).layer.op, Op::relu);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{1.0, 6.0}));
  EXPECT_FALSE(graph.notes.empty());
}

TEST(OnnxUnknown, WhatFollowsAnUnknownShapeIsNotModelledEither) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.node("Swirl", {"x"}, {"a"});
  writer.node("Relu", {"a"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.nodes.at(1).layer.op, Op::custom);
  EXPECT_EQ(graph.nodes.at(1).layer.custom_op, "Relu");
  EXPECT_FALSE(graph.tensors.at(graph.outputs.at(0)).known_shape);
}

ModelWriter free_batch() {
  ModelWriter writer;
  writer.input("x", {-1, 3, -1}, 1, {"N", "", "length"});
  writer.node("Relu", {"x"}, {"y"});
  writer.output("y");
  return writer;
}

TEST(OnnxInputs, FreeDimensionsThatNothingBindsAreListed) {
  EXPECT_EQ(error_of(free_batch()),
            "test.onnx: error: free dimensions: 'N' (axis 0 of 'x'), 'length' (axis 2 of 'x'); bind them by --batch "
            "(leading axes) or --input-shape (NAME=EXTENT, INPUT=SHAPE)");
  EXPECT_NE(error_of(free_batch(), {.batch = 2.0, .input_shapes = {}}).find("'length'"), std::string::npos);
}

TEST(OnnxInputs, OptionsBindThem) {
  const Graph graph = free_batch().import({.batch = {}, .input_shapes = {{"x", {2.0, 3.0, 7.0}}}});
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{2.0, 3.0, 7.0}));
}

TEST(OnnxInputs, AFreeDimensionIsBoundByItsNameWhereverItStands) {
  ModelWriter writer;
  writer.input("x", {-1, -1}, 1, {"N", "length"});
  writer.input("mask", {-1, -1}, 1, {"N", "length"});
  writer.node("Mul", {"x", "mask"}, {"y"});
  writer.output("y");
  EXPECT_EQ(error_of(writer),
            "test.onnx: error: free dimensions: 'N' (axis 0 of 'x', axis 0 of 'mask'), 'length' (axis 1 of 'x', axis 1 "
            "of 'mask'); bind them by --batch (leading axes) or --input-shape (NAME=EXTENT, INPUT=SHAPE)");
  const Graph graph = writer.import({.batch = 2.0, .input_shapes = {{"length", {5.0}}}});
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{2.0, 5.0}));
  EXPECT_EQ(error_of(writer, {.batch = {}, .input_shapes = {{"length", {5.0}}, {"x", {1.0, 6.0}}}}),
            "test.onnx: error: dimension 'length' of input 'x' is 6, elsewhere 5");
  EXPECT_EQ(error_of(writer, {.batch = 2.0, .input_shapes = {{"length", {5.0, 6.0}}}}),
            "test.onnx: error: dimension 'length' is given 2 extents, wanted one");
}

TEST(OnnxInputs, OptionsThatFitNoInputAreErrors) {
  EXPECT_EQ(error_of(free_batch(), {.batch = {}, .input_shapes = {{"y", {1.0}}}}),
            "test.onnx: error: a shape is given for 'y', which is no input and no free dimension of one");
  EXPECT_NE(error_of(free_batch(), {.batch = {}, .input_shapes = {{"x", {1.0}}}}), "no error");
  EXPECT_NE(error_of(free_batch(), {.batch = {}, .input_shapes = {{"x", {1.0, 3.0, 0.5}}}}), "no error");
  EXPECT_NE(error_of(free_batch(), {.batch = -1.0, .input_shapes = {}}), "no error");
}

TEST(OnnxStrippedWeights, InputsInWeightPositionsAreParametersAndTheNotesSaySo) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.input("w", {8, 4});
  writer.input("token", {1, 4});
  writer.node("MatMul", {"x", "w"}, {"a"});
  writer.node("Concat", {"a", "token"}, {"y"}, {{.name = "axis", .integer = 0}});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.inputs.size(), 1U);
  EXPECT_EQ(graph.nodes.at(0).layer.op, Op::linear);
  EXPECT_EQ(graph.notes.size(), 2U);
  const Graph as_activation = writer.import({.batch = {}, .input_shapes = {{"token", {1.0, 4.0}}}});
  EXPECT_EQ(as_activation.inputs.size(), 2U);
}

TEST(OnnxStrippedWeights, TheOrderOfTheInputsDoesNotMatter) {
  ModelWriter writer;
  writer.input("w", {8, 4});
  writer.input("x", {1, 8});
  writer.node("MatMul", {"x", "w"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.tensors.at(graph.inputs.at(0)).name, "x");
  EXPECT_EQ(graph.inputs.size(), 1U);
}

TEST(OnnxStrippedWeights, AnInputThatIsAMatrixAndItsOwnFactorIsAnActivation) {
  ModelWriter writer;
  writer.input("x", {4, 4});
  writer.node("MatMul", {"x", "x"}, {"y"});
  writer.output("y");
  EXPECT_EQ(writer.import().nodes.at(0).layer.op, Op::matmul);
}

TEST(OnnxStrippedWeights, TwoInputsThatAreAddedAreActivations) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.input("z", {1, 8});
  writer.node("Add", {"x", "z"}, {"y"});
  writer.output("y");
  EXPECT_EQ(writer.import().inputs.size(), 2U);
}

TEST(OnnxErrors, ContradictionsNameTheNode) {
  EXPECT_EQ(error_of(one_node("Conv", {1, 3, 4, 4}, {{8, 4, 3, 3}})),
            "test.onnx: node n: error: its input has 3 channels, its weight and groups want 4");
  EXPECT_EQ(error_of(one_node("Conv", {1, 3, 2, 2}, {{8, 3, 3, 3}})),
            "test.onnx: node n: error: kernel 3 with dilation 1 exceeds the padded input of 2");
  EXPECT_EQ(error_of(one_node("Conv", {1, 4, 4, 4}, {{7, 2, 1, 1}}, {{.name = "group", .integer = 2}})),
            "test.onnx: node n: error: 7 output channels cannot be divided into 2 groups");
  EXPECT_EQ(error_of(one_node("Add", {1, 3}, {{4}})),
            "test.onnx: node n: error: its operands have shapes [1, 3] and [4], which do not fit each other");
  EXPECT_EQ(error_of(one_node("MatMul", {1, 3}, {{4, 5}})),
            "test.onnx: node n: error: its operands have shapes [1, 3] and [4, 5], whose inner extents 3 and 4 differ");
  EXPECT_NE(error_of(one_node("Conv", {1, 3, 4, 4}, {{8, 3, 3, 3}}, {{.name = "strides", .integers = Extents{0, 1}}})),
            "no error");
  EXPECT_NE(error_of(one_node("Softmax", {1, 3}, {}, {{.name = "axis", .integer = 5}})), "no error");
}

TEST(OnnxErrors, AttributesOfAnotherKindAreNotTakenForTheirDefaults) {
  EXPECT_EQ(error_of(one_node("Conv", {1, 3, 4, 4}, {{8, 3, 3, 3}}, {{.name = "pads", .text = "foo"}})),
            "test.onnx: node n: error: attribute 'pads' is no list of integers");
  EXPECT_EQ(error_of(one_node("Conv", {1, 3, 4, 4}, {{8, 3, 3, 3}}, {{.name = "group", .real = 1.0F}})),
            "test.onnx: node n: error: attribute 'group' is no integer");
  EXPECT_EQ(error_of(one_node("Conv", {1, 3, 4, 4}, {{8, 3, 3, 3}}, {{.name = "auto_pad", .integer = 1}})),
            "test.onnx: node n: error: attribute 'auto_pad' is no text");
  EXPECT_EQ(error_of(one_node("Conv", {1, 3, 4, 4}, {{8, 3, 3, 3}}, {{.name = "auto_pad", .text = "foo"}})),
            "test.onnx: node n: error: auto_pad is 'foo', wanted NOTSET, VALID, SAME_UPPER or SAME_LOWER");
}

TEST(OnnxErrors, ANameStandsForOneTensor) {
  ModelWriter twice;
  twice.input("x", {1, 3, 4, 4});
  twice.constant("w", {8, 3, 3, 3});
  twice.constant("w", {8, 3, 1, 1});
  twice.node("Conv", {"x", "w"}, {"y"});
  twice.output("y");
  EXPECT_EQ(error_of(twice), "test.onnx: error: tensor 'w' is stored twice");
  ModelWriter contradicting;
  contradicting.input("x", {1, 3, 4, 4});
  contradicting.input("w", {8, 3, 3, 3});
  contradicting.constant("w", {8, 3, 1, 1});
  contradicting.node("Conv", {"x", "w"}, {"y"});
  contradicting.output("y");
  EXPECT_EQ(error_of(contradicting),
            "test.onnx: error: input 'w' has shape [8, 3, 3, 3], the tensor that is stored for it [8, 3, 1, 1]");
}

TEST(OnnxErrors, ImpossibleExtentsAreErrorsNotWraps) {
  const std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_NE(error_of(one_node("Relu", {huge, huge}, {})), "no error");
  EXPECT_NE(error_of(one_node("Relu", {1, -3}, {})), "no error");
  EXPECT_NE(error_of(one_node("Relu", {1, 0}, {})), "no error");
  EXPECT_NE(error_of(one_node("Add", {std::int64_t{1} << 40, 1}, {{1, std::int64_t{1} << 40}})), "no error");
  EXPECT_NE(error_of(one_node("MatMul", {1, 4}, {{4, -7}})), "no error");
}

TEST(OnnxFiles, WhatIsNoModelIsAnError) {
  const auto folder = std::filesystem::temp_directory_path();
  EXPECT_THROW((void)import_onnx(folder), InputError);
  EXPECT_THROW((void)import_onnx(folder / "there_is_no_such_file.onnx"), InputError);
  EXPECT_THROW((void)import_onnx(std::span<const std::byte>(), "empty.onnx"), InputError);
}

TEST(OnnxFiles, MappedAndGivenBytesAreTheSameGraph) {
  const std::string path = std::string(HWCOST_SOURCE_DIR) + "/tests/models/qonnx_mixed_op13.onnx";
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(import_onnx(path), import_onnx(std::as_bytes(std::span(bytes)), path));
}

}  // namespace
}  // namespace hwcost
