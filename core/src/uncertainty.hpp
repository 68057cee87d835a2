// Intervals around the prices of a fitted machine, by what its description says of the fit.
#pragma once

#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"

namespace hwcost {

// Adds to a report of this graph on this machine what its calibration record says; nothing where it has none. The
// graph's layers are as they were priced.
void add_uncertainty(const Graph& graph, const Machine& machine, NetworkReport& report);

}  // namespace hwcost
