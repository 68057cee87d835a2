// Price tables as files: what is written is read back, and what is none is told with its place.
#include <gtest/gtest.h>

#include <cmath>

#include "../core/conformance/random_layers.hpp"
#include "hwcost/import/price_table.hpp"
#include "support/mutations.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

PriceTable sample_table() {
  Graph graph;
  graph.file = "folder/net.onnx";
  testing::RandomLayers random(3);
  for (const Op op : {Op::conv2d, Op::relu, Op::linear, Op::conv2d, Op::custom}) {
    add_layer(graph, random(op)).layer.name = "layer \"" + std::to_string(graph.nodes.size());
  }
  const Machine mpic = load_machine("mpic", {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
  return make_price_table(graph, mpic, {.choices = {{8, 8}, {3, 8}, {4, 4, 4}}});
}

// NaN equals NaN here.
void expect_same(PriceTableContents a, PriceTableContents b) {
  for (std::vector<double>* prices : {&a.prices, &b.prices}) {
    for (double& price : *prices) price = std::isnan(price) ? -1.0 : price;
  }
  EXPECT_EQ(a, b);
}

std::string message_of(const std::string& text) {
  try {
    (void)read_price_table(text, "prices.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// The sample's text with one part replaced.
std::string damaged(const std::string& part, const std::string& by) {
  std::string text = price_table_to_json(sample_table());
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), by);
}

void expect_says(const std::string& message, const std::string& part) {
  EXPECT_EQ(message.find("prices.json"), 0u) << message;
  EXPECT_NE(message.find(part), std::string::npos) << message << "\n  wanted: " << part;
}

TEST(PriceTableFile, IsReadBackWithoutLoss) {
  const PriceTable table = sample_table();
  ASSERT_GT(table.contents().reasons.size(), 1u);
  ASSERT_EQ(table.contents().unpriced.size(), 1u);
  const TemporaryFolder folder;
  const auto file = folder.path() / "prices.json";
  save_price_table(table, file);
  save_price_table(table, file);  // over the first
  expect_same(load_price_table(file).contents(), table.contents());
  const auto files = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "nothing is left beside it";
}

TEST(PriceTableFile, OfAnotherVersionIsRefused) {
  expect_says(message_of(damaged("hwcost-price-table/1", "hwcost-price-table/2")), "wanted 'hwcost-price-table/1'");
}

TEST(PriceTableFile, FaultsAreToldWithTheirPlace) {
  expect_says(message_of("{"), "prices.json:1: error: no JSON");
  expect_says(message_of(damaged("\"model\"", "\"modell\"")), "unknown field 'modell'");
  expect_says(message_of(damaged("[8, 8]", "[8]")), "choices[0]: has 1 widths");
  expect_says(message_of(damaged("\"latency_cycles\"", "\"cycles\"")), "metrics[0]: unknown metric 'cycles'");
  expect_says(message_of(damaged("\"unsupported\"", "\"free\"")), "unknown status 'free'");
  expect_says(message_of(damaged("\"prices\": [[", "\"prices\": [[7, ")),
              "layers[0].prices[0]: has 4 elements, wanted 3");
  expect_says(message_of(damaged("\"reasons\": [0", "\"reasons\": [9")), "layers[0].reasons[0]: is 9");
  expect_says(message_of(damaged("\"latency_cycles\", ", "\"latency_cycles\", \"latency_cycles\", ")), "wanted");
  expect_says(message_of(damaged("\"node\": 0", "\"node\": -1")), "layers[0].node");
}

void expect_table_or_located_line(const std::string& text) {
  try {
    static_cast<void>(read_price_table(text, "prices.json"));
  } catch (const InputError& error) {
    EXPECT_TRUE(testing::is_located_line(error.what(), "prices.json")) << error.what();
  }
}

TEST(PriceTableFile, CutShortAnywhereIsToldInOneLocatedLine) {
  const std::string text = price_table_to_json(sample_table());
  for (std::size_t size = 0; size + 2 < text.size(); size += 7) {
    EXPECT_THROW((void)read_price_table(text.substr(0, size), "prices.json"), InputError) << size;
    expect_table_or_located_line(text.substr(0, size));
  }
}

TEST(PriceTableFile, DamagedAnywhereIsATableOrALocatedLine) {
  const std::vector<std::string> pieces{
      "{",  "}",     "[",   "]",      "\"",         ",",        ":",       "null",
      "-1", "1e999", "0.5", "[8, 8]", "\"priced\"", "\"cost\"", "\\ud800", std::string(100, '[')};
  testing::Mutations mutations(price_table_to_json(sample_table()), pieces, 1);
  for (int i = 0; i < 2000; ++i) expect_table_or_located_line(mutations.next());
}

TEST(PriceTableFile, ThatCannotBeWrittenIsAnInputError) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_price_table(sample_table(), folder.path() / "none" / "prices.json"), InputError);
  std::filesystem::create_directory(folder.path() / "folder");
  EXPECT_THROW(save_price_table(sample_table(), folder.path() / "folder"), InputError);
  EXPECT_THROW((void)load_price_table(folder.path() / "folder"), InputError);
}

}  // namespace
}  // namespace hwcost
