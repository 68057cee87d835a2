// The int8 kernels that backend onednn times, under Google Benchmark:
//   onednn_kernel_benchmark --benchmark_out=kernels.json && hwcost store import host.db kernels.json
// One argument: another layer table (the default is int8_layers.csv).
#include "hwcost/import/table.hpp"
#include "layer_benchmarks.hpp"

int main(int argc, char** argv) try {
  using namespace hwcost;
  benchmark::Initialize(&argc, argv);
  const auto library = benchmarks::library_in_context();
  const LayerTable table =
      read_layer_table(std::filesystem::path(argc > 1 ? argv[1] : HWCOST_SOURCE_DIR "/benchmarks/int8_layers.csv"));
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    Layer layer = table.graph.nodes[i].layer;
    if (const auto activation = table.rows[i].extra.find("activation"); activation != table.rows[i].extra.end())
      layer.fused_activation = op_named(activation->second);
    const auto bare = measurable(layer);
    if (!bare) throw InputError({table.graph.file, table.rows[i].line}, bare.error().reason);
    const MeasurementKey key = benchmarks::rotated_key(*bare, *library);
    benchmark::RegisterBenchmark(benchmark_name(key).value().c_str(), [library, key](benchmark::State& state) {
      benchmarks::run_layer(state, *library, key);
    })->UseRealTime();
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
