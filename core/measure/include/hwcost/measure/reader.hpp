// Measurements from files of every kind that has them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/measure/measurement.hpp"

namespace hwcost {

struct ReadMeasurements {
  std::vector<Measurement> measurements;
  std::vector<std::string> left_out;  // benchmarks that ended without a time, with the reason
};

// FILE.db is a store, FILE.json what Google Benchmark wrote, everything else a layer table with
// measured_latency_seconds. Throws InputError with the file, and the line or the benchmark.
HWCOST_EXPORT ReadMeasurements read_measurements(const std::filesystem::path& file);

// The JSON of Google Benchmark (--benchmark_out=FILE.json), whose benchmarks are named after layers: an operator, then
// columns of layer tables with their values, in any order: "conv2d/in_channels:64/out_channels:64/in_h:56/in_w:56/...".
// "BM_" may stand before the operator; `activation`, `bias_bits` and `buffers` are read as a measurement's x_ columns,
// and Google Benchmark's own parts of a name (threads:2, real_time, repeats:5) as what they are. Repetitions are one
// measurement: their median and percentiles. The machine is what the context says under the names of Fingerprint's
// members, else "unknown"; nothing is gated. `file` names the document in errors.
HWCOST_EXPORT ReadMeasurements measurements_from_google_benchmark(std::string_view text, const std::string& file);

// The name of a benchmark of this layer, which reads back to the same key but for the machine. Nothing where columns
// cannot say the layer (has_table_form()).
HWCOST_EXPORT std::optional<std::string> benchmark_name(const MeasurementKey& key);

}  // namespace hwcost
