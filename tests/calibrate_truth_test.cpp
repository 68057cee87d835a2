// Every analytic backend: parameters that prices were made with are found again in those prices, exact or noisy.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

#include "hwcost/calibrate/calibrate.hpp"
#include "hwcost/calibrate/plan.hpp"
#include "hwcost/work.hpp"

namespace hwcost {
namespace {

const std::string kSource = HWCOST_SOURCE_DIR;
const SearchPath kDescriptions{kSource + "/hw_descriptions"};

struct Case {
  std::string name;
  std::string machine;
  Metric metric;
  std::vector<std::string> keys;       // that are fitted; "*": all that the description leaves free
  std::string layers;                  // a golden table; empty: random layers
  std::size_t count = 200;             // of layers
  double parameters = 150;             // fitted to noise, over many fits
  std::vector<std::string> more = {};  // parameters that the machine lacks: "call 300 cycle"
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// The machine with its own values, or with those times a factor that differs between parameters, free in a wide range.
Description machine(const Case& c, bool is_guess) {
  const Description shipped = Description::load(c.machine, kDescriptions);
  std::vector<std::pair<std::string, std::string>> written;
  for (const auto& [key, parameter] : shipped.parameters()) {
    const bool is_named = std::find(c.keys.begin(), c.keys.end(), key) != c.keys.end();
    if (is_named || (c.keys.front() == "*" && parameter.free && parameter.value > 0.0))
      written.emplace_back(key, parameter.text);
  }
  for (const std::string& parameter : c.more) {
    const std::size_t space = parameter.find(' ');
    written.emplace_back(parameter.substr(0, space), parameter.substr(space + 1));
  }
  std::string text = "name toy\ninherit " + c.machine + "\nparameter\n{\n";
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto& [key, value] = written[i];
    const std::size_t space = std::min(value.find(' '), value.size());
    const double truth = std::stod(value.substr(0, space));
    const double factor = is_guess ? (i % 2 == 0 ? 1.4 : 0.7) : 1.0;
    text += fmt::format("{} \"{}{}\" {{ source \"made up\" kind guessed free \"{} {}\" }}\n", key, truth * factor,
                        value.substr(space), truth / 10.0, truth * 10.0);
  }
  return Description::from_text(text + "}\n", "toy.info", kDescriptions);
}

std::vector<Layer> layers_of(const Case& c) {
  if (c.layers.empty()) return random_layers(c.count, 7);
  std::vector<Layer> layers;
  for (const Node& node : read_layer_table(std::filesystem::path(kSource + "/tests/golden/" + c.layers)).graph.nodes)
    layers.push_back(node.layer);
  std::shuffle(layers.begin(), layers.end(), std::mt19937_64(5));
  return layers;
}

// Distinct layers with what the machine says of them.
LayerTable measurements(const Case& c) {
  const auto truth = builtin_registry().make(machine(c, false));
  LayerTable table;
  std::set<std::string> known;
  for (Layer& layer : layers_of(c)) {
    if (table.rows.size() == c.count) break;
    const auto estimate = truth->estimate(layer);
    if (!estimate || layer.precision.weight.is_mixed()) continue;
    const auto figure = value(c.metric, estimate->cost, facts(layer), truth->traits().clock_hertz);
    if (!(figure.value_or(0.0) > 0.0)) continue;
    LayerTable one;
    layer.name = "layer";
    add_layer(one.graph, layer);
    one.rows.emplace_back();
    if (!known.insert(layer_table(one)).second) continue;
    add_layer(table.graph, std::move(layer));
    TableRow row;
    row.line = static_cast<int>(table.rows.size()) + 2;
    row.measured.push_back({std::string(name(c.metric)), *figure});
    table.rows.push_back(std::move(row));
  }
  return table;
}

// 3 % noise, and one layer in twenty measured at twice its value.
void add_noise(LayerTable& table, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return (static_cast<double>(random() % 1000000) + 0.5) / 1e6; };
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const double normal = std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * std::numbers::pi * uniform());
    table.rows[i].measured.front().value *= (1.0 + 0.03 * normal) * (i % 20 == 7 ? 2.0 : 1.0);
  }
}

Calibration fit(const Case& c, const LayerTable& table) {
  return calibrate(machine(c, true), builtin_registry(), table, "layers.csv", {.folds = 2});
}

class Truth : public testing::TestWithParam<Case> {};

TEST_P(Truth, IsFoundInExactMeasurements) {
  const Case& c = GetParam();
  const Calibration found = fit(c, measurements(c));
  const Description truth = machine(c, false);
  for (const KeptParameter& kept : found.kept) ADD_FAILURE() << kept.key << ": " << kept.reason;
  EXPECT_FALSE(found.fitted.empty());
  for (const FittedParameter& p : found.fitted) {
    const double expected = truth.parameters().at(p.key).value;
    EXPECT_NEAR(p.value, expected, expected != 0.0 ? 1e-3 * expected : 1e-6) << p.key;
  }
}

// Of normal errors 68 % lie within one standard error and 95 % within two. The shares are to be those, give or take
// three times what such a share varies by; within one they may be more by a twentieth, since the larger of two
// estimates of an error is stated. With 150 parameters, errors stated at two thirds, or at half as much again, would
// fail.
TEST_P(Truth, LiesWithinOneAndTwoStandardErrorsAsOftenAsThoseSay) {
  const Case& c = GetParam();
  const Description truth = machine(c, false);
  const LayerTable exact = measurements(c);
  double within_one = 0.0;
  double within_two = 0.0;
  double all = 0.0;
  for (std::uint64_t seed = 1; all < c.parameters; ++seed) {
    LayerTable noisy = exact;
    add_noise(noisy, seed);
    for (const FittedParameter& p : fit(c, noisy).fitted) {
      if (!p.standard_error) continue;  // at an end of its range
      const double distance = std::abs(p.value - truth.parameters().at(p.key).value) / *p.standard_error;
      within_one += distance < 1.0;
      within_two += distance < 2.0;
      all += 1.0;
    }
  }
  const auto margin = [&](double share) { return 3.0 * std::sqrt(share * (1.0 - share) / all); };
  EXPECT_GE(within_one / all, 0.683 - margin(0.683));
  EXPECT_LE(within_one / all, 0.733 + margin(0.683));
  EXPECT_GE(within_two / all, 0.954 - margin(0.954));
}

INSTANTIATE_TEST_SUITE_P(
    Calibrate, Truth,
    testing::Values(
        Case{"MacTableRates",
             "mpic",
             Metric::latency_cycles,
             {"rate.a8_w8", "rate.a8_w4", "rate.a8_w2", "rate.a4_w8", "rate.a4_w4", "rate.a4_w2", "rate.a2_w8",
              "rate.a2_w4", "rate.a2_w2"},
             "mpic.csv",
             400,
             90},
        Case{"MacTablePower", "mpic", Metric::energy_joules, {"power"}, "mpic.csv"},
        Case{"Gap8",
             "gap8",
             Metric::latency_cycles,
             {"conv.im2col_cycles", "conv.tile_cycles", "conv.inner_cycles", "depthwise.cycles"},
             "gap8.csv"},
        Case{"Diana",
             "diana",
             Metric::latency_cycles,
             {"digital.port_width", "analog.load_cycles", "analog.read_time"},
             "diana.csv",
             200,
             30},
        Case{"RooflineLatency",
             "tpu-v1",
             Metric::latency_cycles,
             {"peak.b8", "memory.bandwidth", "on_chip.bandwidth"},
             "",
             300,
             60,
             {"call 300 cycle"}},
        Case{"RooflineEnergy",
             "tpu-v1",
             Metric::energy_joules,
             {"energy.mac.b8", "power"},
             "",
             300,
             150,
             {"energy.memory 20 pJ/byte", "energy.on_chip 2 pJ/byte"}},
        Case{"Cluster", "gap9-cluster", Metric::latency_cycles, {"mac", "weight", "output", "launch"}, "", 200},
        Case{"Ne16Latency",
             "gap9-ne16",
             Metric::latency_cycles,
             {"layer.handling", "dma.bandwidth", "dma.setup"},
             "gap8.csv",
             24,
             12},
        Case{"Ne16Energy", "gap9-ne16", Metric::energy_joules, {"power", "energy.bit_mac"}, "gap8.csv", 40},
        Case{"CpuInt8", "cascadelake-vnni", Metric::latency_seconds, {"*"}, "onednn_int8_vnni_1t.csv", 800}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace hwcost
