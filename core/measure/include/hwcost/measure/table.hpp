// Measurements as a layer table (docs/layer-tables.md), which other tools and `hwcost verify` can read.
#pragma once

#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/measure/measurement.hpp"
#include "hwcost/measure/store.hpp"

namespace hwcost {

// A row a measurement: the layer's columns, measured_latency_seconds, and all else as x_ columns. Layers that columns
// cannot say are not in the table; `left_out` names them.
struct MeasurementTable {
  std::string text;
  std::vector<std::string> left_out;
};
HWCOST_EXPORT MeasurementTable measurement_table(const std::vector<Measurement>& measurements);

// A row a measurement of the store, of any layer, in the order of all(); errors name a row by its measurement's number,
// operator and date. `file` names the store.
HWCOST_EXPORT LayerTable stored_layers(const MeasurementStore& store, const std::string& file);

// The measurements of a table's rows. Columns that measurement_table() writes and this one lacks are taken for unknown:
// of a machine called "unknown", one pass that was not gated, rotated buffers, one thread.
// Throws InputError with file and line: a row without a time, an x_ column with what it cannot have, a layer that
// cannot be measured as one.
HWCOST_EXPORT std::vector<Measurement> measurements_from(const LayerTable& table);

}  // namespace hwcost
