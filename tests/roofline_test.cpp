// The generic model of accelerators: what bounds a layer, what is refused, and a published machine's measured rates.
#include <gtest/gtest.h>

#include "hwcost/machine.hpp"

namespace hwcost {
namespace {

const std::string kSource = HWCOST_SOURCE_DIR;

std::unique_ptr<const Backend> machine(const std::string& name) {
  const SearchPath folders{kSource + "/hw_descriptions", kSource + "/tests/golden"};
  return builtin_registry().make(Description::load(name, folders));
}
std::unique_ptr<const Backend> machine_of(const std::string& parameters) {
  return builtin_registry().make(Description::from_text(
      "name toy\nbackend roofline\nparameter\n{\n" + parameters + "}\n", "toy.info", SearchPath{}));
}
std::string parameter(const std::string& key, const std::string& value) {
  return key + " \"" + value + "\" { source \"made up\" kind guessed }\n";
}

Layer linear(double tokens, double in_channels, double out_channels) {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.tokens = tokens, .in_channels = in_channels, .out_channels = out_channels};
  return layer;
}

Cost<> cost_of(const Backend& backend, const Layer& layer) {
  const auto estimate = backend.estimate(layer);
  EXPECT_TRUE(estimate.has_value()) << estimate.error().reason;
  return estimate ? estimate->cost : Cost<>{};
}

TEST(Roofline, SlowestOfArithmeticAndMemoriesDecides) {
  const auto round = machine("round-roofline");
  EXPECT_EQ(bottleneck(cost_of(*round, linear(1, 512, 64))), "memory");
  EXPECT_EQ(bottleneck(cost_of(*round, linear(4096, 512, 64))), "compute");
  EXPECT_EQ(bottleneck(cost_of(*round, linear(1, 8, 8))), "overhead");
}

// Table 3 of Jouppi et al., ISCA 2017: 12.3 Tera-operations a second for five layers with 20 million weights at batch
// 200, which its roofline says is bound by the weight memory.
TEST(TpuV1, RunsThePublishedPerceptronAtTheRateThatItsMakersMeasured) {
  const auto tpu = machine("tpu-v1");
  const Cost<> layer = cost_of(*tpu, linear(200, 2000, 2000));
  EXPECT_EQ(bottleneck(layer), "memory");
  const double operations_per_second = 2.0 * 200 * 2000 * 2000 / layer.seconds(tpu->traits().clock_hertz);
  EXPECT_NEAR(operations_per_second / 12.3e12, 1.0, 0.15);
}

TEST(TpuV1, OneImageOfADepthwiseConvolutionLeavesTheArrayNearlyIdle) {
  Layer layer;
  layer.op = Op::conv2d;
  layer.dims = Convolution<>{.in_channels = 256,
                             .out_channels = 256,
                             .groups = 256,
                             .in_height = 14,
                             .in_width = 14,
                             .out_height = 14,
                             .out_width = 14,
                             .kernel_height = 3,
                             .kernel_width = 3};
  const Cost<> cost = cost_of(*machine("tpu-v1"), layer);
  EXPECT_LT(cost.ideal.value / cost.compute.value, 0.001);
}

TEST(Roofline, RefusalsNameWhatTheDescriptionDoesNotTell) {
  const auto without_vector = machine_of(parameter("peak.b8", "64 MAC/cycle"));
  Layer sum;
  sum.op = Op::add;
  sum.dims = Elementwise<>{.elements = 10, .input_elements = 20, .operands = 2};
  EXPECT_EQ(without_vector->estimate(sum).error().reason,
            "the description tells no `vector` rate, at which add would run");
  // Of what is products for the most part, the rest is no less without a rate; biases of products need none.
  Layer attention;
  attention.op = Op::attention;
  attention.dims = Attention<>{};
  EXPECT_EQ(without_vector->estimate(attention).error().reason,
            "the description tells no `vector` rate, at which a part of attention would run");
  EXPECT_TRUE(without_vector->estimate(linear(1, 8, 8)).has_value());
  Layer wide = linear(1, 8, 8);
  wide.precision.weight = integer(16);
  EXPECT_EQ(without_vector->estimate(wide).error().reason, "no peak rate for w16a8: there are rates for up to 8 bits");
  EXPECT_EQ(machine_of("")->estimate(wide).error().reason, "the description tells no peak rate");
}

TEST(Roofline, DefinesTheMetricsThatItsDescriptionHasNumbersFor) {
  const MetricSet cycles_alone = machine_of(parameter("peak.b8", "64 MAC/cycle"))->traits().metrics;
  EXPECT_TRUE(cycles_alone.contains(Metric::latency_cycles));
  EXPECT_FALSE(cycles_alone.contains(Metric::latency_seconds));
  EXPECT_FALSE(cycles_alone.contains(Metric::energy_joules));
  EXPECT_TRUE(machine("flops-per-second")->traits().metrics.contains(Metric::energy_joules));
}

}  // namespace
}  // namespace hwcost
