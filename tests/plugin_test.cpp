// The plugins of tests/plugin as backends: one in C, one in C++.
#include <gtest/gtest.h>

#include <filesystem>

#include "../core/conformance/batch_columns.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/plugin.h"
#include "hwcost/plugin.hpp"
#include "support/refine_layers.hpp"

namespace hwcost {
namespace {

const std::filesystem::path kPlugins = HWCOST_PLUGIN_FOLDER;
const std::string kDescriptions = HWCOST_SOURCE_DIR "/tests/plugin/";

// The registry is gone when it is used: the machine keeps its plugin loaded.
Machine machine_of(const std::string& plugin) {
  Registry registry = builtin_registry();
  registry.add(load_plugin(plugin, {kPlugins}));
  return load_machine(kDescriptions + plugin + ".info", {}, registry);
}

// 3x3, 16 to 300 channels on 8x8 pixels: a matrix of 144 rows and 300 columns is two folds of 64 vectors.
TEST(SystolicPlugin, CyclesAreThoseOfTheFoldsByHand) {
  const Machine machine = machine_of("systolic");
  const auto estimate = machine.backend->estimate(testing::convolution(16, 300, 8, 3));
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->cost.compute.value, 2.0 * (2 * 256 + 256 + 64 - 2));
  EXPECT_EQ(in_bytes(estimate->cost.traffic), 16 * 64 + 300 * 144 + 300 * 64);
  EXPECT_DOUBLE_EQ(estimate->cost.memory.value, (1024.0 + 43200.0 + 19200.0) / 34e9 * 700e6);
  EXPECT_EQ(machine.backend->traits().clock_hertz, 700e6);
}

TEST(SystolicPlugin, RefusalsAndOperatorsWithoutModelHaveWords) {
  const Machine machine = machine_of("systolic");
  Layer wide = testing::linear(8, 8);
  wide.precision.weight = integer(16.0);
  const auto refused = machine.backend->estimate(wide);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, "operands of 8 and 16 bits exceed array.operand_bits 8");
  Layer pool;
  pool.op = Op::avg_pool;
  pool.dims = Pooling<>{};
  const auto none = machine.backend->estimate(pool);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().cause, Unsupported::Cause::unmodelled);
  EXPECT_EQ(none.error().reason, "backend systolic has no model of avg_pool");
}

TEST(SystolicPlugin, HasNoStraightThroughDerivativesButRelaxedOnes) {
  const Machine machine = machine_of("systolic");
  const Layer layer = testing::linear(300, 300);
  const auto straight = machine.backend->gradient(layer, GradientMode::straight_through);
  ASSERT_FALSE(straight.has_value());
  EXPECT_NE(straight.error().reason.find("relaxed ones"), std::string::npos) << straight.error().reason;
  EXPECT_TRUE(machine.backend->gradient(layer, GradientMode::relaxed).has_value());
}

TEST(SystolicPlugin, FaultsOfItsDescriptionsAreToldWithTheirLine) {
  Registry registry;
  registry.add(load_plugin("systolic", {kPlugins}));
  const auto message = [&](const std::string& parameter) {
    const std::string text =
        "name x\nbackend systolic\nparameter\n{\n  array.rows 256 { source \"x\" kind guessed }\n" + parameter +
        " { source \"x\" kind guessed }\n}\n";
    try {
      (void)make_machine(Description::from_text(text, "x.info", {}), {}, registry);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message("array.columns \"8 MHz\""), "x.info:6: error: 'array.columns' is '8 MHz', wanted as a bare number");
  EXPECT_EQ(message("array.columns 0"), "x.info:6: error: 'array.columns' is '0', outside [1, 65536]");
  EXPECT_EQ(message("array.column 8"),
            "x.info: error: 'array.columns' is missing, wanted as a bare number; is 'array.column' meant by it?");
}

// One call is many blocks of rows with gaps between: rows without a count, pruned ones, refused ones.
TEST(PluginBatches, OfManyRowsEqualOneAtATime) {
  for (const char* plugin : {"systolic", "mac_roofline"}) {
    const Machine machine = machine_of(plugin);
    std::vector<Layer> layers;
    for (int i = 0; i < 1000; ++i) {
      Layer layer = testing::linear(1.0 + i, 1.0 + i % 77);
      if (i % 97 == 5) layer.precision.weight = integer(0.0);
      if (i % 89 == 7) layer.precision.weight = integer(16.0);
      if (i % 83 == 9) std::get<Linear<>>(layer.dims).tokens = -1.0;
      if (i % 79 == 11) std::get<Linear<>>(layer.dims).tokens = 0.0;
      layers.push_back(layer);
    }
    std::vector<double> cycles(layers.size());
    std::vector<Status> status(layers.size());
    CostColumns out;
    out.latency_cycles = cycles;
    out.status = status;
    machine.backend->estimate_batch(testing::BatchColumns(layers).columns(), out);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto estimate = machine.backend->estimate(layers[i]);
      ASSERT_EQ(estimate.has_value(), status[i] != Status::unsupported) << plugin << " " << i;
      if (estimate) {
        ASSERT_EQ(estimate->cost.latency().value, cycles[i]) << plugin << " " << i;
      }
    }
  }
}

TEST(PluginBatches, MixedWidthsAreTheSumOfTheirChannels) {
  const Machine machine = machine_of("mac_roofline");
  const Layer mixed = testing::with_widths(testing::linear(64, 48), {{0.0, 8.0}, {4.0, 16.0}, {8.0, 24.0}});
  Layer narrow = testing::linear(64, 16);
  narrow.precision.weight = integer(4.0);
  const auto whole = machine.backend->estimate(mixed);
  const auto parts = machine.backend->estimate(narrow)->cost + machine.backend->estimate(testing::linear(64, 24))->cost;
  ASSERT_TRUE(whole.has_value());
  EXPECT_DOUBLE_EQ(whole->cost.energy.value, parts.energy.value);
  EXPECT_DOUBLE_EQ(whole->cost.latency().value, parts.latency().value);
}

// Symbols of the two that are alike must not become one.
TEST(TwinPlugins, PriceEachByItsOwnModel) {
  Registry registry;
  registry.add(load_plugin("twin1", {kPlugins}));
  registry.add(load_plugin("twin2", {kPlugins}));
  const auto of = [&](const std::string& twin) {
    const auto description = Description::from_text("name " + twin + "\nbackend " + twin + "\n", twin + ".info", {});
    const Machine machine = make_machine(description, {}, registry);
    return machine.backend->gradient(testing::linear(3, 5), GradientMode::straight_through).value();
  };
  EXPECT_EQ(of("twin1").value.latency().value, 15.0);
  EXPECT_EQ(of("twin2").value.latency().value, 30.0);
  EXPECT_EQ(of("twin1").latency_cycles(hwcost_linear_out_channels), 3.0);
  EXPECT_EQ(of("twin2").latency_cycles(hwcost_linear_out_channels), 6.0);
}

TEST(RooflinePlugin, PricesAndDerivativesCrossTheBorderAsTheyAre) {
  const Machine machine = machine_of("mac_roofline");
  const Layer layer = testing::linear(512, 256);  // one token: bound by the port
  const auto estimate = machine.backend->estimate(layer);
  ASSERT_TRUE(estimate.has_value());
  const double bytes = 512 + 256 + 512 * 256;
  EXPECT_DOUBLE_EQ(estimate->cost.latency().value, bytes / 16.0);
  EXPECT_DOUBLE_EQ(estimate->cost.energy.value, 512 * 256 * 0.23e-12 + bytes * 8 * 20e-12);
  const auto gradient = machine.backend->gradient(layer, GradientMode::straight_through);
  ASSERT_TRUE(gradient.has_value());
  EXPECT_DOUBLE_EQ(gradient->latency_cycles(hwcost_linear_out_channels), (1.0 + 512.0) / 16.0);
  EXPECT_DOUBLE_EQ(gradient->latency_cycles(std::size_t{hwcost_linear_count} + hwcost_widths_weight_bits),
                   512 * 256 / 8.0 / 16.0);
}

TEST(RooflinePlugin, ApproximationsSayHow) {
  Layer product;
  product.op = Op::matmul;
  product.dims = MatMul<>{2, 3, 4, 5, 1};
  const auto estimate = machine_of("mac_roofline").backend->estimate(product);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->approximation, "both operands of a matmul are read from memory");
}

TEST(RooflinePlugin, AbsentOptionalParametersLeaveMetricsUndefined) {
  Registry registry;
  registry.add(load_plugin("mac_roofline", {kPlugins}));
  const Machine machine =
      make_machine(Description::from_text("name x\nbackend mac_roofline\nparameter\n{\n"
                                          "  peak \"64 MAC/cycle\" { source \"x\" kind guessed }\n"
                                          "  bandwidth \"16 byte/cycle\" { source \"x\" kind guessed }\n}\n",
                                          "x.info", {}),
                   {}, registry);
  EXPECT_FALSE(machine.backend->traits().metrics.contains(Metric::energy_joules));
  EXPECT_FALSE(machine.backend->traits().metrics.contains(Metric::latency_seconds));
}

}  // namespace
}  // namespace hwcost
