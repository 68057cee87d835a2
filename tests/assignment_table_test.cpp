// Assignment tables: `layer,w_bits,in_bits`.
#include <gtest/gtest.h>

#include <string>

#include "hwcost/import/table.hpp"

namespace hwcost {
namespace {

std::string fault_in(const std::string& text) {
  try {
    static_cast<void>(read_assignments(text, "widths.csv"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AssignmentTable, EmptyCellsLeaveWhatTheModelSays) {
  const auto assignments = read_assignments("layer,w_bits,in_bits\nconv1,0:4|8:12,8\nfc,,f16\nhead,4,\n", "widths.csv");
  ASSERT_EQ(assignments.size(), 3U);
  EXPECT_EQ(assignments[0].weight->groups, (std::vector<ChannelGroup>{{0, 4}, {8, 12}}));
  EXPECT_EQ(assignments[0].place, (SourcePlace{"widths.csv", 2}));
  EXPECT_FALSE(assignments[1].weight.has_value());
  EXPECT_EQ(to_text(*assignments[1].input), "f16");
  EXPECT_FALSE(assignments[2].input.has_value());
  EXPECT_EQ(assignments[2].weight->uniform, integer(4));
}

TEST(AssignmentTable, ColumnsMayBeLeftOut) {
  EXPECT_EQ(read_assignments("w_bits,layer\n4,fc\n", "widths.csv")[0].layer, "fc");
  EXPECT_TRUE(read_assignments("layer\n", "widths.csv").empty());
}

TEST(AssignmentTable, FaultsAreToldWithTheirPlace) {
  EXPECT_EQ(fault_in("layer,w_bit\nfc,4\n"), "widths.csv:1: error: unknown column 'w_bit'; did you mean 'w_bits'?");
  EXPECT_EQ(fault_in("w_bits\n4\n"), "widths.csv:1: error: no column 'layer', which every table needs");
  EXPECT_EQ(fault_in("layer,w_bits\n,4\n"), "widths.csv:2: error: column 'layer': is empty");
  EXPECT_EQ(fault_in("layer,w_bits\nfc,80\n"),
            "widths.csv:2: error: column 'w_bits': '80' is no width: wanted 0 to 64 bits, or one of f4, f8, f16, bf16, "
            "f32, f64");
  EXPECT_EQ(fault_in("layer,in_bits\nfc,0\n"),
            "widths.csv:2: error: column 'in_bits': '0' is no width: wanted 1 to 64 bits, or one of f4, f8, f16, bf16, "
            "f32, f64");
  EXPECT_EQ(fault_in("layer,w_bits\nfc\n"), "widths.csv:2: error: 1 cells where the header has 2");
}

}  // namespace
}  // namespace hwcost
