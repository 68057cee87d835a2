// oneDNN's kernels as benchmarks of Google Benchmark: the backend's own, under names that read back as measurements.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "hwcost/measure/onednn.hpp"
#include "hwcost/measure/reader.hpp"

namespace hwcost::benchmarks {

// The library, its machine being part of what Google Benchmark writes. Throws std::runtime_error where there is none.
inline std::shared_ptr<KernelLibrary> library_in_context() {
  auto made = onednn_library(IsaCap::none);
  if (!made) throw std::runtime_error(made.error().reason);
  Fingerprint::visit((*made)->machine(), [](std::string_view member, const std::string& part) {
    benchmark::AddCustomContext(std::string(member), part);
  });
  return std::move(*made);
}

inline MeasurementKey rotated_key(const Layer& measurable_layer, const KernelLibrary& library) {
  return {measurable_layer, Buffers::rotated, 1, library.machine()};
}

// One execution after the other, buffers in rotation.
inline void run_layer(benchmark::State& state, KernelLibrary& library, const MeasurementKey& key) {
  auto kernel = library.make(key.layer, key.buffers, key.threads);
  if (!kernel) return state.SkipWithError(kernel.error().reason.c_str());
  for (auto _ : state) (*kernel)->run();
  state.SetLabel((*kernel)->name());
  state.counters["creation_seconds"] = (*kernel)->creation_seconds();
  state.counters["reorder_seconds"] = (*kernel)->reorder_seconds();
}

}  // namespace hwcost::benchmarks
