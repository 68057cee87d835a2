// Any bytes end in a graph or an InputError.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "hwcost/import/onnx.hpp"
#include "support/onnx_writer.hpp"

namespace hwcost {
namespace {

std::string bytes_of(const std::string& model) {
  std::ifstream file(std::string(HWCOST_SOURCE_DIR) + "/tests/models/" + model + ".onnx", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// True for a graph, false for an InputError of one line; everything else escapes and fails the test.
bool imports(const std::string& bytes) {
  try {
    const Graph graph = import_onnx(std::as_bytes(std::span(bytes)), "fuzz.onnx");
    validate(graph);
    return true;
  } catch (const InputError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.substr(0, 9), "fuzz.onnx");
    EXPECT_NE(text.find("error: "), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return false;
  }
}

class OnnxFuzz : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxFuzz, ATruncatedFileIsAnError) {
  const std::string bytes = bytes_of(GetParam());
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / 400);
  for (std::size_t size = 0; size + 40 < bytes.size(); size += step) {
    EXPECT_FALSE(imports(bytes.substr(0, size))) << size;
  }
}

TEST_P(OnnxFuzz, ChangedBytesGiveAGraphOrAnError) {
  const std::string original = bytes_of(GetParam());
  std::mt19937 random(20240607);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = original;
    for (std::size_t edits = 1 + below(8); edits > 0; --edits) {
      char& byte = bytes[below(bytes.size())];
      switch (below(4)) {
        case 0:
          byte = static_cast<char>(below(256));
          break;
        case 1:
          byte = static_cast<char>(byte ^ static_cast<char>(1U << below(8)));
          break;
        case 2:
          byte = static_cast<char>(0xFF);
          break;
        default:
          byte = static_cast<char>(byte + 1);
      }
    }
    imports(bytes);
  }
}

TEST_P(OnnxFuzz, MovedAndDoubledPiecesGiveAGraphOrAnError) {
  const std::string original = bytes_of(GetParam());
  std::mt19937 random(77);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int round = 0; round < 500; ++round) {
    std::string bytes = original;
    const std::string piece = bytes.substr(below(bytes.size()), 1 + below(200));
    if (below(2) == 0)
      bytes.insert(below(bytes.size()), piece);
    else
      bytes.replace(below(bytes.size()), piece.size(), piece);
    imports(bytes);
  }
}

// The small files: the others differ in size, not in kind.
INSTANTIATE_TEST_SUITE_P(, OnnxFuzz,
                         ::testing::Values("qdq_int4_native_op21", "ad_autoencoder_op13_stripped",
                                           "resnet18_op13_extdata", "qonnx_mixed_op13", "vgg16_op13_stripped",
                                           "mobilenet_v3_small_op13_stripped"),
                         [](const auto& test) { return test.param; });

// Operators whose shapes come from operands and attributes, each on its own branch of the input.
std::string shape_operators() {
  test::ModelWriter writer;
  writer.input("x", {2, 8, 6, 6});
  const auto list = [&](const std::string& name, const std::vector<double>& values) {
    writer.constant(name, {static_cast<std::int64_t>(values.size())}, values, 7);
  };
  list("starts", {1, -1});
  list("ends", {7, -9});
  list("axes", {1, 2});
  list("steps", {2, -2});
  list("pads", {0, 0, 1, 1, 0, 0, 2, 2});
  list("repeats", {1, 2, 1, 3});
  list("target", {0, -1});
  list("parts", {3, 5});
  list("sizes", {2, 8, 9, 9});
  list("axis", {1});
  list("zero", {0});
  writer.constant("scales", {4}, std::vector<double>{1.0, 1.0, 2.0, 0.5});
  writer.constant("w", {4, 4, 3, 3});
  writer.constant("wt", {8, 2, 3, 3});
  writer.constant("lw", {1, 16, 6});
  writer.constant("lr", {1, 16, 4});
  writer.node("Slice", {"x", "starts", "ends", "axes", "steps"}, {"a"});
  writer.node("Pad", {"x", "pads"}, {"b"});
  writer.node("Tile", {"x", "repeats"}, {"c"});
  writer.node("Reshape", {"x", "target"}, {"d"});
  writer.node("Split", {"x", "parts"}, {"e", "e2"}, {{.name = "axis", .integer = 1}});
  writer.node("Resize", {"x", "", "scales"}, {"f"});
  writer.node("Resize", {"x", "", "", "sizes"}, {"g"});
  writer.node("Squeeze", {"h0", "axis"}, {"h"});
  writer.node("ReduceMean", {"x"}, {"h0"}, {{.name = "axes", .integers = test::Extents{1, 3}}});
  writer.node("Unsqueeze", {"x", "axis"}, {"i"});
  writer.node("DepthToSpace", {"x"}, {"j"}, {{.name = "blocksize", .integer = 2}});
  writer.node("SpaceToDepth", {"x"}, {"k"}, {{.name = "blocksize", .integer = 2}});
  writer.node("Conv", {"x", "w"}, {"l"},
              {{.name = "group", .integer = 2}, {.name = "dilations", .integers = test::Extents{2, 1}}});
  writer.node("ConvTranspose", {"x", "wt"}, {"m"},
              {{.name = "strides", .integers = test::Extents{2, 3}},
               {.name = "output_padding", .integers = test::Extents{1, 1}}});
  writer.node("MaxPool", {"x"}, {"n"},
              {{.name = "kernel_shape", .integers = test::Extents{3, 3}}, {.name = "ceil_mode", .integer = 1}});
  writer.node("TopK", {"x", "axis"}, {"o", "o2"});
  writer.node("Squeeze", {"p0", "zero"}, {"p1"});
  writer.node("Slice", {"x", "zero", "axis", "zero"}, {"p0"});
  writer.node("LSTM", {"p1", "lw", "lr"}, {"p"}, {{.name = "hidden_size", .integer = 4}});
  writer.node("Shape", {"x"}, {"q0"});
  writer.node("Slice", {"q0", "zero", "axis"}, {"q1"});
  writer.node("Range", {"zero", "q1", "axis"}, {"q2"});
  writer.node("Gather", {"q0", "axis"}, {"q3"});
  writer.node("ConstantOfShape", {"q3"}, {"q4"});
  writer.node("Expand", {"x", "q0"}, {"q5"});
  writer.node("Gather", {"x", "starts"}, {"r"}, {{.name = "axis", .integer = 2}});
  writer.node("GatherND", {"x", "q1"}, {"s"});
  writer.node("Flatten", {"x"}, {"t"}, {{.name = "axis", .integer = -2}});
  writer.node("Transpose", {"x"}, {"u"}, {{.name = "perm", .integers = test::Extents{3, 1, 0, 2}}});
  writer.node("MatMul", {"x", "u2"}, {"v"});
  writer.node("Transpose", {"x"}, {"u2"}, {{.name = "perm", .integers = test::Extents{0, 1, 3, 2}}});
  writer.node("Concat", {"x", "x"}, {"z"}, {{.name = "axis", .integer = 3}});
  writer.output("z");
  return writer.bytes();
}

TEST(OnnxFuzzRandom, OperatorsWithChangedShapesGiveAGraphOrAnError) {
  const std::string original = shape_operators();
  std::mt19937 random(31);
  int graphs = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = original;
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
      char& byte = bytes[random() % bytes.size()];
      byte = static_cast<char>(random() % 2 == 0 ? random() % 12 : random());
    }
    graphs += imports(bytes) ? 1 : 0;
  }
  EXPECT_GT(graphs, 100);
}

TEST(OnnxFuzzRandom, NoiseIsAnError) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes(std::uniform_int_distribution<std::size_t>(0, 300)(random), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    imports(bytes);
  }
}

TEST(OnnxFuzzRandom, AVisionTransformerSurvivesChangedBytes) {
  const std::string original = bytes_of("vit_b_16_op17_stripped");
  std::mt19937 random(9);
  for (int round = 0; round < 60; ++round) {
    std::string bytes = original;
    for (int edits = 0; edits < 20; ++edits) bytes[random() % bytes.size()] = static_cast<char>(random());
    imports(bytes);
  }
}

}  // namespace
}  // namespace hwcost
