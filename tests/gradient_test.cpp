// Straight-through derivatives against those of PLiNIO's own autograd.
#include <gtest/gtest.h>

#include "hwcost/machine.hpp"

namespace hwcost {
namespace {

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};

std::size_t member_index(std::string_view name) {
  for (std::size_t k = 0; k < kMemberCount<Convolution<>>; ++k) {
    if (Convolution<>::kMembers[k].name == name) return k;
  }
  ADD_FAILURE() << name;
  return 0;
}

struct Case {
  const char* name;
  Convolution<> dims;
  double latency_cycles;   // `cost` there
  double by_out_channels;  // `dcost_dout_channels` there
};

class Gap8Gradient : public ::testing::TestWithParam<Case> {};

// Rows of the table of PLiNIO's gradients whose cost does not depend on the widths; its case numbers are the names.
TEST_P(Gap8Gradient, ByOutputChannelsIsThatOfPlinio) {
  const Machine gap8 = load_machine("gap8", kDescriptions, builtin_registry());
  Layer layer;
  layer.op = Op::conv2d;
  layer.dims = GetParam().dims;
  const auto gradient = gap8.backend->gradient(layer, GradientMode::straight_through);
  ASSERT_TRUE(gradient.has_value());
  EXPECT_DOUBLE_EQ(gradient->value.latency().value, GetParam().latency_cycles);
  EXPECT_DOUBLE_EQ(gradient->latency_cycles(member_index("out_channels")), GetParam().by_out_channels);
}

INSTANTIATE_TEST_SUITE_P(Plinio, Gap8Gradient,
                         ::testing::Values(Case{"case10",
                                                {.in_channels = 16,
                                                 .out_channels = 16,
                                                 .out_height = 32,
                                                 .out_width = 32,
                                                 .kernel_height = 3,
                                                 .kernel_width = 3},
                                                151296,
                                                33216},
                                           Case{"case40",
                                                {.in_channels = 64,
                                                 .out_channels = 64,
                                                 .groups = 64,
                                                 .out_height = 12,
                                                 .out_width = 12,
                                                 .kernel_height = 3,
                                                 .kernel_width = 3},
                                                82944,
                                                5184},
                                           Case{"case70",
                                                {.in_channels = 128,
                                                 .out_channels = 128,
                                                 .out_height = 28,
                                                 .out_width = 28,
                                                 .kernel_height = 3,
                                                 .kernel_width = 3},
                                                7381248,
                                                226632},
                                           Case{"case130",
                                                {.in_channels = 145,
                                                 .out_channels = 111,
                                                 .out_height = 36,
                                                 .out_width = 34,
                                                 .kernel_height = 3,
                                                 .kernel_width = 3},
                                                11809260,
                                                413370}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hwcost
