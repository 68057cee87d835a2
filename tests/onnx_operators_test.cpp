// What single operators become.
#include <gtest/gtest.h>

#include <random>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

using test::Extents;
using test::ModelWriter;
using test::OnnxAttribute;

OnnxAttribute number(std::string name, std::int64_t value) { return {.name = std::move(name), .integer = value}; }
OnnxAttribute list(std::string name, Extents values) {
  return {.name = std::move(name), .integers = std::move(values)};
}
OnnxAttribute text(std::string name, std::string value) { return {.name = std::move(name), .text = std::move(value)}; }

struct Imported {
  Graph graph;
  Op op;
  std::vector<double> out;  // shape of the last layer's first output
  [[nodiscard]] const Layer& layer() const { return graph.nodes.back().layer; }
  template <class D>
  [[nodiscard]] const D& dims() const {
    return std::get<D>(layer().dims);
  }
};

Imported run(const ModelWriter& writer) {
  Graph graph = writer.import();
  const Node& last = graph.nodes.back();
  const Op op = last.layer.op;
  std::vector<double> out = graph.tensors.at(last.outputs.at(0)).shape;
  return {std::move(graph), op, std::move(out)};
}

// One node on the activation x and constants of the given shapes.
Imported run(const std::string& type, Extents x, const std::vector<Extents>& constants,
             std::vector<OnnxAttribute> attributes = {}, std::int64_t opset = 17) {
  ModelWriter writer;
  writer.opset = opset;
  writer.input("x", std::move(x));
  std::vector<std::string> inputs{"x"};
  for (const Extents& shape : constants) {
    inputs.push_back("c" + std::to_string(inputs.size()));
    writer.constant(inputs.back(), shape);
  }
  writer.node(type, inputs, {"y"}, std::move(attributes));
  writer.output("y");
  return run(writer);
}

// One node on the activation x and one operand of known integers.
Imported run_with(const std::string& type, Extents x, const std::vector<Extents>& values,
                  std::vector<OnnxAttribute> attributes = {}) {
  ModelWriter writer;
  writer.input("x", std::move(x));
  std::vector<std::string> inputs{"x"};
  for (const Extents& value : values) {
    inputs.push_back("v" + std::to_string(inputs.size()));
    writer.constant(inputs.back(), {static_cast<std::int64_t>(value.size())},
                    std::vector<double>(value.begin(), value.end()), 7);
  }
  writer.node(type, inputs, {"y"}, std::move(attributes));
  writer.output("y");
  return run(writer);
}

using Out = std::vector<double>;

TEST(OnnxConvolution, OneTwoAndThreeDimensionsKeepTheirPlace) {
  const Imported one = run("Conv", {2, 4, 10}, {{6, 4, 3}}, {list("dilations", {2})});
  EXPECT_EQ(one.op, Op::conv1d);
  EXPECT_EQ(one.out, (Out{2, 6, 6}));
  EXPECT_EQ(one.dims<Convolution<>>().kernel_width, 3.0);
  EXPECT_EQ(one.dims<Convolution<>>().dilation_width, 2.0);
  const Imported two =
      run("Conv", {1, 4, 9, 10}, {{6, 2, 3, 5}, {6}}, {number("group", 2), list("pads", {1, 2, 0, 1})});
  EXPECT_EQ(two.op, Op::conv2d);
  EXPECT_EQ(two.out, (Out{1, 6, 8, 9}));
  EXPECT_EQ(two.dims<Convolution<>>().pad_top, 1.0);
  EXPECT_EQ(two.dims<Convolution<>>().pad_left, 2.0);
  EXPECT_EQ(two.dims<Convolution<>>().pad_right, 1.0);
  EXPECT_EQ(two.dims<Convolution<>>().bias, 1.0);
  EXPECT_EQ(work(two.layer()).macs, 6.0 * 72.0 * 2.0 * 15.0);
  const Imported three = run("Conv", {1, 1, 4, 5, 6}, {{2, 1, 2, 2, 2}}, {list("strides", {1, 2, 3})});
  EXPECT_EQ(three.op, Op::conv3d);
  EXPECT_EQ(three.out, (Out{1, 2, 3, 2, 2}));
}

TEST(OnnxConvolution, AutomaticPaddingPutsTheOddOneWhereItSays) {
  const Imported upper =
      run("Conv", {1, 1, 6, 6}, {{1, 1, 3, 3}}, {text("auto_pad", "SAME_UPPER"), list("strides", {2, 2})});
  EXPECT_EQ(upper.out, (Out{1, 1, 3, 3}));
  EXPECT_EQ(upper.dims<Convolution<>>().pad_top, 0.0);
  EXPECT_EQ(upper.dims<Convolution<>>().pad_bottom, 1.0);
  const Imported lower =
      run("Conv", {1, 1, 6, 6}, {{1, 1, 3, 3}}, {text("auto_pad", "SAME_LOWER"), list("strides", {2, 2})});
  EXPECT_EQ(lower.dims<Convolution<>>().pad_top, 1.0);
}

TEST(OnnxConvolution, TransposedSpreadsItsInput) {
  const Imported it = run("ConvTranspose", {1, 8, 5, 5}, {{8, 4, 3, 3}, {4}},
                          {list("strides", {2, 2}), list("pads", {1, 1, 1, 1}), list("output_padding", {1, 1})});
  EXPECT_EQ(it.op, Op::conv_transpose2d);
  EXPECT_EQ(it.out, (Out{1, 4, 10, 10}));
  EXPECT_EQ(work(it.layer()).macs, 25.0 * 8.0 * 4.0 * 9.0);
}

TEST(OnnxLinear, AConstantSecondOperandMakesALinearLayerOverTokens) {
  const Imported it = run("MatMul", {2, 7, 16}, {{16, 5}});
  EXPECT_EQ(it.op, Op::linear);
  EXPECT_EQ(it.dims<Linear<>>().tokens, 7.0);
  EXPECT_EQ(work(it.layer()).macs, 2.0 * 7.0 * 16.0 * 5.0);
}

TEST(OnnxLinear, AnAddedVectorIsItsBiasInEitherOrder) {
  for (const bool bias_first : {true, false}) {
    ModelWriter writer;
    writer.input("x", {1, 8});
    writer.constant("w", {8, 4});
    writer.constant("b", {4});
    writer.node("MatMul", {"x", "w"}, {"m"}).name = "/fc/MatMul";
    writer.node("Add", bias_first ? std::vector<std::string>{"b", "m"} : std::vector<std::string>{"m", "b"}, {"y"});
    writer.output("y");
    const Imported it = run(writer);
    ASSERT_EQ(it.graph.nodes.size(), 1U);
    EXPECT_EQ(it.layer().name, "fc");
    EXPECT_EQ(it.dims<Linear<>>().bias, 1.0);
    EXPECT_EQ(it.graph.tensors.at(it.graph.outputs.at(0)).name, "y");
  }
}

TEST(OnnxLinear, AnAddedVectorIsNoBiasWhereTheProductIsReadTwice) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("w", {8, 4});
  writer.constant("b", {4});
  writer.node("MatMul", {"x", "w"}, {"m"});
  writer.node("Add", {"m", "b"}, {"y"});
  writer.output("y");
  writer.output("m");
  const Imported it = run(writer);
  EXPECT_EQ(it.op, Op::add);
  EXPECT_EQ(it.dims<Elementwise<>>().parameters, 4.0);
  EXPECT_EQ(it.dims<Elementwise<>>().operands, 2.0);
}

TEST(OnnxLinear, ASecondUseOfAWeightOwnsNothing) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("w", {8, 8});
  writer.node("MatMul", {"x", "w"}, {"a"});
  writer.node("MatMul", {"a", "w"}, {"b"});
  writer.node("Identity", {"w"}, {"copy"});
  writer.node("MatMul", {"b", "copy"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_TRUE(graph.nodes[0].layer.owns_weights);
  EXPECT_FALSE(graph.nodes[1].layer.owns_weights);
  EXPECT_EQ(graph.nodes[0].weights_of, std::nullopt);
  EXPECT_EQ(graph.nodes[1].weights_of, 0U);
  EXPECT_TRUE(graph.nodes[2].layer.owns_weights);  // an Identity stands for an equal parameter
}

TEST(OnnxMatMul, TwoActivationsBroadcastTheirBatches) {
  ModelWriter writer;
  writer.input("x", {2, 3, 4, 5});
  writer.node("Transpose", {"x"}, {"t"}, {list("perm", {0, 1, 3, 2})});
  writer.node("MatMul", {"x", "t"}, {"y"});
  writer.output("y");
  const Imported it = run(writer);
  EXPECT_EQ(it.op, Op::matmul);
  EXPECT_EQ(it.out, (Out{2, 3, 4, 4}));
  EXPECT_EQ(work(it.layer()).macs, 6.0 * 4.0 * 5.0 * 4.0);
}

TEST(OnnxPooling, CeilModeKeepsThePartialWindowThatBeginsInTheInput) {
  const auto pool = [](std::int64_t ceil_mode) {
    return run("MaxPool", {1, 3, 6, 6}, {},
               {list("kernel_shape", {3, 3}), list("strides", {2, 2}), number("ceil_mode", ceil_mode)});
  };
  EXPECT_EQ(pool(0).out, (Out{1, 3, 2, 2}));
  EXPECT_EQ(pool(1).out, (Out{1, 3, 3, 3}));
  const Imported begins_in_padding =
      run("MaxPool", {1, 1, 4, 4}, {},
          {list("kernel_shape", {2, 2}), list("strides", {3, 3}), list("pads", {0, 0, 1, 1}), number("ceil_mode", 1)});
  EXPECT_EQ(begins_in_padding.out, (Out{1, 1, 2, 2}));
}

TEST(OnnxPooling, GlobalAndWholeInputAveragesKeepTheirNames) {
  EXPECT_EQ(run("GlobalAveragePool", {1, 3, 8, 8}, {}).op, Op::global_avg_pool);
  EXPECT_EQ(run("AveragePool", {1, 3, 8, 8}, {}, {list("kernel_shape", {8, 8})}).op, Op::avg_pool);
}

TEST(OnnxElementwise, BroadcastsAndCountsItsOperands) {
  const Imported it = run("Mul", {2, 3, 4}, {{3, 1}});
  EXPECT_EQ(it.op, Op::mul);
  EXPECT_EQ(it.dims<Elementwise<>>().elements, 24.0);
  EXPECT_EQ(it.dims<Elementwise<>>().operands, 2.0);
  EXPECT_EQ(it.dims<Elementwise<>>().parameters, 3.0);
  EXPECT_EQ(run("Mul", {2, 3, 4}, {{}}).dims<Elementwise<>>().parameters, 0.0);
}

TEST(OnnxNormalization, CountsWhatItOwns) {
  const Imported batch = run("BatchNormalization", {1, 6, 4, 4}, {{6}, {6}, {6}, {6}});
  EXPECT_EQ(batch.dims<Normalization<>>().parameters, 12.0);
  EXPECT_EQ(batch.dims<Normalization<>>().buffers, 12.0);
  EXPECT_EQ(batch.dims<Normalization<>>().channels, 6.0);
  const Imported layer = run("LayerNormalization", {1, 5, 8}, {{8}, {8}});
  EXPECT_EQ(layer.dims<Normalization<>>().parameters, 16.0);
  EXPECT_EQ(layer.dims<Normalization<>>().channels, 8.0);
  EXPECT_EQ(run("InstanceNormalization", {1, 6, 4, 4}, {{6}, {6}}).op, Op::instance_norm);
  EXPECT_EQ(run("LRN", {1, 6, 4, 4}, {}, {number("size", 5)}).op, Op::local_response_norm);
}

TEST(OnnxSoftmax, FlattensTheInnerAxesBeforeOpset13) {
  const Imported old = run("Softmax", {2, 3, 4}, {}, {}, 11);
  EXPECT_EQ(old.dims<Softmax<>>().rows, 2.0);
  EXPECT_EQ(old.dims<Softmax<>>().length, 12.0);
  const Imported current = run("Softmax", {2, 3, 4}, {}, {}, 13);
  EXPECT_EQ(current.dims<Softmax<>>().rows, 6.0);
  EXPECT_EQ(current.dims<Softmax<>>().length, 4.0);
}

TEST(OnnxGather, RowsOfAConstantTableAreAnEmbedding) {
  ModelWriter writer;
  writer.input("ids", {1, 12}, 7);
  writer.constant("table", {1000, 64});
  writer.node("Gather", {"table", "ids"}, {"y"});
  writer.output("y");
  const Imported it = run(writer);
  EXPECT_EQ(it.op, Op::embedding);
  EXPECT_EQ(it.out, (Out{1, 12, 64}));
  EXPECT_EQ(work(it.layer()).weights, 64000.0);
}

TEST(OnnxMovement, ShapesFollowTheOperands) {
  EXPECT_EQ(run_with("Slice", {1, 10, 8}, {{1, -1}, {9, -9}, {1, 2}, {2, -2}}).out, (Out{1, 4, 4}));
  EXPECT_EQ(run_with("Pad", {1, 3, 4}, {{0, 0, 1, 0, 0, 2}}).out, (Out{1, 3, 7}));
  EXPECT_EQ(run_with("Tile", {1, 3, 4}, {{2, 1, 3}}).out, (Out{2, 3, 12}));
  EXPECT_EQ(run_with("Expand", {3, 1}, {{2, 1, 4}}).out, (Out{2, 3, 4}));
  EXPECT_EQ(run("Transpose", {2, 3, 4}, {}).out, (Out{4, 3, 2}));
  EXPECT_EQ(run("DepthToSpace", {1, 8, 2, 3}, {}, {number("blocksize", 2)}).out, (Out{1, 2, 4, 6}));
  EXPECT_EQ(run("SpaceToDepth", {1, 2, 4, 6}, {}, {number("blocksize", 2)}).out, (Out{1, 8, 2, 3}));
  EXPECT_EQ(run("Concat", {1, 3, 4}, {{1, 2, 4}}, {number("axis", -2)}).out, (Out{1, 5, 4}));
}

TEST(OnnxMovement, SplitGivesEveryPartItsShape) {
  ModelWriter writer;
  writer.input("x", {1, 7});
  writer.constant("sizes", {3}, std::vector<double>{1.0, 2.0, 4.0}, 7);
  writer.node("Split", {"x", "sizes"}, {"a", "b", "c"}, {number("axis", 1)});
  writer.output("c");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.at(0).outputs.size(), 3U);
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (Out{1, 4}));
}

TEST(OnnxMovement, ResizeReadsScalesOrSizes) {
  ModelWriter writer;
  writer.input("x", {1, 3, 4, 5});
  writer.constant("scales", {4}, std::vector<double>{1.0, 1.0, 2.0, 1.5});
  writer.node("Resize", {"x", "", "scales"}, {"y"}, {text("mode", "linear")});
  writer.constant("sizes", {4}, std::vector<double>{1.0, 3.0, 9.0, 9.0}, 7);
  writer.node("Resize", {"y", "", "", "sizes"}, {"z"});
  writer.output("z");
  const Imported it = run(writer);
  EXPECT_EQ(it.graph.nodes.at(0).layer.op, Op::resize_linear);
  EXPECT_EQ(it.graph.tensors.at(it.graph.nodes.at(0).outputs.at(0)).shape, (Out{1, 3, 8, 7}));
  EXPECT_EQ(it.op, Op::resize_nearest);
  EXPECT_EQ(it.out, (Out{1, 3, 9, 9}));
}

TEST(OnnxReduction, AxesMayBeAnAttributeOrAnOperand) {
  EXPECT_EQ(run("ReduceMean", {1, 3, 4, 5}, {}, {list("axes", {2, 3}), number("keepdims", 0)}).out, (Out{1, 3}));
  EXPECT_EQ(run_with("ReduceSum", {1, 3, 4, 5}, {{-1}}).out, (Out{1, 3, 4, 1}));
  EXPECT_EQ(run("ReduceMax", {2, 3}, {}).out, (Out{1, 1}));
  EXPECT_EQ(run("ArgMax", {2, 3, 4}, {}, {number("axis", 1), number("keepdims", 0)}).out, (Out{2, 4}));
}

TEST(OnnxRecurrent, LstmCountsGatesDirectionsAndSteps) {
  ModelWriter writer;
  writer.input("x", {6, 2, 10});
  writer.constant("w", {2, 32, 10});
  writer.constant("r", {2, 32, 8});
  writer.constant("b", {2, 64});
  writer.node("LSTM", {"x", "w", "r", "b"}, {"y", "h"}, {number("hidden_size", 8), text("direction", "bidirectional")});
  writer.output("y");
  const Imported it = run(writer);
  EXPECT_EQ(it.op, Op::lstm);
  EXPECT_EQ(it.out, (Out{6, 2, 2, 8}));
  EXPECT_EQ(work(it.layer()).macs, 6.0 * 2.0 * 2.0 * 4.0 * 8.0 * 18.0);
  EXPECT_EQ(it.dims<Recurrent<>>().bias, 2.0);
  EXPECT_EQ(it.dims<Recurrent<>>().sequence_output, 1.0);
}

TEST(OnnxReshape, ZeroCopiesAndMinusOneTakesWhatIsLeft) {
  EXPECT_EQ(run_with("Reshape", {2, 3, 4}, {{0, -1}}).out, (Out{2, 12}));
  EXPECT_EQ(run_with("Squeeze", {1, 3, 1}, {{-1}}).out, (Out{1, 3}));
  EXPECT_EQ(run_with("Unsqueeze", {3, 4}, {{0, -1}}).out, (Out{1, 3, 4, 1}));
  EXPECT_EQ(run("Flatten", {2, 3, 4}, {}, {number("axis", 2)}).out, (Out{6, 4}));
}

TEST(OnnxReshape, ATargetOfNumbersAloneIsTheShapeOfWhatNobodyKnows) {
  const auto behind_unknown = [](std::vector<double> target) {
    ModelWriter writer;
    writer.input("x", {2, 12});
    writer.constant("target", {static_cast<std::int64_t>(target.size())}, target, 7);
    writer.node("Mystery", {"x"}, {"m"});
    writer.node("Reshape", {"m", "target"}, {"y"});
    writer.output("y");
    return run(writer);
  };
  const Imported known = behind_unknown({2, 3, 4});
  EXPECT_EQ(known.op, Op::reshape);
  EXPECT_EQ(known.out, (Out{2, 3, 4}));
  for (const double open : {0.0, -1.0}) EXPECT_EQ(behind_unknown({2, open, 4}).op, Op::custom);
}

// x * 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), and the same sum of nodes with another constant.
Graph gelu_by_tanh(double cubic) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  const auto scalar = [&](const std::string& name, double value) {
    writer.constant(name, {}, std::vector<double>{value});
  };
  scalar("three", 3.0);
  scalar("cubic", cubic);
  scalar("root", 0.7978845608);
  scalar("one", 1.0);
  scalar("half", 0.5);
  writer.node("Pow", {"x", "three"}, {"a"});
  writer.node("Mul", {"a", "cubic"}, {"b"});
  writer.node("Add", {"x", "b"}, {"c"});
  writer.node("Mul", {"c", "root"}, {"d"});
  writer.node("Tanh", {"d"}, {"e"});
  writer.node("Add", {"e", "one"}, {"f"});
  writer.node("Mul", {"x", "f"}, {"g"});
  writer.node("Mul", {"g", "half"}, {"y"}).name = "/act/Mul_3";
  writer.output("y");
  return writer.import();
}

TEST(OnnxPatterns, GeluByTanhIsRecognisedByWhatItComputes) {
  const Graph graph = gelu_by_tanh(0.044715);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].layer.op, Op::gelu);
  EXPECT_EQ(graph.nodes[0].layer.name, "act");
  EXPECT_EQ(gelu_by_tanh(0.05).nodes.size(), 8U);
}

TEST(OnnxPatterns, SiluAndHardSwishInAnyOrder) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.constant("three", {}, std::vector<double>{3.0});
  writer.constant("zero", {}, std::vector<double>{0.0});
  writer.constant("six", {}, std::vector<double>{6.0});
  writer.node("Sigmoid", {"x"}, {"s"});
  writer.node("Mul", {"s", "x"}, {"silu"});
  writer.node("Add", {"silu", "three"}, {"a"});
  writer.node("Clip", {"a", "zero", "six"}, {"b"});
  writer.node("Mul", {"silu", "b"}, {"c"});
  writer.node("Div", {"c", "six"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].layer.op, Op::silu);
  EXPECT_EQ(graph.nodes[1].layer.op, Op::hard_swish);
}

TEST(OnnxPatterns, AFunctionThatIsReadWithinStaysInPieces) {
  ModelWriter writer;
  writer.input("x", {1, 8});
  writer.node("Sigmoid", {"x"}, {"s"});
  writer.node("Mul", {"x", "s"}, {"y"});
  writer.output("y");
  writer.output("s");
  EXPECT_EQ(writer.import().nodes.size(), 2U);
}

}  // namespace
}  // namespace hwcost
