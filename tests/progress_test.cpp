// What a terminal is told while layers are measured.
#include "progress.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace hwcost::command {
namespace {

TEST(Progress, TellsTheTimeLeftByTheStepsThatAreDone) {
  EXPECT_EQ(progress_text(2, 6, 4.0, std::nullopt, "pass 1, conv2d"), "2 of 8, 12 s left: pass 1, conv2d");
  EXPECT_EQ(progress_text(1, 10, 60.0, std::nullopt, "linear"), "1 of 11, 10 min left: linear");
  EXPECT_EQ(progress_text(1, 100, 90.0, std::nullopt, "linear"), "1 of 101, 2.5 h left: linear");
}

TEST(Progress, TellsNoMoreTimeThanIsAllowed) {
  EXPECT_EQ(progress_text(2, 6, 4.0, 5.0, "linear"), "2 of 8, 5 s left: linear");
  EXPECT_EQ(progress_text(0, 8, 0.0, 3600.0, "linear"), "0 of 8, 60 min left: linear");
}

TEST(Progress, TellsNoTimeWhereNothingIsDoneYet) {
  EXPECT_EQ(progress_text(0, 8, 0.5, std::nullopt, "linear"), "0 of 8: linear");
}

}  // namespace
}  // namespace hwcost::command
