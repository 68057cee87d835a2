// Time of an expected cost with its gradient: whole networks with three weight widths (0 bit among them) a layer and
// two activation widths, one metric, in both modes; the machines' own formulas, and facts beside them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "hwcost/expected_cost.hpp"
#include "hwcost/import/onnx.hpp"
#include "hwcost/report.hpp"

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

const std::string kSource = HWCOST_SOURCE_DIR;

struct Network {
  const char* name;
  const char* file;
};
constexpr Network kResnet8{"resnet8", "resnet8_op13"};
constexpr Network kResnet18{"resnet18", "resnet18_op13_stripped"};
constexpr Network kResnet50{"resnet50", "resnet50_op13_stripped"};

struct Case {
  Network network;
  const char* machine;
  const char* metric;
  std::vector<double> weights, activations;
};

// Layers that the machine does not run at 8 bits.
std::set<std::string> refused_layers(Graph graph, const Machine& machine) {
  set_bits(graph, 8.0, 8.0);
  std::set<std::string> names;
  for (const LayerReport& row : evaluate(graph, machine).layers) {
    if (row.status == Status::unsupported) names.insert(row.name);
  }
  return names;
}

// A quantiser for every group of layers that lose the same channels, with 0 bit, and for every other layer, without;
// one for all inputs that are the same values.
SearchSpace space_of(const Graph& graph, const Machine& machine, const Case& which) {
  SearchSpace space;
  const std::set<std::string> refused = refused_layers(graph, machine);
  const ChannelTies ties = channel_ties(graph);
  std::set<std::string> named;
  for (const auto& layers : ties.groups) {
    if (std::any_of(layers.begin(), layers.end(), [&](const auto& name) { return refused.contains(name); })) continue;
    std::vector<double> widths = which.weights;
    widths.insert(widths.begin(), 0.0);
    space.weights.push_back({"w." + layers.front(), layers, widths, SoftChoice::split});
    named.insert(layers.begin(), layers.end());
  }
  std::vector<std::vector<std::string>> readers(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    const std::string& name = node.layer.name;
    if (!has_weights(node.layer) || refused.contains(name)) continue;
    if (named.insert(name).second) space.weights.push_back({"w." + name, {name}, which.weights, SoftChoice::split});
    readers[node.inputs.front()].push_back(name);
  }
  for (const auto& layers : readers) {
    if (!layers.empty()) space.activations.push_back({"a." + layers.front(), layers, which.activations});
  }
  return space;
}

void expected_cost(benchmark::State& state, const Case& which, GradientMode mode) {
  const Graph graph = import_onnx(kSource + "/tests/models/" + which.network.file + ".onnx");
  const Machine machine = load_machine(which.machine, {kSource + "/hw_descriptions"}, builtin_registry());
  ExpectedCostOptions options;
  options.metrics = {which.metric};
  options.mode = mode;
  options.leave_out_unpriced = true;
  const ExpectedCost cost(graph, machine, space_of(graph, machine, which), options);
  ExpectedCost::Workspace workspace(cost);
  std::vector<double> values(1);
  std::vector<double> gradients(cost.variable_count());
  // A walk of small steps, as training takes them.
  std::vector<double> point = cost.uniform();
  std::mt19937 rng(1);
  std::normal_distribution<double> step(0.0, 1e-3);
  for (auto _ : state) {
    for (double& variable : point) variable = std::clamp(variable + step(rng), 0.0, 1.0);
    cost.evaluate(point, {values, gradients, {}}, workspace);
    benchmark::ClobberMemory();
  }
  state.counters["variables"] = static_cast<double>(cost.variable_count());
}

const bool kRegistered = [] {
  for (const Network& network : {kResnet8, kResnet18, kResnet50}) {
    const std::vector<Case> cases{{network, "mpic", "latency_cycles", {2, 4, 8}, {4, 8}},
                                  {network, "ne16-plinio", "latency_cycles", {2, 4, 8}, {8}},
                                  {network, "gap9-ne16", "latency_cycles", {2, 4, 8}, {4, 8}},
                                  {network, "bit-ops", "cost", {2, 4, 8}, {4, 8}},
                                  {network, "counts", "weight_bits", {2, 4, 8}, {8}}};
    for (const Case& which : cases) {
      for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
        const std::string name = std::string(network.name) + "/" + which.machine + "/" + which.metric + "/" +
                                 (mode == GradientMode::relaxed ? "relaxed" : "straight_through");
        benchmark::RegisterBenchmark(name.c_str(), [which, mode](benchmark::State& state) {
          expected_cost(state, which, mode);
        })->Unit(benchmark::kMicrosecond);
      }
    }
  }
  return true;
}();

}  // namespace
