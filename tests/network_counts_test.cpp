// Whole networks counted by other tools' conventions, and their activations, against those tools' own figures.
// tests/golden/networks.json holds them; README there says which files still hold what a tool counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hwcost/import/onnx.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

using Json = nlohmann::json;

const std::string kTests = HWCOST_SOURCE_DIR "/tests";
const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};

const Json& networks() {
  static const Json all = Json::parse(std::ifstream(kTests + "/golden/networks.json"));
  return all;
}

Graph model(const std::string& file) { return import_onnx(kTests + "/models/" + file + ".onnx"); }

// Some tools' figures are kept as text there.
double number(const Json& figure) {
  return figure.is_string() ? std::stod(figure.get<std::string>()) : figure.get<double>();
}

std::string stem_of(const auto& test) { return test.param.file + std::string("_") + test.param.name; }

struct Convention {
  std::string file;
  std::string network;      // in networks.json
  std::string name;         // of the tool there
  std::string description;  // ours
};

// The cases that docs/ACCURACY.md speaks of too.
std::vector<Convention> conventions() {
  std::vector<Convention> cases;
  const Json scoreboard = Json::parse(std::ifstream(kTests + "/golden/scoreboard.json"));
  for (const Json& line : scoreboard.at("conventions")) {
    const auto text = [&](const char* key) { return line.at(key).get<std::string>(); };
    cases.push_back({text("model"), text("network"), text("tool"), text("description")});
  }
  return cases;
}

class Conventions : public ::testing::TestWithParam<Convention> {};

TEST_P(Conventions, TotalIsTheToolsOwn) {
  const Json& tool = networks().at(GetParam().network).at(GetParam().name);
  const double expected = number((tool.contains("aten") ? tool.at("aten") : tool).at("macs"));
  const Machine machine = load_machine(GetParam().description, kDescriptions, builtin_registry());
  const NetworkReport report = evaluate(model(GetParam().file), machine);
  EXPECT_EQ(report.totals.unsupported, 0u);
  EXPECT_EQ(report.totals.metric(Metric::convention_ops, report.metrics), expected);
}

INSTANTIATE_TEST_SUITE_P(Networks, Conventions, ::testing::ValuesIn(conventions()),
                         [](const auto& test) { return stem_of(test); });

// Sums over the outputs of layers, as torch's hooks saw them: one output a module.
struct Activations {
  double largest_output = 0.0;
  double largest_weighted_in_and_out = 0.0;
  double total_weighted_outputs = 0.0;
  double total_module_outputs = 0.0;
};

bool is_weighted(Op op) { return info(op).family == Family::convolution || op == Op::linear; }
// Functional calls in these networks, which no module's hook sees.
bool is_functional(Op op) { return op == Op::add || op == Op::pad; }

Activations activations(const Graph& graph) {
  Activations a;
  std::map<std::string, double> weighted;  // by module: what its last weighted layer writes
  for (const Node& node : graph.nodes) {
    const Work<> w = work(node.layer);
    a.largest_output = std::max(a.largest_output, w.output);
    if (!is_functional(node.layer.op)) a.total_module_outputs += w.output;
    if (!is_weighted(node.layer.op)) continue;
    weighted[node.layer.module] = w.output;
    a.largest_weighted_in_and_out = std::max(a.largest_weighted_in_and_out, w.input + w.output);
  }
  for (const auto& [module, outputs] : weighted) a.total_weighted_outputs += outputs;
  return a;
}

struct Network {
  const char* file;
  const char* name;
};

class NetworkActivations : public ::testing::TestWithParam<Network> {};

TEST_P(NetworkActivations, AreThoseThatTheHooksSaw) {
  const Json& expected = networks().at(GetParam().name).at("own_hooks");
  const Activations found = activations(model(GetParam().file));
  EXPECT_EQ(found.largest_output, expected.at("act_peak_single_output").get<double>());
  EXPECT_EQ(found.largest_weighted_in_and_out, expected.at("act_peak_weighted_in_plus_out").get<double>());
  EXPECT_EQ(found.total_weighted_outputs, expected.at("act_total_weighted_outputs").get<double>());
}

INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkActivations,
    ::testing::Values(Network{"resnet8_op13", "resnet8"}, Network{"resnet8_op13_unfusedbn", "resnet8"},
                      Network{"mobilenetv1_025_op13", "mobilenetv1_025"}, Network{"dscnn_op13", "dscnn"},
                      Network{"ad_autoencoder_op13_stripped", "ad_autoencoder"},
                      Network{"resnet18_op13_stripped", "resnet18"},
                      Network{"mobilenet_v2_op13_stripped", "mobilenet_v2"},
                      Network{"mobilenet_v3_small_op13_stripped", "mobilenet_v3_small"},
                      Network{"resnet50_op13_stripped", "resnet50"}, Network{"vgg16_op13_stripped", "vgg16"},
                      Network{"vit_b_16_op17_stripped", "vit_b_16"}),
    [](const auto& test) { return stem_of(test); });

TEST(NetworkActivations, AllModuleOutputsAddUpWhereTheFileKeepsEveryModule) {
  for (const auto& [file, name] :
       {Network{"resnet8_op13_unfusedbn", "resnet8"}, Network{"ad_autoencoder_op13_stripped", "ad_autoencoder"}}) {
    EXPECT_EQ(activations(model(file)).total_module_outputs,
              networks().at(name).at("own_hooks").at("act_total_all_leaf_outputs").get<double>())
        << name;
  }
}

}  // namespace
}  // namespace hwcost
