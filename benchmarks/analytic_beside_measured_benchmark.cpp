// A network's layers as they run here, beside what a formula says of them: counters analytic_us and
// analytic_to_measured.
//   analytic_beside_measured_benchmark [MODEL.onnx [DESCRIPTION]]; by default ResNet-8 and this processor's nearest
//   kin.
#include <set>

#include "hwcost/import/onnx.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/measure/chain.hpp"
#include "hwcost/report.hpp"
#include "layer_benchmarks.hpp"

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

// One execution of a layer, by the formula; nothing where it has no price.
std::optional<double> analytic_seconds(const LayerReport& layer) {
  if (layer.status == Status::unsupported || layer.counted_as_0) return std::nullopt;
  const auto seconds = layer.metric(Metric::latency_seconds);
  if (!seconds) return std::nullopt;
  return *seconds / layer.repeat;
}

void run_beside(benchmark::State& state, KernelLibrary& library, const MeasurementKey& key,
                std::optional<double> analytic) {
  benchmarks::run_layer(state, library, key);
  if (!analytic) return;
  state.counters["analytic_us"] = *analytic * 1e6;
  // Seconds times executions by the seconds that these took.
  state.counters["analytic_to_measured"] = benchmark::Counter(*analytic, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  const auto library = benchmarks::library_in_context();
  Graph graph = import_onnx(argc > 1 ? argv[1] : HWCOST_SOURCE_DIR "/tests/models/resnet8_op13.onnx");
  set_bits(graph, 8.0, 8.0);
  const Machine machine =
      load_machine(argc > 2 ? argv[2] : "cascadelake-vnni", {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
  const NetworkReport report = evaluate(graph, machine);
  std::set<std::string> known;
  for (const LayerChain::Link& link : chain_of(graph).links) {
    if (!link.refusal.empty()) continue;
    const MeasurementKey key = benchmarks::rotated_key(link.layer, *library);
    const auto name = benchmark_name(key);
    if (!name || !known.insert(*name).second) continue;
    const auto analytic = analytic_seconds(report.layers[link.node]);
    benchmark::RegisterBenchmark(
        name->c_str(),
        [library, key, analytic](benchmark::State& state) { run_beside(state, *library, key, analytic); })
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
