// Layers: what contradicts itself, and what is left of a layer without its pruned channels.
#include "hwcost/layer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>
#include <limits>
#include <ostream>
#include <string>

#include "../core/conformance/random_layers.hpp"
#include "hwcost/work.hpp"

namespace hwcost {
namespace {

Layer convolution_layer() {
  Layer layer;
  layer.name = "conv";
  layer.op = Op::conv2d;
  layer.dims = Convolution<>{.in_channels = 8,
                             .out_channels = 16,
                             .in_height = 10,
                             .in_width = 10,
                             .out_height = 10,
                             .out_width = 10,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .pad_top = 1,
                             .pad_bottom = 1,
                             .pad_left = 1,
                             .pad_right = 1,
                             .bias = 1};
  return layer;
}

Layer depthwise_layer(double channels, double multiplier = 1.0) {
  Layer layer = convolution_layer();
  auto& dims = std::get<Convolution<>>(layer.dims);
  dims.groups = dims.in_channels = channels;
  dims.out_channels = channels * multiplier;
  return layer;
}

WeightFormat histogram(std::vector<ChannelGroup> groups) {
  WeightFormat format;
  format.groups = std::move(groups);
  return format;
}

struct Contradiction {
  std::string name;
  std::function<void(Layer&, Convolution<>&)> change;
  std::string reason;
};
void PrintTo(const Contradiction& c, std::ostream* out) { *out << c.name; }

class ContradictingConvolution : public ::testing::TestWithParam<Contradiction> {};

TEST_P(ContradictingConvolution, IsToldWithFieldAndNumbers) {
  Layer layer = convolution_layer();
  GetParam().change(layer, std::get<Convolution<>>(layer.dims));
  EXPECT_EQ(contradiction(layer).value_or("none"), GetParam().reason);
}

const double kInfinity = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(
    Layer, ContradictingConvolution,
    ::testing::Values(
        Contradiction{"NothingWrong", [](Layer&, auto&) {}, "none"},
        Contradiction{"ZeroBatch", [](Layer&, auto& d) { d.batch = 0; },
                      "batch is 0, not a positive whole number up to 2^53"},
        Contradiction{"NegativeChannels", [](Layer&, auto& d) { d.in_channels = -3; },
                      "in_channels is -3, not a positive whole number up to 2^53"},
        Contradiction{"FractionalKernel", [](Layer&, auto& d) { d.kernel_height = 2.5; },
                      "kernel_height is 2.5, not a positive whole number up to 2^53"},
        Contradiction{"InfiniteWidth", [](Layer&, auto& d) { d.in_width = kInfinity; },
                      "in_width is inf, not a positive whole number up to 2^53"},
        Contradiction{"NegativePadding", [](Layer&, auto& d) { d.pad_top = -1; },
                      "pad_top is -1, not a non-negative whole number up to 2^53"},
        Contradiction{"TwoBiases", [](Layer&, auto& d) { d.bias = 2; }, "bias is 2, not a whole number from 0 to 1"},
        Contradiction{"GroupsOfInputs", [](Layer&, auto& d) { d.groups = 3; },
                      "groups 3 does not divide in_channels 8"},
        Contradiction{"GroupsOfOutputs", [](Layer&, auto& d) { d.groups = 8, d.out_channels = 12; },
                      "groups 8 does not divide out_channels 12"},
        Contradiction{"OutputTooSmall", [](Layer&, auto& d) { d.out_height = 9; },
                      "out_height is 9, but in_height 10, padding 2, kernel_height 3, stride_height 1, "
                      "dilation_height 1 give 10"},
        Contradiction{"KernelBeyondInput", [](Layer&, auto& d) { d.kernel_width = 14; },
                      "kernel_width 14 with dilation_width 1 covers 14, more than in_width 10 and its padding 2"},
        Contradiction{"DepthOfAnImage", [](Layer&, auto& d) { d.in_depth = 4; },
                      "conv2d has no depth: in, out, kernel, stride and dilation there must be 1, the padding 0"},
        Contradiction{"OverflowingWork", [](Layer&, auto& d) { d.batch = 1e15; },
                      "MACs of conv2d are 1.152e+20 in 1 runs, more than the 2^53 that counts are exact to"},
        Contradiction{
            "OverflowingRepeat", [](Layer& layer, auto&) { layer.repeat = 1e15; },
            "MACs of conv2d are 1.152e+20 in 1000000000000000 runs, more than the 2^53 that counts are exact to"},
        Contradiction{"NoRepeat", [](Layer& layer, auto&) { layer.repeat = 0; },
                      "repeat is 0, not a positive whole number up to 2^53"},
        Contradiction{"OtherFamily", [](Layer& layer, auto&) { layer.op = Op::linear; },
                      "linear has extents of another operator family"}),
    [](const auto& test) { return test.param.name; });

class ContradictingWidths : public ::testing::TestWithParam<Contradiction> {};

TEST_P(ContradictingWidths, AreToldWithTheNumbers) {
  Layer layer = convolution_layer();
  GetParam().change(layer, std::get<Convolution<>>(layer.dims));
  EXPECT_EQ(contradiction(layer).value_or("none"), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Layer, ContradictingWidths,
    ::testing::Values(
        Contradiction{"AHistogram",
                      [](Layer& l, auto&) {
                        l.precision.weight = histogram({{0, 4}, {8, 12}});
                      },
                      "none"},
        Contradiction{"TooWide", [](Layer& l, auto&) { l.precision.input = integer(65); },
                      "input bits is 65, not a whole number from 1 to 64"},
        Contradiction{"OddFloat",
                      [](Layer& l, auto&) {
                        l.precision.output = {20, NumberFormat::Kind::floating};
                      },
                      "output bits is a float of 20 bits, not of 4, 8, 16, 32 or 64"},
        Contradiction{"OddBrainFloat",
                      [](Layer& l, auto&) {
                        l.precision.weight = NumberFormat{8, NumberFormat::Kind::brain};
                      },
                      "weight bits is a brain float of 8 bits, which has 16"},
        Contradiction{"WrongSum",
                      [](Layer& l, auto&) {
                        l.precision.weight = histogram({{0, 4}, {8, 11}});
                      },
                      "channels of all widths add up to 15, not to out_channels 16"},
        Contradiction{"Descending",
                      [](Layer& l, auto&) {
                        l.precision.weight = histogram({{8, 4}, {0, 12}});
                      },
                      "widths are not ascending: 0 behind 8"},
        Contradiction{"Repeated",
                      [](Layer& l, auto&) {
                        l.precision.weight = histogram({{8, 4}, {8, 12}});
                      },
                      "widths are not ascending: 8 behind 8"},
        Contradiction{"HalfAChannel",
                      [](Layer& l, auto&) {
                        l.precision.weight = histogram({{4, 0.5}, {8, 15.5}});
                      },
                      "channels of a width is 0.5, not a positive whole number up to 2^53"},
        Contradiction{"UnevenOverGroups",
                      [](Layer& l, auto& d) {
                        d.groups = 4, l.precision.weight = histogram({{4, 6}, {8, 10}});
                      },
                      "6 channels of 4 bits are no multiple of 4: widths spread evenly over 4 groups"},
        Contradiction{
            "ListUnevenOverGroups",
            [](Layer& l, auto& d) {
              d.groups = 4;
              l.precision.weight = WeightFormat::per_channel({0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8});
            },
            "group 2 of 4 has channels of other widths than group 1: widths spread evenly "
            "over groups"},
        Contradiction{
            "ListEvenOverGroups",
            [](Layer& l, auto& d) {
              d.groups = 4;
              l.precision.weight = WeightFormat::per_channel({0, 8, 8, 8, 8, 0, 8, 8, 8, 8, 0, 8, 8, 8, 8, 0});
            },
            "none"},
        Contradiction{
            "OutputsOfADepthwiseInput",
            [](Layer& l, auto& d) {
              d.groups = 8;
              l.precision.weight = WeightFormat::per_channel({0, 8, 0, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8});
            },
            "input channel 1 of a depthwise layer has outputs of 0 and of 8 bits"},
        Contradiction{"NoInput", [](Layer& l, auto&) { l.precision.input = integer(0); },
                      "input bits is 0, not a whole number from 1 to 64"},
        Contradiction{"NoOutput", [](Layer& l, auto&) { l.precision.output = integer(0); },
                      "output bits is 0, not a whole number from 1 to 64"},
        Contradiction{"OtherOrder",
                      [](Layer& l, auto&) {
                        l.precision.weight = WeightFormat::per_channel(std::vector<double>(16, 4));
                        l.precision.weight.by_channel[3] = 8;
                      },
                      "the widths of 16 single channels do not agree with the histogram"},
        Contradiction{"ChannelsAlone",
                      [](Layer& l, auto&) {
                        l.precision.weight.by_channel = {8, 8};
                      },
                      "widths of single channels are given without their histogram"},
        Contradiction{"FusedActivation", [](Layer& l, auto&) { l.fused_activation = Op::conv2d; },
                      "its fused activation conv2d is no activation"},
        Contradiction{"Shift",
                      [](Layer& l, auto&) {
                        l.precision.requantization = Requantization{32, 2};
                      },
                      "requantization shift is 2, not a whole number from 0 to 1"}),
    [](const auto& test) { return test.param.name; });

TEST(Layer, WithoutWeightsHasNoHistogram) {
  Layer layer;
  layer.op = Op::matmul;
  layer.dims = MatMul<>{};
  layer.precision.weight = histogram({{8, 1}});
  EXPECT_EQ(contradiction(layer).value_or("none"), "matmul has no weights a channel, so no widths a channel");
}

TEST(Layer, WhoseChannelsCannotBeTakenOutHasNoWeightsOfNoBits) {
  for (Layer layer : testing::random_layers(4)) {
    const Family family = info(layer.op).family;
    layer.precision.weight = integer(0);
    const std::string reason = contradiction(layer).value_or("none");
    if (family == Family::matmul || family == Family::attention) {
      EXPECT_EQ(reason, "weight bits is 0, not a whole number from 1 to 64");
    } else if (has_weights(layer) && out_channels(layer.dims) == 0.0) {
      EXPECT_EQ(reason, "weight bits of " + std::string(name(layer.op)) + " are 0: its channels cannot be taken out");
    } else {
      EXPECT_EQ(reason, "none") << name(layer.op);
    }
  }
}

TEST(Layer, TransposedConvolutionMayBePaddedAtItsEnd) {
  Layer layer = convolution_layer();
  layer.op = Op::conv_transpose2d;
  auto& dims = std::get<Convolution<>>(layer.dims);
  dims.stride_height = dims.stride_width = 2;
  dims.out_height = 19;
  dims.out_width = 20;
  EXPECT_EQ(contradiction(layer), std::nullopt);
  dims.out_width = 21;
  EXPECT_EQ(
      contradiction(layer).value_or("none"),
      "out_width is 21, but in_width 10, padding 2, kernel_width 3, stride_width 2, dilation_width 1 give 19 to 20");
}

TEST(Layer, RandomOnesContradictNothing) {
  for (const Layer& layer : testing::random_layers(50)) EXPECT_EQ(contradiction(layer), std::nullopt) << name(layer.op);
}

TEST(Layer, DiffersWhereAnyExtentDiffers) {
  for (const Layer& layer : testing::random_layers(1)) {
    EXPECT_EQ(layer, layer);
    Layer other = layer;
    std::visit([]<class D>(D& dims) { dims.*D::kMembers.back().pointer += 1.0; }, other.dims);
    EXPECT_FALSE(layer == other) << name(layer.op);
  }
}

TEST(PrunedChannels, AreRemovedFromTheHistogramAndTheList) {
  Layer layer = convolution_layer();
  std::vector<double> widths(16, 8);
  widths[2] = widths[5] = 0;
  widths[7] = 4;
  layer.precision.weight = WeightFormat::per_channel(widths);
  const Layer left = without_pruned_channels(layer);
  EXPECT_EQ(std::get<Convolution<>>(left.dims).out_channels, 14);
  EXPECT_EQ(std::get<Convolution<>>(left.dims).in_channels, 8);
  EXPECT_EQ(left.precision.weight.groups, (std::vector<ChannelGroup>{{4, 1}, {8, 13}}));
  EXPECT_EQ(left.precision.weight.by_channel.size(), 14U);
  EXPECT_EQ(contradiction(left), std::nullopt);
}

TEST(PrunedChannels, OfADepthwiseLayerTakeItsInputsAlong) {
  Layer layer = depthwise_layer(8, 2);
  layer.precision.weight = histogram({{0, 6}, {8, 10}});
  const auto left = std::get<Convolution<>>(without_pruned_channels(layer).dims);
  EXPECT_EQ(left.out_channels, 10);
  EXPECT_EQ(left.in_channels, 5);
  EXPECT_EQ(left.groups, 5);
}

// A part of one channel has one group, and still is no dense layer.
TEST(PrunedChannels, OneLeftChannelOfADepthwiseLayerIsStillDepthwise) {
  const Convolution<> one =
      with_out_channels(Convolution<>{.in_channels = 8, .out_channels = 8, .groups = 8, .kernel_width = 3}, 1.0);
  EXPECT_EQ(one.groups, 1.0);
  EXPECT_TRUE(one.is_depthwise());
  EXPECT_FALSE((Convolution<>{.in_channels = 1, .out_channels = 1}).is_depthwise());
}

TEST(PrunedChannels, AllOfThemLeaveNoWork) {
  for (Layer layer : {convolution_layer(), depthwise_layer(8)}) {
    const double channels = out_channels(layer.dims);
    for (const WeightFormat& weight : {WeightFormat(integer(0)), histogram({{0, channels}})}) {
      layer.precision.weight = weight;
      const Work<> left = work(without_pruned_channels(layer));
      EXPECT_EQ(left.macs, 0.0);
      EXPECT_EQ(left.weights, 0.0);
      EXPECT_EQ(left.output, 0.0);
    }
  }
}

TEST(PrunedChannels, NoneOfThemLeaveTheLayerAsItIs) {
  for (const Layer& layer : testing::random_layers(3)) {
    if (layer.precision.weight.uniform == integer(0)) continue;
    EXPECT_EQ(without_pruned_channels(layer), layer);
  }
}

TEST(PrunedChannels, WorkOfPartsAddsUpToTheWhole) {
  rc::check([] {
    Layer layer = convolution_layer();
    std::vector<double> widths;
    for (int i = 0; i < 16; ++i) widths.push_back(*rc::gen::element(0.0, 2.0, 4.0, 8.0));
    layer.precision.weight = WeightFormat::per_channel(widths);
    const Layer left = without_pruned_channels(layer);
    double macs = 0.0;
    for (const ChannelGroup& group : layer.precision.weight.groups) {
      if (group.bits > 0.0)
        macs += work(Op::conv2d, with_out_channels(std::get<Convolution<>>(layer.dims), group.channels)).macs;
    }
    RC_ASSERT(work(left).macs == macs);
  });
}

}  // namespace
}  // namespace hwcost
