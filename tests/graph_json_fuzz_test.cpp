// Damaged JSON of the IR: whatever the bytes, the outcome is a network or one located line.
#include <gtest/gtest.h>

#include <string>

#include "hwcost/import/json.hpp"
#include "support/mutations.hpp"
#include "support/sample_graphs.hpp"

namespace hwcost {
namespace {

const std::vector<std::string> kPieces{"{",
                                       "}",
                                       "[",
                                       "]",
                                       "\"",
                                       "\\",
                                       ",",
                                       ":",
                                       "null",
                                       "true",
                                       "-1",
                                       "1e15",
                                       "1e999",
                                       "0.5",
                                       "\"f32\"",
                                       "\"65\"",
                                       "\\u0000",
                                       "\\ud800",
                                       "\"op\":\"lstm\",",
                                       "\"dims\":{},",
                                       "\"inputs\":[9]",
                                       "\"groups\":[]",
                                       "\"nodes\":",
                                       "\xff",
                                       "\n",
                                       std::string(100, '['),
                                       std::string(1, '\0')};

void expect_graph_or_located_line(const std::string& text) {
  try {
    static_cast<void>(read_graph_json(text, "net.json"));
  } catch (const InputError& error) {
    EXPECT_TRUE(testing::is_located_line(error.what(), "net.json")) << error.what();
  }
}

TEST(DamagedJson, CutAnywhereIsToldOrRead) {
  const std::string text = graph_to_json(testing::sample_network());
  for (std::size_t length = 0; length <= text.size(); ++length) expect_graph_or_located_line(text.substr(0, length));
}

TEST(DamagedJson, ManyTimesMutatedIsToldOrRead) {
  testing::Mutations mutations(graph_to_json(testing::sample_network()), kPieces, 5);
  for (int round = 0; round < 2000; ++round) expect_graph_or_located_line(mutations.next());
}

// Puts `number` in the place of every number of the text in turn.
void expect_each_number_told_or_read(const std::string& text, const std::string& number) {
  for (std::size_t at = text.find("\":"); at != std::string::npos; at = text.find("\":", at + 1)) {
    const std::size_t begin = text.find_first_not_of(' ', at + 2);
    const std::size_t end = text.find_first_not_of("0123456789", begin);
    if (end != begin) expect_graph_or_located_line(text.substr(0, begin) + number + text.substr(end));
  }
}

TEST(DamagedJson, ExtentsOfAnyNumberAreToldOrRead) {
  for (const Layer& layer : testing::random_layers(1, 3)) {
    Graph graph;
    add_layer(graph, layer);
    const std::string text = graph_to_json(graph);
    for (const char* number : {"0", "-1", "0.5", "9007199254740992", "1e300", "\"4\"", "null", "[]"}) {
      expect_each_number_told_or_read(text, number);
    }
  }
}

TEST(DamagedJson, NoiseIsToldOrRead) {
  testing::Mutations mutations("", kPieces, 8);
  for (int round = 0; round < 2000; ++round) expect_graph_or_located_line(mutations.noise(100));
}

}  // namespace
}  // namespace hwcost
