// Measurements that nobody took, for tests of the store.
#pragma once

#include <string>

#include "hwcost/measure/measurement.hpp"

namespace hwcost::testing {

inline Fingerprint sample_machine() {
  return {.processor = "Test CPU @ 2.00GHz",
          .isa = "avx2",
          .caches = "L1d 32K, L2 1024K",
          .library = "test 1.0",
          .governor = "performance"};
}

// A linear layer of so many input channels.
inline MeasurementKey sample_key(double in_channels) {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.in_channels = in_channels, .out_channels = 8.0, .bias = 1.0};
  layer.fused_activation = Op::relu;
  layer.precision.requantization = Requantization{32.0, 1.0};
  return {.layer = layer, .buffers = Buffers::rotated, .threads = 1, .machine = sample_machine()};
}

// All of its figures follow from the channels, so that a torn one is seen.
inline Measurement sample_measurement(double in_channels) {
  Measurement m;
  m.key = sample_key(in_channels);
  double figure = in_channels * 1e-9;
  Timing::visit(m.timing, [&](std::string_view, double& member) { member = figure += 1e-9 / 3.0; });
  m.creation_seconds = in_channels * 1e-6;
  m.reorder_seconds = in_channels * 2e-6;
  m.kernel = "brgemm:" + std::to_string(static_cast<int>(in_channels));
  m.remarks = "a remark, with a comma";
  m.measured_at = "2026-03-01T12:00:00Z";
  return m;
}

}  // namespace hwcost::testing
