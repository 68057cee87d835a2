// Reports in each format, as text. One report a machine; all are of the same network, with one input shape or several.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/report.hpp"

namespace hwcost::command {

enum class Detail { layer, module, network };

// What one set of input shapes costs.
struct PricedRun {
  std::optional<std::string> input_shape;  // of a sweep over several, as options name it
  std::vector<NetworkReport> reports;
};

inline bool is_sweep(const std::vector<PricedRun>& runs) { return runs.front().input_shape.has_value(); }

// For people: columns and units, run after run. Several machines: a comparison.
std::string report_table(const std::vector<PricedRun>& runs, Detail detail);
// What every layer's latency is made of and how it is mapped, machine after machine.
std::string breakdown_tables(const std::vector<PricedRun>& runs);
// Layers, modules or networks of all machines side by side, then the totals.
std::string comparison_table(const std::vector<NetworkReport>& reports, Detail detail);

// One row a layer, module or network (and machine: then `hardware` is a column before it). The first column of a sweep
// is `input_shape`.
std::string report_csv(const std::vector<PricedRun>& runs, Detail detail);

// One object, by schemas/hwcost-report-1.schema.json; for several machines a comparison of such objects,
// for a sweep a list of them.
std::string report_json(const std::vector<PricedRun>& runs, Detail detail);

}  // namespace hwcost::command
