// GAP9's descriptions against published silicon, whole networks: within 5 % of the cycles and 10 % of the energy.
// Source of the measurements: tests/golden/gap9_silicon_mlperf_tiny.csv, MLPerf Tiny v1.0 closed division. The
// parameters were fitted to them among others (docs/machines/gap9.md, with the errors when they are left out): this
// holds the fit.
#include <gtest/gtest.h>

#include <cmath>

#include "hwcost/import/onnx.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

struct Published {
  const char* description;
  const char* model;
  double weight_bits;
  double cycles, energy_joules;
};

class Silicon : public ::testing::TestWithParam<Published> {};

NetworkReport priced(const char* description, const std::string& model, double weight_bits) {
  Graph graph = import_onnx(HWCOST_SOURCE_DIR "/tests/models/" + model);
  set_bits(graph, weight_bits, 8.0);
  const Machine machine = load_machine(description, {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
  EvaluateOptions options;
  options.with_mapping = true;
  return evaluate(graph, machine, options);
}

TEST_P(Silicon, IsWithinItsStatedError) {
  const Published& published = GetParam();
  const NetworkReport report = priced(published.description, published.model, published.weight_bits);
  EXPECT_EQ(report.totals.unsupported, 0u);
  const auto cycles = report.totals.metric(Metric::latency_cycles, report.metrics);
  const auto energy = report.totals.metric(Metric::energy_joules, report.metrics);
  ASSERT_TRUE(cycles && energy);
  EXPECT_LT(std::abs(*cycles / published.cycles - 1.0), 0.05) << *cycles;
  EXPECT_LT(std::abs(*energy / published.energy_joules - 1.0), 0.10) << *energy;
}

INSTANTIATE_TEST_SUITE_P(MlperfTiny, Silicon,
                         ::testing::Values(Published{"gap9-ne16", "resnet8_op13.onnx", 7, 228001, 40.356e-6},
                                           Published{"gap9-ne16-240mhz", "resnet8_op13.onnx", 7, 227841, 27.711e-6},
                                           Published{"gap9-ne16", "dscnn_op13.onnx", 5, 175922, 26.659e-6},
                                           Published{"gap9-ne16-240mhz", "dscnn_op13.onnx", 5, 175723, 18.561e-6}));

// The 10x4 convolution, additions and pooling are what the array cannot run; all else is on it.
TEST(Gap9, RunsOnTheCoresWhatTheArrayCannot) {
  std::vector<std::string> on_cores;
  for (const char* model : {"resnet8_op13.onnx", "dscnn_op13.onnx"}) {
    for (const LayerReport& layer : priced("gap9-ne16", model, 7).layers) {
      if (layer.machine == "gap9-cluster" && layer.cost.latency().value > 0.0) on_cores.push_back(layer.op);
    }
  }
  EXPECT_EQ(on_cores, (std::vector<std::string>{"add", "add", "add", "avg_pool", "conv2d", "avg_pool"}));
}

TEST(Gap9, TakesTheSameCyclesAtBothVoltages) {
  for (const char* model : {"mobilenetv1_025_op13.onnx", "ad_autoencoder_op13_stripped.onnx"}) {
    const NetworkReport fast = priced("gap9-ne16", model, 8);
    const NetworkReport slow = priced("gap9-ne16-240mhz", model, 8);
    EXPECT_EQ(fast.totals.unsupported, 0u);
    EXPECT_EQ(fast.totals.cost.latency().value, slow.totals.cost.latency().value);
    EXPECT_LT(fast.totals.seconds, slow.totals.seconds);
    EXPECT_GT(fast.totals.cost.energy.value, slow.totals.cost.energy.value);
  }
}

TEST(Gap9, SaysHowEachLayerOnTheArrayIsMapped) {
  for (const LayerReport& layer : priced("gap9-ne16", "resnet8_op13.onnx", 7).layers) {
    const bool on_array = layer.machine == "gap9-ne16" && layer.cost.latency().value > 0.0;
    EXPECT_EQ(layer.mapping.size(), on_array ? 1u : 0u) << layer.name;
  }
}

}  // namespace
}  // namespace hwcost
