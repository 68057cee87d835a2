// What ModelBackend makes of a formula with a memory term, which no shipped backend has yet: a toy roofline.
#include "hwcost/model_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace hwcost {
namespace {

struct Roofline {
  template <class T>
  struct Params {
    template <class Self, class F>
    static void visit(Self&, F&&) {}
  };
  static BackendTraits traits(const Params<double>&) {
    BackendTraits traits;
    traits.metrics = {Metric::latency_cycles};
    traits.out_channel_step = 16.0;
    return traits;
  }
  static Requantization default_requantization(const Params<double>&) { return {32.0, 1.0}; }

  // A MAC a cycle in tiles of 16 channels; weights come at 4 bit a cycle.
  template <class T>
  static Cost<T> cost(const Params<T>&, Op, const Linear<T>& d, const Widths<T>& w) {
    return {.compute = cycles(d.in_channels * ceil_div(d.out_channels, T(16.0))),
            .memory = cycles(d.in_channels * d.out_channels * w.weight_bits / T(4.0)),
            .overhead = cycles(w.scale_bits)};
  }
  template <class Verdict>
  static Status check(const Params<double>&, Op, const Linear<>&, const Widths<>&, Verdict&&) {
    return Status::priced;
  }
};

Layer linear(double out_channels, double bits) {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.in_channels = 64, .out_channels = out_channels};
  layer.precision.weight = integer(bits);
  return layer;
}

const ModelBackend<Roofline> kRoofline("roofline", {});

double latency(const Layer& layer) { return kRoofline.estimate(layer)->cost.latency().value; }

TEST(ModelBackend, TheSlowerOfComputeAndMemoryBounds) {
  EXPECT_EQ(latency(linear(1, 1)), 64 + 32);        // compute 64, memory 16
  EXPECT_EQ(latency(linear(16, 4)), 64 * 16 + 32);  // compute 64, memory 1024
  EXPECT_EQ(bottleneck(kRoofline.estimate(linear(16, 4))->cost), "memory");
}

// One width bound by compute and one by memory: each takes its own time, and the times add up.
TEST(ModelBackend, ALayerOfMixedWidthsTakesAsLongAsItsParts) {
  Layer mixed = linear(17, 8);
  mixed.precision.weight.groups = {{1, 1}, {8, 16}};
  EXPECT_EQ(latency(mixed), latency(linear(1, 1)) + latency(linear(16, 8)));
}

TEST(ModelBackend, RelaxedLatencySlopesToTheKnotBelowWhateverBoundsThere) {
  const auto gradient = kRoofline.gradient(linear(17, 1), GradientMode::relaxed);
  const double slope = gradient->latency_cycles(3);
  EXPECT_EQ(Linear<>::kMembers[3].name, "out_channels");
  EXPECT_DOUBLE_EQ(slope, latency(linear(17, 1)) - latency(linear(16, 1)));
}

TEST(ModelBackend, ALayerWithoutChannelsCostsNothingAndStillHasASlope) {
  for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
    const auto gradient = kRoofline.gradient(linear(0, 8), mode);
    ASSERT_TRUE(gradient.has_value());
    EXPECT_EQ(gradient->value.latency().value, 0.0);
    EXPECT_GT(gradient->latency_cycles(3), 0.0);
  }
}

// A layer, or a row of a batch, that does not say its requantisation gets the machine's default.
TEST(ModelBackend, UnsaidRequantizationIsTheMachinesOwn) {
  Layer said = linear(1, 1);
  said.precision.requantization = Requantization{8.0, 0.0};
  EXPECT_EQ(latency(said), 64 + 8);
  EXPECT_EQ(latency(linear(1, 1)), 64 + 32);

  const std::vector<double> row{1, 1, 64, 1, 0, 8, 1, 8, std::numeric_limits<double>::quiet_NaN(), 0};
  std::vector<const double*> columns;
  for (const double& cell : row) columns.push_back(&cell);
  double cycles = 0.0;
  CostColumns out;
  out.latency_cycles = std::span(&cycles, 1);
  kRoofline.estimate_batch({Op::linear, 1, columns}, out);
  EXPECT_EQ(cycles, 64 + 32);
}

// More rows than the batch path works on at a time, some pruned, some empty, some no counts; columns longer than that.
TEST(ModelBackend, ALongBatchIsItsRowsAndTouchesNothingBehindThem) {
  constexpr std::size_t kRows = 1300;
  constexpr std::size_t kBehind = 3;
  std::vector<std::vector<double>> columns(column_count(Family::linear), std::vector<double>(kRows));
  for (std::size_t i = 0; i < kRows; ++i) {
    const double out_channels = i % 7 == 6 ? -1.0 : static_cast<double>(i % 50);
    const std::array<double, 10> row{1, 1, 64, out_channels, 0, 8, static_cast<double>(i % 9), 8, 32, 1};
    for (std::size_t k = 0; k < row.size(); ++k) columns[k][i] = row[k];
  }
  std::vector<const double*> pointers;
  for (const auto& column : columns) pointers.push_back(column.data());
  const LayerColumns in{Op::linear, kRows, pointers};

  std::vector<double> cycles(kRows + kBehind, -5.0);
  std::vector<Status> status(kRows + kBehind, Status::approximated);
  CostColumns out;
  out.latency_cycles = cycles;
  out.status = status;
  kRoofline.estimate_batch(in, out);
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto estimate = kRoofline.estimate(layer_at(in, i));
    ASSERT_EQ(status[i], estimate ? Status::priced : Status::unsupported) << i;
    if (estimate) {
      ASSERT_EQ(cycles[i], estimate->cost.latency().value) << i;
    } else {
      ASSERT_TRUE(std::isnan(cycles[i])) << i;
    }
  }
  for (std::size_t i = kRows; i < cycles.size(); ++i) {
    EXPECT_EQ(cycles[i], -5.0);
    EXPECT_EQ(status[i], Status::approximated);
  }
}

TEST(ModelBackend, OperatorsWithoutAFormulaAreUnmodelled) {
  Layer pool;
  pool.op = Op::max_pool;
  pool.dims = Pooling<>{};
  EXPECT_EQ(kRoofline.estimate(pool).error().cause, Unsupported::Cause::unmodelled);
}

}  // namespace
}  // namespace hwcost
