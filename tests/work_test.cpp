// The one definition of work: facts of layers computed by hand.
#include "hwcost/work.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace hwcost {
namespace {

Layer layer(Op op, Dims dims) {
  Layer l;
  l.op = op;
  l.dims = dims;
  return l;
}

TEST(Work, GroupsDivideTheMacsOfAConvolution) {
  Convolution<> d{
      .in_channels = 8, .out_channels = 16, .out_height = 10, .out_width = 10, .kernel_height = 3, .kernel_width = 3};
  EXPECT_EQ(work(Op::conv2d, d).macs, 16.0 * 100 * 8 * 9);
  d.groups = 4;
  EXPECT_EQ(work(Op::conv2d, d).macs, 16.0 * 100 * 2 * 9);
}

TEST(Work, TransposedConvolutionWorksOnEveryInputPixel) {
  const Convolution<> d{.in_channels = 4,
                        .out_channels = 6,
                        .in_height = 5,
                        .in_width = 5,
                        .out_height = 11,
                        .out_width = 11,
                        .kernel_height = 3,
                        .kernel_width = 3,
                        .stride_height = 2,
                        .stride_width = 2,
                        .bias = 1};
  const Work<> w = work(Op::conv_transpose2d, d);
  EXPECT_EQ(w.macs, 25.0 * 4 * 6 * 9);
  EXPECT_EQ(w.bias_adds, 121.0 * 6);
  EXPECT_EQ(w.parameters(), 4.0 * 6 * 9 + 6);
}

TEST(Work, RecurrentLayersCountTheirGates) {
  const Recurrent<> d{.batch = 2, .steps = 10, .input_size = 3, .hidden_size = 5, .directions = 2, .bias = 2};
  EXPECT_EQ(work(Op::lstm, d).macs, 2.0 * 10 * 2 * 4 * 5 * (3 + 5));
  EXPECT_EQ(work(Op::gru, d).macs, 2.0 * 10 * 2 * 3 * 5 * (3 + 5));
  EXPECT_EQ(work(Op::rnn, d).macs, 2.0 * 10 * 2 * 5 * (3 + 5));
  EXPECT_EQ(work(Op::lstm, d).parameters(), 2.0 * 4 * 5 * (3 + 5) + 2.0 * 4 * 5 * 2);
}

TEST(Work, AttentionIsItsTwoMatmuls) {
  const Attention<> d{.batch = 1,
                      .heads = 12,
                      .key_value_heads = 12,
                      .query_length = 197,
                      .key_length = 197,
                      .head_size = 64,
                      .value_size = 64};
  EXPECT_EQ(work(Op::attention, d).macs, 2.0 * 29805312);
}

TEST(Work, FlopsAreTwoAMacAndOneABiasAdd) {
  const Facts f = facts(layer(Op::linear, Linear<>{.in_channels = 64, .out_channels = 10, .bias = 1}));
  EXPECT_EQ(f.flops, 2.0 * 640 + 10);
  EXPECT_EQ(f.params, 650);
}

TEST(Work, MaxPoolComparesOnceLessThanItsWindowHasElements) {
  const Pooling<> d{.channels = 4,
                    .in_height = 6,
                    .in_width = 6,
                    .out_height = 3,
                    .out_width = 3,
                    .kernel_height = 2,
                    .kernel_width = 2,
                    .stride_height = 2,
                    .stride_width = 2};
  EXPECT_EQ(work(Op::max_pool, d).flops(), 4.0 * 9 * 3);
  EXPECT_EQ(work(Op::avg_pool, d).flops(), 4.0 * 9 * 4);
}

TEST(Facts, BytesAreRoundedUpPerTensor) {
  Layer l = layer(Op::linear, Linear<>{.in_channels = 3, .out_channels = 3});
  l.precision.input = integer(4);
  l.precision.weight = integer(3);
  l.precision.output = integer(2);
  const Facts f = facts(l);
  EXPECT_EQ(f.input_bytes, 2);   // 12 bits
  EXPECT_EQ(f.weight_bytes, 4);  // 27 bits
  EXPECT_EQ(f.output_bytes, 1);  // 6 bits
  EXPECT_EQ(f.memory_access_bytes, 7);
  EXPECT_EQ(f.memory_access_elements, 15);
}

TEST(Facts, RepeatsWorkManyTimesAndOwnOnce) {
  Layer l = layer(Op::linear, Linear<>{.in_channels = 64, .out_channels = 10});
  const Facts once = facts(l);
  l.repeat = 5;
  const Facts five = facts(l);
  EXPECT_EQ(five.macs, 5 * once.macs);
  EXPECT_EQ(five.memory_access_bytes, 5 * once.memory_access_bytes);
  EXPECT_EQ(five.params, once.params);
  l.owns_weights = false;
  EXPECT_EQ(facts(l).params, 0);
  EXPECT_EQ(facts(l).weight_bytes, once.weight_bytes);
}

TEST(Facts, PrunedChannelsAreNotThere) {
  Layer l = layer(Op::linear, Linear<>{.in_channels = 64, .out_channels = 10, .bias = 1});
  l.precision.weight.groups = {{0, 4}, {2, 1}, {8, 5}};
  const Facts f = facts(l);
  EXPECT_EQ(f.macs, 64.0 * 6);
  EXPECT_EQ(f.params, 65.0 * 6);
  EXPECT_EQ(f.bit_ops, 64.0 * (2 * 1 + 8 * 5) * 8);
  EXPECT_EQ(f.weight_bits, 64.0 * (2 * 1 + 8 * 5));
  EXPECT_EQ(f.output_bytes, 6);
}

TEST(Facts, WholeLayersOfZeroBitsAreNotThere) {
  Layer l = layer(Op::linear, Linear<>{.in_channels = 64, .out_channels = 10, .bias = 1});
  l.precision.weight = integer(0);
  const Facts f = facts(l);
  EXPECT_EQ(f.macs, 0);
  EXPECT_EQ(f.params, 0);
}

// ShuffleNet V2's bound holds for every split of channels at equal work, and is reached where both sides are equal.
TEST(Facts, MemoryAccessBoundIsReachedByEqualChannelsOnly) {
  constexpr double kProduct = 64.0 * 64.0;
  for (const double groups : {1.0, 2.0, 4.0}) {
    for (double in = groups; in <= kProduct; in += groups) {
      const double out = kProduct / in;
      if (out != std::floor(out) || std::fmod(out, groups) != 0.0) continue;
      const Facts f = facts(layer(Op::conv2d, Convolution<>{.in_channels = in,
                                                            .out_channels = out,
                                                            .groups = groups,
                                                            .in_height = 7,
                                                            .in_width = 7,
                                                            .out_height = 7,
                                                            .out_width = 7}));
      ASSERT_TRUE(f.has_memory_access_bound);
      if (in == out) {
        EXPECT_NEAR(f.memory_access_elements, f.memory_access_bound_elements, 1e-9 * f.memory_access_elements);
      } else {
        EXPECT_GT(f.memory_access_elements, f.memory_access_bound_elements) << in << "x" << out;
      }
    }
  }
}

TEST(Facts, OnlyPointwiseConvolutionsHaveABound) {
  EXPECT_FALSE(facts(layer(Op::linear, Linear<>{})).has_memory_access_bound);
  EXPECT_FALSE(facts(layer(Op::conv2d, Convolution<>{.in_height = 3, .out_height = 1, .kernel_height = 3}))
                   .has_memory_access_bound);
  EXPECT_FALSE(facts(layer(Op::conv2d, Convolution<>{.in_height = 4, .out_height = 2, .stride_height = 2}))
                   .has_memory_access_bound);
}

}  // namespace
}  // namespace hwcost
