// Damaged layer and assignment tables: whatever the bytes, the outcome is a table or one located line.
#include <gtest/gtest.h>

#include <string>

#include "hwcost/import/table.hpp"
#include "support/mutations.hpp"

namespace hwcost {
namespace {

const std::string kTable =
    "name,op,batch,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,stride_h,pad_h,groups,bias,in_bits,w_bits,"
    "repeat,expected_macs,expected_status,x_note\n"
    "a.conv,conv2d,1,8,16,32,32,3,3,2,1,1,1,8,0:4|8:12,1,100,priced,\"say \"\"hi\"\", you\"\n"
    "a.dw,conv2d,2,8,8,9,9,3,3,1,1,8,0,f16,4,2,,unsupported,\n"
    "fc,linear,1,16,4,,,,,,,,1,8,\"8,8,0,4\",,,,\r\n"
    "pool,max_pool,1,16,,8,8,2,2,2,,,,,,,,,\n"
    "attend,attention,1,64,,10,10,,,,,4,,,,,,,\n";

void expect_table_or_located_line(const std::string& text) {
  try {
    static_cast<void>(read_layer_table(text, "net.csv"));
  } catch (const InputError& error) {
    EXPECT_TRUE(testing::is_located_line(error.what(), "net.csv")) << error.what();
  }
}

void expect_assignments_or_located_line(const std::string& text) {
  try {
    static_cast<void>(read_assignments(text, "widths.csv"));
  } catch (const InputError& error) {
    EXPECT_TRUE(testing::is_located_line(error.what(), "widths.csv")) << error.what();
  }
}

const std::vector<std::string> kPieces{",",
                                       "\"",
                                       "\n",
                                       "\r",
                                       "\r\n",
                                       "|",
                                       ":",
                                       ";",
                                       "op",
                                       "in_h",
                                       "w_bits",
                                       "x_",
                                       "0:0",
                                       "8:8|",
                                       "1e999",
                                       "-1",
                                       "nan",
                                       "1e15",
                                       "9007199254740993",
                                       "f32",
                                       "bf16",
                                       "conv3d",
                                       "matmul",
                                       "custom",
                                       "expected_",
                                       "measured_cost",
                                       "\xff",
                                       "\xef\xbb\xbf",
                                       std::string(1, '\0'),
                                       std::string(300, '9')};

TEST(DamagedTable, UndamagedIsRead) { EXPECT_EQ(read_layer_table(kTable, "net.csv").rows.size(), 5U); }

TEST(DamagedTable, CutAnywhereIsToldOrRead) {
  for (std::size_t length = 0; length <= kTable.size(); ++length)
    expect_table_or_located_line(kTable.substr(0, length));
}

TEST(DamagedTable, ManyTimesMutatedIsToldOrRead) {
  testing::Mutations mutations(kTable, kPieces, 20240601);
  for (int round = 0; round < 6000; ++round) expect_table_or_located_line(mutations.next());
}

TEST(DamagedTable, NoiseIsToldOrRead) {
  testing::Mutations mutations(kTable, kPieces, 3);
  for (int round = 0; round < 2000; ++round) {
    expect_table_or_located_line(mutations.noise(200));
    expect_table_or_located_line("op,in_channels,out_channels,w_bits\n" + mutations.noise(100));
  }
}

TEST(DamagedAssignment, ManyTimesMutatedIsToldOrRead) {
  testing::Mutations mutations("layer,w_bits,in_bits\nconv1,0:4|8:12,8\nfc,\"8,0,4\",\nhead,,f16\n", kPieces, 11);
  for (int round = 0; round < 4000; ++round) expect_assignments_or_located_line(mutations.next());
}

}  // namespace
}  // namespace hwcost
