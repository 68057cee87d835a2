// What holds of NE16's layers whatever the numbers: more of a resource is never dearer, parts add up, every path
// agrees.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <thread>

#include "../core/conformance/batch_columns.hpp"
#include "support/ne16_layers.hpp"

namespace hwcost {
namespace {

using testing::Ne16Memory;
using testing::RandomNe16;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Infinite where it cannot run at all.
double price(const Backend& backend, const Layer& layer) {
  const auto e = backend.estimate(layer);
  return e ? e->cost.latency().value : kInfinity;
}

// 30 machines, each beside one that `improve` makes better, on 12 layers. Returns how many layers got cheaper.
template <class Improve>
int never_dearer(unsigned seed, Improve&& improve, bool knows_l3 = false) {
  RandomNe16 random(seed);
  int cheaper = 0;
  for (int m = 0; m < 30; ++m) {
    Ne16Memory memory = random.memory();
    if (knows_l3) {
      memory.l2_bytes = random.pick({4096, 20000, 65536});
      memory.l3_bytes_a_cycle = random.real(0.01, 2.0 * memory.dma_bytes_a_cycle);
    }
    const Machine one = memory.layers();
    improve(memory, random);
    const Machine better = memory.layers();
    for (int i = 0; i < 12; ++i) {
      const Layer layer = random.layer();
      const double before = price(*one.backend, layer);
      const double after = price(*better.backend, layer);
      EXPECT_LE(after, before * (1.0 + 1e-12)) << "machine " << m << ", layer " << i;
      cheaper += after < before ? 1 : 0;
    }
  }
  return cheaper;
}

TEST(Ne16Layer, LargerL1IsNeverDearer) {
  EXPECT_GT(never_dearer(11, [](Ne16Memory& m, RandomNe16& random) { m.l1_bytes += random.upto(100000); }), 100);
}
TEST(Ne16Layer, MoreDmaBandwidthIsNeverDearer) {
  EXPECT_GT(never_dearer(12, [](Ne16Memory& m, RandomNe16& random) { m.dma_bytes_a_cycle *= random.real(1.0, 4.0); }),
            100);
}
TEST(Ne16Layer, LargerL2IsNeverDearer) {
  const auto improve = [](Ne16Memory& m, RandomNe16& random) { m.l2_bytes += random.upto(200000); };
  EXPECT_GT(never_dearer(13, improve, true), 25);
}
TEST(Ne16Layer, MoreBandwidthBeyondL2IsNeverDearer) {
  const auto improve = [](Ne16Memory& m, RandomNe16& random) { m.l3_bytes_a_cycle *= random.real(1.0, 10.0); };
  EXPECT_GT(never_dearer(14, improve, true), 50);
}

TEST(Ne16Layer, FewerWeightBitsAreNeverDearer) {
  RandomNe16 random(15);
  int cheaper = 0;
  for (int m = 0; m < 30; ++m) {
    const Machine machine = random.memory().layers();
    for (int i = 0; i < 12; ++i) {
      Layer layer = random.layer();
      double wider = kInfinity;
      for (double bits = 8.0; bits >= 2.0; --bits) {
        layer.precision.weight = integer(bits);
        const double here = price(*machine.backend, layer);
        ASSERT_LE(here, wider * (1.0 + 1e-12)) << bits;
        cheaper += here < wider ? 1 : 0;
        wider = here;
      }
    }
  }
  EXPECT_GT(cheaper, 1000);
}

TEST(Ne16Layer, PartsAddUpToTheLatencyOfOneGroupAndImage) {
  RandomNe16 random(16);
  int checked = 0;
  for (int m = 0; m < 30; ++m) {
    const Machine machine = random.memory().layers();
    for (int i = 0; i < 12; ++i) {
      const Layer layer = random.layer();
      const auto mapping = machine.backend->mapping(layer);
      if (mapping.empty()) continue;
      double sum = 0.0;
      double l1 = 0.0;
      for (const MappingFigure& detail : mapping.at(0).figures) {
        ASSERT_GE(detail.value, 0.0) << detail.name;
        if (detail.name == "job_cycles" || detail.name == "exposed_dma_cycles" || detail.name == "programming_cycles" ||
            detail.name == "handling_cycles")
          sum += detail.value;
        if (detail.name == "l1_bytes") l1 = detail.value;
      }
      double times = 1.0;
      if (const auto* d = std::get_if<Convolution<>>(&layer.dims))
        times = d->batch * (d->is_depthwise() ? 1.0 : d->groups);
      const double expected = price(*machine.backend, layer);
      ASSERT_NEAR(times * sum, expected, 1e-12 * expected);
      ASSERT_GT(l1, 0.0);
      ++checked;
    }
  }
  EXPECT_GE(checked, 200);
}

std::vector<Layer> layers_of(Op op, std::size_t count, unsigned seed) {
  RandomNe16 random(seed);
  std::vector<Layer> layers;
  while (layers.size() < count) {
    Layer layer = random.layer();
    if (layer.op == op) layers.push_back(std::move(layer));
  }
  return layers;
}

TEST(Ne16Layer, BatchEqualsScalarBitForBit) {
  for (const unsigned seed : {17u, 18u, 19u}) {
    const Machine machine = RandomNe16(seed).memory().layers();
    for (const Op op : {Op::conv2d, Op::linear}) {
      const auto layers = layers_of(op, 150, seed);
      std::vector<double> latency(layers.size());
      std::vector<double> traffic(layers.size());
      CostColumns out;
      out.latency_cycles = latency;
      out.traffic_bytes = traffic;
      machine.backend->estimate_batch(testing::BatchColumns(layers).columns(), out);
      for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto e = machine.backend->estimate(layers[i]);
        ASSERT_EQ(std::isnan(latency[i]), !e.has_value());
        if (!e) continue;
        ASSERT_EQ(latency[i], e->cost.latency().value);
        ASSERT_EQ(traffic[i], in_bytes(e->cost.traffic));
      }
    }
  }
}

// Channels of each width are a layer of their own, in a batch a row of their own.
TEST(Ne16Layer, MixedWidthsAreTheSumOfTheirLayersAlsoInABatch) {
  RandomNe16 random(20);
  const Machine machine = Ne16Memory{}.layers();  // of quotients that are exact: sums do not depend on their order
  int checked = 0;
  while (checked < 200) {
    Layer layer = random.layer();
    const auto* conv = std::get_if<Convolution<>>(&layer.dims);
    const double groups = conv == nullptr || conv->is_depthwise() ? 1.0 : conv->groups;
    const double channels = out_channels(layer.dims) / groups;
    if (channels < 4.0) continue;
    const double narrow = random.upto(static_cast<int>(channels) - 3);
    const double pruned = random.pick({0, 1});
    std::vector<ChannelGroup> widths{{0.0, groups * pruned},
                                     {2.0, groups * narrow},
                                     {5.0, groups},
                                     {8.0, groups * (channels - narrow - pruned - 1.0)}};
    layer.precision.weight.groups = widths;
    const auto mixed = machine.backend->estimate(layer);
    std::vector<Layer> parts;
    for (const ChannelGroup& width : widths) {
      if (width.bits == 0.0) continue;
      Layer part = layer;
      part.precision.weight = integer(width.bits);
      std::visit(
          [&]<class D>(const D& dims) {
            if constexpr (requires { with_out_channels(dims, 1.0); })
              part.dims = with_out_channels(dims, width.channels);
          },
          layer.dims);
      parts.push_back(part);
    }
    std::vector<double> latency(parts.size());
    CostColumns out;
    out.latency_cycles = latency;
    machine.backend->estimate_batch(testing::BatchColumns(parts).columns(), out);
    const double sum = std::accumulate(latency.begin(), latency.end(), 0.0);
    ASSERT_EQ(mixed.has_value(), !std::isnan(sum));
    if (!mixed) continue;
    ASSERT_EQ(mixed->cost.latency().value, sum);
    ASSERT_EQ(machine.backend->mapping(layer).size(), parts.size());
    ++checked;
  }
}

TEST(Ne16Layer, StraightThroughGradientHasTheEstimatesValue) {
  for (const unsigned seed : {21u, 22u}) {
    const Machine machine = RandomNe16(seed).memory().layers();
    int rising = 0;
    for (const Op op : {Op::conv2d, Op::linear}) {
      for (const Layer& layer : layers_of(op, 120, seed)) {
        const auto e = machine.backend->estimate(layer);
        const auto g = machine.backend->gradient(layer, GradientMode::straight_through);
        ASSERT_EQ(e.has_value(), g.has_value());
        if (!e) continue;
        Cost<>::visit_together([](std::string_view part, double a, double b) { ASSERT_EQ(a, b) << part; }, g->value,
                               e->cost);
        for (std::size_t k = 0; k < g->partial.size(); ++k) {
          ASSERT_TRUE(std::isfinite(g->latency_cycles(k))) << k;
          rising += g->latency_cycles(k) > 0.0 ? 1 : 0;
        }
      }
    }
    EXPECT_GT(rising, 500);
  }
}

// One backend asked by many threads at once, each in an order of its own, and a fresh one: all say the same.
TEST(Ne16Layer, WhatIsRememberedDoesNotDependOnWhoAskedFirst) {
  const Ne16Memory memory = RandomNe16(23).memory();
  const auto layers = layers_of(Op::conv2d, 200, 23);
  const Machine fresh = memory.layers();
  std::vector<double> expected;
  for (const Layer& layer : layers) expected.push_back(price(*fresh.backend, layer));
  const Machine shared = memory.layers();
  std::array<bool, 6> same{};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < same.size(); ++t) {
      threads.emplace_back([&, t] {
        same[t] = true;
        for (std::size_t i = 0; i < 3 * layers.size(); ++i) {
          const std::size_t at = (i * (2 * t + 1) + 31 * t) % layers.size();
          if (price(*shared.backend, layers[at]) != expected[at]) same[t] = false;
        }
      });
    }
  }
  EXPECT_TRUE(std::all_of(same.begin(), same.end(), [](bool ok) { return ok; }));
}

std::string reason(const Machine& machine, const Convolution<>& d) {
  Layer layer;
  layer.op = Op::conv2d;
  layer.dims = d;
  const auto e = machine.backend->estimate(layer);
  return e ? "none" : e.error().reason;
}

TEST(Ne16Layer, ReasonNamesTheSmallestTileAndHowOftenItIsThere) {
  Ne16Memory memory;
  memory.l1_bytes = 1024.0;
  const Machine machine = memory.layers();
  Convolution<> d{
      .in_channels = 64, .out_channels = 64, .in_height = 9, .in_width = 9, .out_height = 4, .out_width = 4};
  d.kernel_height = d.kernel_width = 3.0;
  d.stride_height = d.stride_width = 2.0;
  // 5x5x64 pixels, 2x2x32 outputs, 32x64x9 weights, 32 scales of 4 bytes.
  EXPECT_EQ(reason(machine, d), "no tile of it fits L1: 4 outputs of 32 channels take 20288 bytes twice, of 1024");
  const Convolution<> one{.in_channels = 64, .out_channels = 32};  // 64 pixels, 32 outputs, 32x64 weights, 32 scales
  EXPECT_EQ(reason(machine, one), "no tile of it fits L1: 1 outputs of 32 channels take 2272 bytes, of 1024");
}

TEST(Ne16Layer, UnequalStridesAreRefusedForEveryKernel) {
  const Machine machine = Ne16Memory{}.layers();
  Convolution<> d{
      .in_channels = 16, .out_channels = 16, .in_height = 9, .in_width = 5, .out_height = 5, .out_width = 5};
  d.stride_height = 2.0;
  EXPECT_EQ(reason(machine, d), "stride 2x1: equal strides alone are modelled");
  d.in_width = d.in_height;
  d.stride_width = 2.0;
  EXPECT_EQ(reason(machine, d), "none");
}

// A price that is a number, or a refusal in words; and soon.
void expect_an_answer(const Backend& backend, const Layer& layer) {
  const auto e = backend.estimate(layer);
  (void)backend.mapping(layer);
  if (!e) {
    ASSERT_GT(e.error().reason.size(), 10u);
    ASSERT_EQ(e.error().reason.find('\n'), std::string::npos);
    return;
  }
  Cost<>::visit(e->cost, [](std::string_view part, double v) { ASSERT_TRUE(std::isfinite(v) && v >= 0.0) << part; });
}

TEST(Ne16Layer, HostileExtentsEndInAPriceOrARefusal) {
  const Machine gap9 = Ne16Memory{}.layers();
  Ne16Memory wide;
  wide.l1_bytes = 1024.0 * 1024.0;
  const Machine large = wide.layers();
  const std::vector<double> hostile{0.0, 0.5, 2.5, -3.0, 1e9, 9007199254740992.0, 1e300, kInfinity, kNan};
  for (const Op op : {Op::conv2d, Op::linear}) {
    for (const Layer& sane : layers_of(op, 6, 24)) {
      for (const double value : hostile) {
        std::visit(
            [&]<class D>(const D& dims) {
              for (const auto& member : D::kMembers) {
                if (member.name == "bias") continue;  // no extent
                Layer layer = sane;
                std::get<D>(layer.dims).*member.pointer = value;
                for (const Machine* machine : {&gap9, &large}) {
                  SCOPED_TRACE(fmt::format("{} {} = {}", name(op), member.name, value));
                  expect_an_answer(*machine->backend, layer);
                }
              }
              (void)dims;
            },
            sane.dims);
      }
    }
  }
}

TEST(Ne16Layer, ExtentsFarBeyondAnyNetworkArePricedSoon) {
  for (const double l1 : {1024.0, 120000.0, 1024.0 * 1024.0}) {
    Ne16Memory memory;
    memory.l1_bytes = l1;
    const Machine machine = memory.layers();
    for (const double side : {1e3, 1e6, 1e9}) {
      for (const double channels : {1.0, 64.0, 1e5, 9007199254740992.0}) {
        for (const double kernel : {1.0, 3.0}) {
          for (const double stride : {1.0, 2.0}) {
            Layer layer;
            layer.op = Op::conv2d;
            layer.dims = Convolution<>{.in_channels = std::min(channels, 4096.0),
                                       .out_channels = channels,
                                       .in_height = side * stride + kernel - stride,
                                       .in_width = side * stride + kernel - stride,
                                       .out_height = side,
                                       .out_width = side,
                                       .kernel_height = kernel,
                                       .kernel_width = kernel,
                                       .stride_height = stride,
                                       .stride_width = stride};
            expect_an_answer(*machine.backend, layer);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace hwcost
