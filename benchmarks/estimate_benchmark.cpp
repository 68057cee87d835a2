// Time of one price on every shipped description: a single layer, a batch, and facts.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "hwcost/machine.hpp"
#include "hwcost/work.hpp"

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

const std::string kDescriptions = HWCOST_SOURCE_DIR "/hw_descriptions";

Layer convolution() {
  Layer layer;
  layer.name = "layer1.0.conv1";
  layer.op = Op::conv2d;
  layer.dims = Convolution<>{.in_channels = 64,
                             .out_channels = 64,
                             .in_height = 56,
                             .in_width = 56,
                             .out_height = 56,
                             .out_width = 56,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .pad_top = 1,
                             .pad_bottom = 1,
                             .pad_left = 1,
                             .pad_right = 1,
                             .bias = 1};
  return layer;
}

void estimate(benchmark::State& state, const Machine& machine) {
  const Layer layer = convolution();
  if (!machine.backend->estimate(layer)) return state.SkipWithError("the layer is not supported");
  for (auto _ : state) benchmark::DoNotOptimize(machine.backend->estimate(layer));
  state.SetItemsProcessed(state.iterations());
}

void estimate_batch(benchmark::State& state, const Machine& machine) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Convolution<> base = std::get<Convolution<>>(convolution().dims);
  const Widths<> widths;
  std::vector<std::vector<double>> columns;
  for (const auto& member : Convolution<>::kMembers) columns.emplace_back(n, base.*member.pointer);
  for (const auto& member : Widths<>::kMembers) columns.emplace_back(n, widths.*member.pointer);
  for (std::size_t i = 0; i < n; ++i) columns[2][i] = static_cast<double>(8 + 8 * (i % 32));  // out_channels
  std::vector<const double*> pointers;
  for (const auto& column : columns) pointers.push_back(column.data());
  std::vector<double> latency(n), operations(n), traffic(n), figure(n);
  CostColumns out;
  const MetricSet metrics = machine.backend->traits().metrics;
  if (metrics.contains(Metric::latency_cycles)) out.latency_cycles = latency;
  if (metrics.contains(Metric::convention_ops)) out.convention_ops = operations;
  if (metrics.contains(Metric::traffic_bytes)) out.traffic_bytes = traffic;
  if (metrics.contains(Metric::cost)) out.cost = figure;
  for (auto _ : state) {
    machine.backend->estimate_batch({Op::conv2d, n, pointers}, out);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void facts_of_a_layer(benchmark::State& state) {
  const Layer layer = convolution();
  for (auto _ : state) benchmark::DoNotOptimize(facts(layer));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(facts_of_a_layer);

const bool kRegistered = [] {
  for (const std::string& name : description_names({kDescriptions})) {
    const auto machine = load_machine(name, {kDescriptions}, builtin_registry());
    benchmark::RegisterBenchmark(("estimate/" + name).c_str(),
                                 [machine](benchmark::State& state) { estimate(state, machine); });
    benchmark::RegisterBenchmark(("estimate_batch/" + name).c_str(), [machine](benchmark::State& state) {
      estimate_batch(state, machine);
    })->Arg(4096);
  }
  return true;
}();

}  // namespace
