#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "hwcost/op.hpp"

namespace hwcost {
namespace {

struct DocumentedOp {
  std::string family;
  double arithmetic = 0.0;
  double transcendentals = 0.0;
};

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  std::string::size_type begin = 1;  // behind the first bar
  for (auto end = row.find('|', begin); end != std::string::npos; begin = end + 1, end = row.find('|', begin)) {
    std::string cell = row.substr(begin, end - begin);
    std::erase_if(cell, [](char c) { return c == ' ' || c == '`'; });
    cells.push_back(std::move(cell));
  }
  return cells;
}

double number(const std::string& text) {
  double value = -1.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(result.ec == std::errc() && result.ptr == text.data() + text.size()) << "no number: '" << text << "'";
  return value;
}

// The rows of docs/counting.md that describe an operator: | `name` | family | arithmetic | transcendentals | ... |
std::map<std::string, DocumentedOp> documented_operators() {
  std::map<std::string, DocumentedOp> operators;
  std::ifstream file(HWCOST_SOURCE_DIR "/docs/counting.md");
  EXPECT_TRUE(file.is_open());
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() < 4) {
      ADD_FAILURE() << line;
      continue;
    }
    const bool first = operators.emplace(cells[0], DocumentedOp{cells[1], number(cells[2]), number(cells[3])}).second;
    EXPECT_TRUE(first) << cells[0] << " is documented twice";
  }
  return operators;
}

std::string family_name(Family family) {
  static const std::vector<std::string> names{"convolution",   "linear",    "matmul", "pooling",   "elementwise",
                                              "normalization", "softmax",   "lookup", "reduction", "movement",
                                              "recurrent",     "attention", "custom"};
  return names.at(static_cast<std::size_t>(family));
}

TEST(CountingTable, DocumentsEveryOperatorAsItIsCounted) {
  const std::map<std::string, DocumentedOp> documented = documented_operators();
  for (const OpInfo& op : kOps) {
    const auto found = documented.find(std::string(op.name));
    ASSERT_NE(found, documented.end()) << op.name << " is missing in docs/counting.md";
    EXPECT_EQ(found->second.family, family_name(op.family)) << op.name;
    EXPECT_EQ(found->second.arithmetic, op.arithmetic) << op.name;
    EXPECT_EQ(found->second.transcendentals, op.transcendentals) << op.name;
  }
}

TEST(CountingTable, DocumentsNoOperatorThatIsNotThere) {
  for (const auto& [name, documented] : documented_operators()) {
    EXPECT_TRUE(op_named(name).has_value()) << name << " is documented, and is no operator";
  }
}

TEST(OperatorTable, IsInTheOrderOfItsEnumeration) {
  for (std::size_t i = 0; i < kOps.size(); ++i) EXPECT_EQ(static_cast<std::size_t>(kOps[i].op), i) << kOps[i].name;
}

}  // namespace
}  // namespace hwcost
