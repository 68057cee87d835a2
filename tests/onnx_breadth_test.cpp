// Operators and their forms in different opsets: shapes, work, and what is said where there is no model.
#include <gtest/gtest.h>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"
#include "support/onnx_layers.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::Extents;
using test::ModelWriter;
using test::OnnxAttribute;
using Out = std::vector<double>;

constexpr int kInt64 = 7;

OnnxAttribute number(std::string name, std::int64_t value) { return {.name = std::move(name), .integer = value}; }
OnnxAttribute list(std::string name, Extents values) {
  return {.name = std::move(name), .integers = std::move(values)};
}
OnnxAttribute text(std::string name, std::string value) { return {.name = std::move(name), .text = std::move(value)}; }

// One node on activations of the given shapes, then on constants of known integers.
struct OneNode {
  std::string type;
  std::vector<Extents> activations;
  std::vector<Extents> integers{};
  std::vector<OnnxAttribute> attributes{};
  std::int64_t opset = 20;
  std::string domain{};
  std::size_t outputs = 1;

  [[nodiscard]] Graph import() const {
    ModelWriter writer;
    writer.opset = opset;
    std::vector<std::string> names;
    for (const Extents& shape : activations) {
      names.push_back("x" + std::to_string(names.size()));
      writer.input(names.back(), shape);
    }
    for (const Extents& values : integers) {
      names.push_back("c" + std::to_string(names.size()));
      writer.constant(names.back(), {static_cast<std::int64_t>(values.size())},
                      std::vector<double>(values.begin(), values.end()), kInt64);
    }
    std::vector<std::string> results;
    for (std::size_t k = 0; k < outputs; ++k) results.push_back("y" + std::to_string(k));
    writer.node(type, names, results, attributes).domain = domain;
    for (const std::string& result : results) writer.output(result);
    return writer.import();
  }
};

const Layer& last_layer(const Graph& graph) { return graph.nodes.back().layer; }
Out shape_of(const Graph& graph, std::size_t output = 0) { return graph.tensors.at(graph.outputs.at(output)).shape; }

std::string fault_of(const OneNode& node) {
  try {
    (void)node.import();
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(OnnxEinsum, AnEquationIsTheProductThatItSpells) {
  struct Case {
    std::string equation;
    Extents a, b;
    Out out;
    double macs;
  };
  const std::vector<Case> cases{
      {"ij,jk->ik", {3, 4}, {4, 5}, {3, 5}, 3.0 * 4 * 5},
      {"bhid,bhjd->bhij", {2, 3, 4, 5}, {2, 3, 6, 5}, {2, 3, 4, 6}, 2.0 * 3 * 4 * 6 * 5},
      {"bhij,bjhd->bihd", {2, 3, 4, 6}, {2, 6, 3, 5}, {2, 4, 3, 5}, 2.0 * 3 * 4 * 6 * 5},
      {"...ij,...jk", {7, 3, 4}, {7, 4, 5}, {7, 3, 5}, 7.0 * 3 * 4 * 5},
      {"ab , cb", {3, 4}, {5, 4}, {3, 5}, 3.0 * 4 * 5},
  };
  for (const Case& c : cases) {
    const Graph graph =
        OneNode{.type = "Einsum", .activations = {c.a, c.b}, .attributes = {text("equation", c.equation)}}.import();
    EXPECT_EQ(last_layer(graph).op, Op::matmul) << c.equation;
    EXPECT_EQ(shape_of(graph), c.out) << c.equation;
    EXPECT_EQ(work(last_layer(graph)).macs, c.macs) << c.equation;
  }
}

TEST(OnnxEinsum, AConstantOperandIsALinearLayersWeight) {
  ModelWriter writer;
  writer.input("x", {2, 10, 16});
  writer.constant("w", {16, 4, 8});
  writer.node("Einsum", {"x", "w"}, {"y"}, {text("equation", "bld,dhk->blhk")});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(last_layer(graph).op, Op::linear);
  EXPECT_EQ(work(last_layer(graph)).macs, 2.0 * 10 * 16 * 32);
  EXPECT_EQ(facts(last_layer(graph)).params, 16.0 * 32);
  EXPECT_EQ(shape_of(graph), (Out{2, 10, 4, 8}));
}

TEST(OnnxEinsum, OneOperandIsTransposedOrSummed) {
  const auto einsum = [](const std::string& equation) {
    return OneNode{.type = "Einsum", .activations = {{3, 4}}, .attributes = {text("equation", equation)}}.import();
  };
  EXPECT_EQ(last_layer(einsum("ij->ji")).op, Op::transpose);
  EXPECT_EQ(last_layer(einsum("ij->i")).op, Op::reduce_sum);
  EXPECT_EQ(shape_of(einsum("ij->i")), (Out{3}));
}

TEST(OnnxEinsum, WhatNoLayerIsStaysUnsupportedWithItsShape) {
  const Graph graph =
      OneNode{
          .type = "Einsum", .activations = {{3, 4}, {4, 5}, {5, 6}}, .attributes = {text("equation", "ij,jk,kl->il")}}
          .import();
  EXPECT_EQ(last_layer(graph).op, Op::custom);
  EXPECT_EQ(last_layer(graph).custom_reason, "Einsum: it is a product of more than two operands");
  EXPECT_EQ(shape_of(graph), (Out{3, 6}));
}

TEST(OnnxEinsum, AnEquationThatDoesNotFitIsAnError) {
  for (const std::string equation : {"ij->ik", "ijk->i", "i,j->ij", "i?->i", "ij->ii", "....->", ""}) {
    const OneNode node{.type = "Einsum", .activations = {{3, 4}}, .attributes = {text("equation", equation)}};
    EXPECT_NE(fault_of(node).find("does not fit its operands"), std::string::npos) << equation;
  }
}

TEST(OnnxBreadth, SamplingOperatorsHaveTheShapeOfTheirGrid) {
  EXPECT_EQ(shape_of(OneNode{.type = "GridSample", .activations = {{2, 3, 8, 8}, {2, 5, 6, 2}}}.import()),
            (Out{2, 3, 5, 6}));
  const Graph sampled = OneNode{.type = "GridSample", .activations = {{2, 3, 8, 8}, {2, 5, 6, 2}}}.import();
  EXPECT_EQ(last_layer(sampled).op, Op::resize_linear);
  EXPECT_FALSE(last_layer(sampled).assumption.empty());
  EXPECT_EQ(shape_of(OneNode{.type = "AffineGrid", .activations = {{2, 2, 3}}, .integers = {{2, 3, 5, 6}}}.import()),
            (Out{2, 5, 6, 2}));
  EXPECT_EQ(shape_of(OneNode{.type = "RoiAlign",
                             .activations = {{1, 8, 32, 32}, {10, 4}, {10}},
                             .attributes = {number("output_height", 7), number("output_width", 7)}}
                         .import()),
            (Out{10, 8, 7, 7}));
  EXPECT_EQ(shape_of(OneNode{.type = "Col2Im", .activations = {{1, 5, 5}}, .integers = {{5, 5}, {1, 5}}}.import()),
            (Out{1, 1, 5, 5}));
  EXPECT_EQ(shape_of(OneNode{.type = "MaxUnpool",
                             .activations = {{1, 1, 2, 2}, {1, 1, 2, 2}},
                             .attributes = {list("kernel_shape", {2, 2}), list("strides", {2, 2})}}
                         .import()),
            (Out{1, 1, 4, 4}));
  EXPECT_EQ(shape_of(OneNode{.type = "CenterCropPad",
                             .activations = {{20, 10, 3}},
                             .integers = {{10, 9}},
                             .attributes = {list("axes", {0, 1})}}
                         .import()),
            (Out{10, 9, 3}));
}

TEST(OnnxBreadth, ATransformWithoutAModelKeepsItsShape) {
  const Graph spectrum = OneNode{.type = "DFT",
                                 .activations = {{1, 10, 10, 1}},
                                 .attributes = {number("onesided", 1), number("axis", 1)},
                                 .opset = 17}
                             .import();
  EXPECT_EQ(shape_of(spectrum), (Out{1, 6, 10, 2}));
  EXPECT_EQ(last_layer(spectrum).custom_reason, "DFT: it is a Fourier transform");
  ModelWriter writer;
  writer.input("x", {1, 128, 1});
  writer.constant("step", {}, std::vector<double>{8}, kInt64);
  writer.constant("length", {}, std::vector<double>{16}, kInt64);
  writer.node("STFT", {"x", "step", "", "length"}, {"y"});
  writer.output("y");
  EXPECT_EQ(shape_of(writer.import()), (Out{1, 15, 9, 2}));
}

TEST(OnnxBreadth, FramesOfNoStatedLengthAreOneError) {
  const auto fault = [](const std::string& window, const std::string& length) {
    ModelWriter writer;
    writer.input("x", {1, 128, 1});
    writer.constant("step", {}, std::vector<double>{8}, kInt64);
    writer.constant("none", {0}, std::vector<double>{}, kInt64);
    writer.constant("scalar", {}, std::vector<double>{1});
    writer.node("STFT", {"x", "step", window, length}, {"y"}).name = "stft";
    writer.output("y");
    return test::error_of(writer);
  };
  EXPECT_EQ(fault("", "none"), "test.onnx: node stft: error: its frame_length is [], wanted one number");
  EXPECT_EQ(fault("scalar", ""),
            "test.onnx: node stft: error: operand 2 has shape [], STFT needs at least 1 dimensions");
}

TEST(OnnxBreadth, OperatorsThatMakeTensorsHaveTheShapeThatTheySay) {
  const Graph one_hot = [] {
    ModelWriter writer;
    writer.input("x", {2, 3}, kInt64);
    writer.constant("depth", {}, std::vector<double>{5}, kInt64);
    writer.constant("values", {2}, std::vector<double>{0, 1});
    writer.node("OneHot", {"x", "depth", "values"}, {"y"}, {number("axis", 1)});
    writer.output("y");
    return writer.import();
  }();
  EXPECT_EQ(shape_of(one_hot), (Out{2, 5, 3}));
  EXPECT_EQ(shape_of(OneNode{.type = "Trilu", .activations = {{4, 5}}}.import()), (Out{4, 5}));
  const Graph random = OneNode{.type = "RandomNormalLike", .activations = {{4, 5}}}.import();
  EXPECT_EQ(last_layer(random).custom_reason, "RandomNormalLike: it draws random numbers");
  EXPECT_EQ(shape_of(random), (Out{4, 5}));
  const Graph drawn =
      OneNode{.type = "RandomNormal", .activations = {}, .attributes = {list("shape", {2, 3})}}.import();
  EXPECT_EQ(last_layer(drawn).op, Op::custom);
  EXPECT_EQ(shape_of(drawn), (Out{2, 3}));
}

TEST(OnnxBreadth, StatisticsOfABatchNormInTrainingAreOneAChannel) {
  ModelWriter writer;
  writer.input("x", {2, 3, 4, 4});
  for (const std::string name : {"scale", "shift", "mean", "variance"}) writer.constant(name, {3});
  writer.node("BatchNormalization", {"x", "scale", "shift", "mean", "variance"}, {"y", "m", "v"},
              {{.name = "training_mode", .integer = 1}});
  writer.output("v");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{3.0}));
}

TEST(OnnxBreadth, ADeformableConvolutionIsCountedAsAConvolution) {
  ModelWriter writer;
  writer.input("x", {1, 8, 10, 10});
  writer.input("offset", {1, 18, 10, 10});
  writer.constant("w", {4, 8, 3, 3});
  writer.constant("b", {4});
  writer.node("DeformConv", {"x", "w", "offset", "b"}, {"y"}, {list("pads", {1, 1, 1, 1})});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(last_layer(graph).op, Op::conv2d);
  EXPECT_EQ(work(last_layer(graph)).macs, 100.0 * 4 * 8 * 9);
  EXPECT_EQ(facts(last_layer(graph)).params, 4.0 * 72 + 4.0);
  EXPECT_FALSE(last_layer(graph).assumption.empty());
}

TEST(OnnxBreadth, ResizeKeepsTheAspectRatioWhereItIsTold) {
  const auto resized = [](const std::string& policy) {
    ModelWriter writer;
    writer.opset = 19;
    writer.input("x", {1, 1, 10, 20});
    writer.constant("sizes", {2}, std::vector<double>{5, 5}, kInt64);
    writer.node("Resize", {"x", "", "", "sizes"}, {"y"},
                {text("keep_aspect_ratio_policy", policy), list("axes", {2, 3})});
    writer.output("y");
    return shape_of(writer.import());
  };
  EXPECT_EQ(resized("stretch"), (Out{1, 1, 5, 5}));
  EXPECT_EQ(resized("not_larger"), (Out{1, 1, 3, 5}));  // 2.5 is rounded up
  EXPECT_EQ(resized("not_smaller"), (Out{1, 1, 5, 10}));
}

TEST(OnnxBreadth, ResizeTakesTheRegionThatItCrops) {
  ModelWriter writer;
  writer.input("x", {1, 1, 10, 20});
  writer.constant("roi", {8}, std::vector<double>{0, 0, 0.25, 0.5, 1, 1, 0.75, 1});
  writer.constant("scales", {4}, std::vector<double>{1, 1, 2, 2});
  writer.node("Resize", {"x", "roi", "scales"}, {"y"}, {text("coordinate_transformation_mode", "tf_crop_and_resize")});
  writer.output("y");
  EXPECT_EQ(shape_of(writer.import()), (Out{1, 1, 10, 20}));
}

TEST(OnnxBreadth, AnEarlyUpsampleHasItsScalesAsAttributes) {
  const Graph graph =
      OneNode{.type = "Upsample",
              .activations = {{1, 1, 4, 4}},
              .attributes = {{.name = "height_scale", .real = 2.0F}, {.name = "width_scale", .real = 3.0F}},
              .opset = 1}
          .import();
  EXPECT_EQ(shape_of(graph), (Out{1, 1, 8, 12}));
}

TEST(OnnxBreadth, RowsOfAConstantTableAreOwnedHoweverTheyAreTaken) {
  for (const std::string type : {"GatherElements", "GatherND"}) {
    ModelWriter writer;
    writer.constant("table", {6, 8});
    writer.input("x", {6, 1}, kInt64);
    writer.node(type, {"table", "x"}, {"y"});
    writer.output("y");
    const Graph graph = writer.import();
    EXPECT_EQ(last_layer(graph).op, Op::embedding) << type;
    EXPECT_EQ(facts(last_layer(graph)).params, 48.0) << type;
  }
}

TEST(OnnxBreadth, AutomaticPaddingPrevailsOverPadsAndANoteSaysSo) {
  ModelWriter writer;
  writer.input("x", {1, 1, 6, 6});
  writer.constant("w", {1, 1, 3, 3});
  writer.node("Conv", {"x", "w"}, {"y"}, {text("auto_pad", "VALID"), list("pads", {1, 1, 1, 1})});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(shape_of(graph), (Out{1, 1, 4, 4}));
  ASSERT_FALSE(graph.notes.empty());
  EXPECT_EQ(graph.notes.front(), "Conv_0: auto_pad is VALID, its pads [1, 1, 1, 1] are not used");
}

TEST(OnnxRefusals, NumbersThatMakeNoSenseAreErrors) {
  const auto with = [](const std::string& type, Extents x, std::vector<OnnxAttribute> attributes,
                       std::vector<Extents> integers = {}, std::size_t outputs = 1) {
    return fault_of({.type = type,
                     .activations = {std::move(x)},
                     .integers = std::move(integers),
                     .attributes = std::move(attributes),
                     .outputs = outputs});
  };
  EXPECT_NE(with("Split", {4}, {number("num_outputs", 0)}, {}, 2).find("num_outputs is 0"), std::string::npos);
  EXPECT_NE(with("Split", {4}, {number("num_outputs", -3)}, {}, 2).find("num_outputs is -3"), std::string::npos);
  EXPECT_NE(with("Split", {4}, {}, {}, 3).find("leave nothing of 4"), std::string::npos);
  EXPECT_NE(with("GroupNormalization", {1, 4, 2, 2}, {number("num_groups", 0)}).find("num_groups is 0"),
            std::string::npos);
  EXPECT_NE(with("Slice", {8, 8}, {}, {{0, 1}, {4, 5}, {1, -1}}).find("slices axis 1 twice"), std::string::npos);
  EXPECT_NE(with("Reshape", {8}, {}, {{std::int64_t{1} << 60, 8}}).find("[beyond 2^53, 8]"), std::string::npos);
}

TEST(OnnxRefusals, AnElementwiseOperatorWithoutOperandsIsAnError) {
  ModelWriter writer;
  writer.node("Equal", {}, {"y"});
  writer.output("y");
  EXPECT_THROW((void)writer.import(), InputError);
}

TEST(OnnxRefusals, AShapeOfFloatsIsAnError) {
  ModelWriter writer;
  writer.input("x", {8});
  writer.constant("shape", {2}, std::vector<double>{2, 4});
  writer.node("Reshape", {"x", "shape"}, {"y"});
  writer.output("y");
  EXPECT_THROW((void)writer.import(), InputError);
}

TEST(OnnxRefusals, ElementTypesThatOnnxDoesNotDefineAreErrors) {
  for (const int type : {0, 27, 99, -1}) {
    ModelWriter stored;
    stored.input("x", {4});
    stored.constant("w", {4}, {}, type);
    stored.node("Add", {"x", "w"}, {"y"});
    stored.output("y");
    EXPECT_THROW((void)stored.import(), InputError) << type;
    ModelWriter given;
    given.input("x", {4}, type);
    given.node("Relu", {"x"}, {"y"});
    given.output("y");
    EXPECT_THROW((void)given.import(), InputError) << type;
    EXPECT_NE(fault_of({.type = "Cast", .activations = {{4}}, .attributes = {number("to", type)}}), "none") << type;
  }
}

TEST(OnnxEarlyOpsets, OperandsAreAlignedByAnAxis) {
  ModelWriter writer;
  writer.opset = 6;
  writer.input("x", {2, 3, 4, 5});
  writer.constant("c", {3, 4});
  writer.node("Mul", {"x", "c"}, {"y"}, {number("broadcast", 1), number("axis", 1)});
  writer.output("y");
  EXPECT_EQ(shape_of(writer.import()), (Out{2, 3, 4, 5}));
  ModelWriter slopes;
  slopes.opset = 6;
  slopes.input("x", {2, 3, 4, 5});
  slopes.constant("c", {3});
  slopes.node("PRelu", {"x", "c"}, {"y"});
  slopes.output("y");
  EXPECT_EQ(shape_of(slopes.import()), (Out{2, 3, 4, 5}));
}

TEST(OnnxEarlyOpsets, DefaultsAndTypeNamesAreThoseOfTheirTime) {
  EXPECT_EQ(shape_of(OneNode{.type = "Concat", .activations = {{2, 3}, {2, 5}}, .opset = 1}.import()), (Out{2, 8}));
  const Graph cast =
      OneNode{.type = "Cast", .activations = {{2, 3}}, .attributes = {text("to", "INT64")}, .opset = 5}.import();
  EXPECT_EQ(cast.tensors.at(cast.outputs.at(0)).format, integer(64.0));
}

// Shape of y = Reshape(x, [folded integers]), where x has 24 elements.
class ShapeChain {
 public:
  ShapeChain() {
    writer_.opset = 18;
    writer_.input("x", {2, 3, 4});
    writer_.node("Shape", {"x"}, {"s"});
  }
  ShapeChain& constant(const std::string& name, const std::vector<double>& values, int type = kInt64) {
    writer_.constant(name, {static_cast<std::int64_t>(values.size())}, values, type);
    return *this;
  }
  ShapeChain& node(const std::string& type, std::vector<std::string> in, std::vector<std::string> out,
                   std::vector<OnnxAttribute> attributes = {}) {
    writer_.node(type, std::move(in), std::move(out), std::move(attributes));
    return *this;
  }
  Out reshaped_to(const std::string& name) {
    writer_.node("Reshape", {"x", name}, {"y"});
    writer_.output("y");
    return shape_of(writer_.import());
  }

 private:
  ModelWriter writer_;
};

TEST(OnnxFolding, ShapeChainsBecomeNumbersThroughEverySelection) {
  EXPECT_EQ(ShapeChain()
                .node("Split", {"s"}, {"a", "b", "c"}, {number("num_outputs", 3)})
                .node("Mul", {"b", "c"}, {"bc"})
                .node("Concat", {"a", "bc"}, {"t"}, {number("axis", 0)})
                .reshaped_to("t"),
            (Out{2, 12}));
  EXPECT_EQ(ShapeChain()
                .constant("parts", {1, 2})
                .node("Split", {"s", "parts"}, {"a", "b"})
                .node("ReduceProd", {"b"}, {"p"})
                .node("Concat", {"p", "a"}, {"t"}, {number("axis", 0)})
                .reshaped_to("t"),
            (Out{12, 2}));
  EXPECT_EQ(ShapeChain().constant("order", {2, 0, 1}).node("GatherElements", {"s", "order"}, {"t"}).reshaped_to("t"),
            (Out{4, 2, 3}));
  EXPECT_EQ(ShapeChain()
                .constant("one", {1})
                .constant("twice", {2})
                .node("Slice", {"s", "one", "twice"}, {"three"})
                .constant("minus", {-1})
                .node("Tile", {"minus", "one"}, {"rest"})
                .node("Concat", {"three", "rest"}, {"t"}, {number("axis", 0)})
                .reshaped_to("t"),
            (Out{3, 8}));
}

TEST(OnnxFolding, ArithmeticAndComparisonsOfShapesAreKnown) {
  // Where(s > 2, s, 1) is [1, 3, 4]; times 2 where 0 stands for nothing else.
  EXPECT_EQ(ShapeChain()
                .constant("two", {2})
                .constant("one", {1})
                .constant("last", {2, 1, 1})
                .node("Greater", {"s", "two"}, {"g"})
                .node("Where", {"g", "s", "one"}, {"w"})
                .node("Mul", {"w", "last"}, {"t"})
                .reshaped_to("t"),
            (Out{2, 3, 4}));
  EXPECT_EQ(ShapeChain()
                .constant("three", {3})
                .node("Mod", {"s", "three"}, {"m"})  // [2, 0, 1]
                .node("Max", {"m", "s"}, {"t"})      // [2, 3, 4]
                .node("CumSum", {"m", "zero"}, {"unused"})
                .constant("zero", {0})
                .reshaped_to("t"),
            (Out{2, 3, 4}));
  EXPECT_EQ(ShapeChain()
                .constant("half", {0.5}, 1)
                .node("Cast", {"s"}, {"f"}, {number("to", 1)})
                .node("Mul", {"f", "half"}, {"h"})  // [1, 1.5, 2]
                .node("Floor", {"h"}, {"d"})
                .node("Cast", {"d"}, {"i"}, {number("to", kInt64)})  // [1, 1, 2]
                .node("ReduceProd", {"i"}, {"p"})
                .constant("minus", {-1})
                .node("Concat", {"p", "minus"}, {"t"}, {number("axis", 0)})
                .reshaped_to("t"),
            (Out{2, 12}));
}

TEST(OnnxFolding, PositionsThatAreNotZeroAreKnownWhereTheElementsAre) {
  EXPECT_EQ(ShapeChain()
                .constant("two", {2})
                .node("Greater", {"s", "two"}, {"g"})
                .node("NonZero", {"g"}, {"n"})  // [[1, 2]]
                .node("Squeeze", {"n"}, {"k"})
                .node("Gather", {"s", "k"}, {"e"})  // [3, 4]
                .constant("minus", {-1})
                .node("Concat", {"minus", "e"}, {"t"}, {number("axis", 0)})
                .reshaped_to("t"),
            (Out{2, 3, 4}));
}

TEST(OnnxFolding, ReductionsOfOneAxisAreKnown) {
  EXPECT_EQ(ShapeChain()
                .node("Concat", {"s", "s"}, {"ss"}, {number("axis", 0)})
                .constant("rows", {2, 3})
                .node("Reshape", {"ss", "rows"}, {"m"})  // [[2, 3, 4], [2, 3, 4]]
                .constant("first", {0})
                .node("ReduceMean", {"m", "first"}, {"t"}, {number("keepdims", 0)})
                .reshaped_to("t"),
            (Out{2, 3, 4}));
}

}  // namespace
}  // namespace hwcost
