// Files that are hostile, huge, or change while they are read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "hwcost/import/onnx.hpp"
#include "support/onnx_layers.hpp"
#include "support/onnx_writer.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

using test::error_of;
using test::layer;
using test::ModelWriter;

std::string error_of_bytes(const std::string& bytes) {
  try {
    (void)import_onnx(std::as_bytes(std::span(bytes)), "test.onnx");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// A field that holds bytes: tag, length, content.
std::string field(int number, const std::string& content) {
  std::string text;
  protozero::pbf_writer(text).add_bytes(static_cast<protozero::pbf_tag_type>(number), content);
  return text;
}

std::string varint(std::uint64_t value) {
  std::string text;
  for (; value >= 0x80U; value >>= 7U) text += static_cast<char>((value & 0x7FU) | 0x80U);
  return text + static_cast<char>(value);
}

ModelWriter product() {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("w", {4, 4});
  writer.node("MatMul", {"x", "w"}, {"y"}).name = "fc";
  writer.output("y");
  return writer;
}

TEST(OnnxSafety, ANumberWithoutAnEndIsAnError) {
  EXPECT_EQ(error_of_bytes(std::string(11, '\xFF')),
            "test.onnx: error: no ONNX model: a number has more than 10 bytes at byte 10");
  EXPECT_EQ(error_of_bytes("\xFF"), "test.onnx: error: no ONNX model: a number ends behind its message at byte 1");
}

TEST(OnnxSafety, ALengthBeyondTheFileIsAnError) {
  const std::string graph = varint(7U << 3U | 2U);
  EXPECT_EQ(error_of_bytes(graph + varint(1000) + "short"),
            "test.onnx: error: no ONNX model: a field of 1000 bytes is longer than its message at byte 3");
  EXPECT_EQ(
      error_of_bytes(graph + varint(~std::uint64_t{0})),
      "test.onnx: error: no ONNX model: a field of 18446744073709551615 bytes is longer than its message at byte 11");
}

TEST(OnnxSafety, MessagesThatLieDeepInEachOtherAreAnError) {
  std::string graph = field(2, "innermost");
  for (int depth = 0; depth < 2000; ++depth) graph = field(1, field(5, field(6, graph)));
  EXPECT_NE(error_of_bytes(field(7, graph)).find("deep in each other"), std::string::npos);
}

TEST(OnnxSafety, ExtentsWhoseProductOverflowsAreAnError) {
  const std::int64_t huge = std::int64_t{1} << 62;
  ModelWriter writer = product();
  writer.constant("v", {huge, huge, 4});
  EXPECT_NE(error_of(writer).find("wanted extents of at least 0, a product of at most 2^53"), std::string::npos);
  ModelWriter negative = product();
  negative.constant("v", {-4, -4});
  EXPECT_NE(error_of(negative).find("wanted extents of at least 0"), std::string::npos);
}

TEST(OnnxSafety, ATensorWithMoreElementsThanItsShapeIsAnError) {
  ModelWriter writer;
  writer.input("x", {1, 4});
  writer.constant("target", {2}, std::vector<double>{2.0, 2.0, 1.0}, 7);
  writer.node("Reshape", {"x", "target"}, {"y"});
  writer.output("y");
  EXPECT_EQ(error_of(writer), "test.onnx: error: tensor 'target' of shape [2] holds 3 elements, not 2");
}

// TensorProto with its data elsewhere: a pipe that nobody writes, which an importer that opened it would wait for.
TEST(OnnxSafety, ExternalDataIsNeverOpened) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder.path() / "weights.bin").c_str(), 0600), 0);
  for (const std::string location : {"weights.bin", "../../../../../../etc/shadow", "/dev/zero"}) {
    std::string tensor;
    protozero::pbf_writer writer{tensor};
    writer.add_int64(1, 4);
    writer.add_int64(1, 4);
    writer.add_int32(2, 1);
    writer.add_string(8, "v");
    writer.add_message(13, field(1, "location") + field(2, location));
    writer.add_int32(14, 1);
    const std::string model =
        product().bytes() + field(7, field(5, tensor) + field(1, field(1, "v") + field(2, "z") + field(4, "Relu")));
    const std::string file = folder.write("model.onnx", model);
    EXPECT_NO_THROW((void)import_onnx(std::filesystem::path(file))) << location;
  }
}

// The graph of product(), with 3 GiB of weights between node and end; the file has holes in their place.
TEST(OnnxSafety, AFileBeyondTwoGibibytesIsRead) {
  constexpr std::uint64_t kWeights = std::uint64_t{3} << 30;
  const TemporaryFolder folder;
  ModelWriter writer;
  writer.input("x", {1, 32768});
  writer.node("MatMul", {"x", "w"}, {"y"}).name = "fc";
  writer.output("y");
  const std::string model = writer.bytes();
  std::string tensor;
  protozero::pbf_writer head{tensor};
  head.add_int64(1, 32768);
  head.add_int64(1, static_cast<std::int64_t>(kWeights / 4 / 32768));
  head.add_int32(2, 1);
  head.add_string(8, "w");
  tensor += varint(9U << 3U | 2U) + varint(kWeights);
  const std::string begin = varint(5U << 3U | 2U) + varint(tensor.size() + kWeights) + tensor;
  const std::string before = model + varint(7U << 3U | 2U) + varint(begin.size() + kWeights) + begin;
  const std::string file = folder.write("large.onnx", before);
  ASSERT_EQ(::truncate(file.c_str(), static_cast<off_t>(before.size() + kWeights)), 0);
  const Graph graph = import_onnx(std::filesystem::path(file));
  EXPECT_EQ(std::get<Linear<>>(layer(graph, "fc").dims).out_channels, 24576.0);
  ASSERT_EQ(::truncate(file.c_str(), static_cast<off_t>(before.size() + kWeights - 1)), 0);
  EXPECT_THROW((void)import_onnx(std::filesystem::path(file)), InputError);
}

TEST(OnnxSafety, AFileThatChangesWhileItIsReadIsAGraphOrAnError) {
  const TemporaryFolder folder;
  ModelWriter writer = product();
  for (int k = 0; k < 2000; ++k) {
    const std::string name = "v" + std::to_string(k);
    writer.constant(name, {512}, std::vector<double>(512, 1.0));
  }
  const std::string whole = writer.bytes();
  const std::string file = folder.write("model.onnx", whole);
  std::atomic<bool> done = false;
  std::thread other([&] {
    while (!done) {
      (void)::truncate(file.c_str(), static_cast<off_t>(whole.size() / 3));
      std::ofstream(file, std::ios::binary) << whole;
    }
  });
  int outcomes = 0;
  for (int round = 0; round < 100; ++round) {
    try {
      (void)import_onnx(std::filesystem::path(file));
      ++outcomes;
    } catch (const InputError&) {
      ++outcomes;
    }
  }
  done = true;
  other.join();
  EXPECT_EQ(outcomes, 100);
}

TEST(OnnxSafety, ElementsOfWeightsLeaveShapesAndSmallConstantsAsTheyAre) {
  ModelWriter writer;
  writer.input("x", {1, 400});
  writer.constant("w", {400, 400}, std::vector<double>(160000, 1.0));
  writer.constant("target", {2}, std::vector<double>{20.0, 20.0}, 7);
  writer.node("MatMul", {"x", "w"}, {"a"}).name = "fc";
  writer.node("Reshape", {"a", "target"}, {"y"});
  writer.output("y");
  const Graph graph = writer.import();
  EXPECT_EQ(graph.tensors.at(graph.outputs.at(0)).shape, (std::vector<double>{20.0, 20.0}));
}

TEST(OnnxSafety, NamesBeyondTheirLimitAreAnErrorBeforeTheyAreKept) {
  ModelWriter writer = product();
  writer.node("Relu", {"y"}, {std::string(5000, 'z')});
  const std::string error = error_of(writer);
  EXPECT_NE(error.find("the name at byte"), std::string::npos) << error;
  EXPECT_NE(error.find("has 5000 bytes, wanted at most 4096"), std::string::npos) << error;
  EXPECT_LT(error.size(), 200U);
}

TEST(OnnxSafety, AFileOfZerosIsAnErrorAtOnce) {
  EXPECT_EQ(error_of_bytes(std::string(1000, '\0')), "test.onnx: error: no ONNX model: a field of number 0 at byte 1");
}

TEST(OnnxSafety, ANodeOfVeryManyAttributesIsAnError) {
  ModelWriter writer = product();
  test::OnnxNode& node = writer.node("Relu", {"y"}, {"z"});
  for (int k = 0; k < 1025; ++k) node.attributes.push_back({.name = "a" + std::to_string(k), .integer = k});
  EXPECT_NE(error_of(writer).find("has 1025 attributes, wanted at most 1024"), std::string::npos);
}

TEST(OnnxSafety, AnInputThatIsThereTwiceIsAnError) {
  ModelWriter writer = product();
  writer.input("x", {1, 4});
  EXPECT_EQ(error_of(writer), "test.onnx: error: input 'x' is there twice");
}

TEST(OnnxSafety, ShapesThatContradictEachOtherAreNoted) {
  ModelWriter writer = product();
  for (const std::int64_t rows : {1, 1, 2, 3}) writer.value_info("y", {rows, 4});
  const Graph graph = writer.import();
  ASSERT_EQ(graph.notes.size(), 1U);
  EXPECT_EQ(graph.notes[0], "value_info states two shapes of 'y', [1, 4] and [2, 4], and of 1 more values");
}

TEST(OnnxSafety, ConstantsThatTakeTooMuchWorkAreNotEvaluatedAndThatIsNoted) {
  ModelWriter writer = product();
  writer.constant("large", {65536}, std::vector<double>(65536, 1.0));
  writer.node("Sum", std::vector<std::string>(2000, "large"), {"sum"});
  writer.node("ReduceSum", {"sum"}, {"scalar"});
  writer.node("Add", {"y", "scalar"}, {"z"});
  const Graph graph = writer.import();
  ASSERT_EQ(graph.notes.size(), 1U);
  EXPECT_EQ(graph.notes[0],
            "more constants are computed from others than are evaluated: later ones count as not known");
}

TEST(OnnxSafety, TextsAreOneLineOfLimitedLength) {
  ModelWriter writer = product();
  writer.node("Be\x1bll\xC2\x9B", {"y"}, {"z"}).domain = std::string(2000, 'd');
  const Graph graph = writer.import();
  const Layer& custom = graph.nodes.at(1).layer;
  EXPECT_EQ(custom.custom_op.size(), 1024U);
  EXPECT_EQ(custom.name, "Be?ll?_1");
}

TEST(OnnxSafety, NumbersBeyondAllExtentsAreNotShownAsOthers) {
  const std::vector<double> huge{1.0, 9e18};
  for (const std::string type : {"Tile", "Expand"}) {
    ModelWriter writer = product();
    writer.constant("sizes", {2}, huge, 7);
    writer.node(type, {"y", "sizes"}, {"z"});
    const std::string error = error_of(writer);
    EXPECT_NE(error.find("beyond 2^53"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace hwcost
