// Reports in each format, as text. One report a machine; all are of the same network.
#pragma once

#include <string>
#include <vector>

#include "hwcost/report.hpp"

namespace hwcost::command {

enum class Detail { layer, module, network };

// For people: columns and units. Several machines: a comparison.
std::string report_table(const std::vector<NetworkReport>& reports, Detail detail);
// Layers, modules or networks of all machines side by side, then the totals.
std::string comparison_table(const std::vector<NetworkReport>& reports, Detail detail);

// One row a layer, module or network (and machine: then `hardware` is the first column).
std::string report_csv(const std::vector<NetworkReport>& reports, Detail detail);

// One object, by schemas/hwcost-report-1.schema.json; for several machines a comparison of such objects.
std::string report_json(const std::vector<NetworkReport>& reports, Detail detail);

}  // namespace hwcost::command
