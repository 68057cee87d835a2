// Time of one layer's refinement, from 64 to 1024 channels at 2 to 6 widths, on machines that price as many.
#include "hwcost/refine.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

const std::string kDescriptions = HWCOST_SOURCE_DIR "/hw_descriptions";

// As many channels of each width.
Layer mixed_convolution(double channels, std::size_t widths) {
  constexpr double kWidths[]{8, 4, 2, 6, 3, 5};
  std::vector<double> each;
  for (std::size_t i = 0; i < static_cast<std::size_t>(channels); ++i) each.push_back(kWidths[i % widths]);
  Layer layer;
  layer.name = "layer1.0.conv1";
  layer.op = Op::conv2d;
  layer.dims = Convolution<>{.in_channels = 64,
                             .out_channels = channels,
                             .in_height = 16,
                             .in_width = 16,
                             .out_height = 16,
                             .out_width = 16,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .pad_top = 1,
                             .pad_bottom = 1,
                             .pad_left = 1,
                             .pad_right = 1};
  layer.precision.weight.groups = WeightFormat::per_channel(each).groups;
  return layer;
}

void refine_layer(benchmark::State& state, const std::string& name, const std::string& formula) {
  const auto machine = load_machine(name, {kDescriptions}, builtin_registry());
  const Layer layer = mixed_convolution(static_cast<double>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  RefineOptions options;
  if (!formula.empty()) options = {Metric::cost, Formula(formula, {}), {}};
  if (const auto refined = refine(layer, *machine.backend, options); !refined) {
    return state.SkipWithError(refined.error().reason.c_str());
  }
  for (auto _ : state) benchmark::DoNotOptimize(refine(layer, *machine.backend, options));
}

// The same on a machine that has not seen the layer: some remember what they had to search for.
void refine_unseen_layer(benchmark::State& state, const std::string& name) {
  const Layer layer = mixed_convolution(256, 4);
  for (auto _ : state) {
    state.PauseTiming();
    const auto machine = load_machine(name, {kDescriptions}, builtin_registry());
    state.ResumeTiming();
    benchmark::DoNotOptimize(refine(layer, *machine.backend));
  }
}

void add(const std::string& name, const std::string& formula = "") {
  benchmark::RegisterBenchmark(("refine/" + name + (formula.empty() ? "" : "+formula")).c_str(),
                               [=](benchmark::State& state) { refine_layer(state, name, formula); })
      ->ArgNames({"channels", "widths"})
      ->Args({64, 3})
      ->Args({256, 3})
      ->Args({256, 4})
      ->Args({1024, 4})
      ->Args({256, 6})
      ->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  for (const char* name : {"ne16-job", "gap9-ne16", "gap8", "bit-ops"}) add(name);
  add("counts", "macs*w_bits^2*in_channels");
  benchmark::RegisterBenchmark("refine/memory-access",
                               [](benchmark::State& state) { refine_layer(state, "memory-access", ""); })
      ->ArgNames({"channels", "widths"})
      ->Args({64, 3})
      ->Args({256, 3})
      ->Unit(benchmark::kMillisecond);
  for (const char* name : {"ne16-job", "gap9-ne16"}) {
    benchmark::RegisterBenchmark((std::string("refine_unseen/") + name + "/channels:256/widths:4").c_str(),
                                 [=](benchmark::State& state) { refine_unseen_layer(state, name); })
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
