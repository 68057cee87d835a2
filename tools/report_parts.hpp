// What the table of one machine and the comparison of several have in common.
#pragma once

#include <string>
#include <vector>

#include "hwcost/report.hpp"
#include "text_table.hpp"

namespace hwcost::command {

// The machine, the model, and what was assumed.
std::string head(const NetworkReport& report);
// The network's figures, a line each.
std::string foot(const NetworkReport& report);

// A figure of the whole network, as a person reads it; "" where there is none.
struct NetworkFigure {
  std::string name;
  std::string text;
};

// Layers by status, what is left out, work, memory, then every metric of `metrics`; the same names for the same
// metrics.
std::vector<NetworkFigure> network_figures(const NetworkReport& report, MetricSet metrics);
inline std::vector<NetworkFigure> network_figures(const NetworkReport& report) {
  return network_figures(report, report.metrics);
}

// "1.2 ms to 1.4 ms"; "" where there is none.
std::string interval_text(Metric metric, const std::optional<Interval>& interval);
// "90 % interval": what the column and the line of intervals are called. Pre: the report has an uncertainty.
std::string interval_title(const Uncertainty& uncertainty);

// A sum over the priced layers as a person reads it; where layers are unsupported, the sum over all of them too:
// "1,024 of 4,096".
std::string priced_of_all(const Totals& totals, double Facts::*fact);

// The module's last segment, indented by its depth; the network's name for the root.
std::string module_title(const NetworkReport& report, const ModuleReport& module);

}  // namespace hwcost::command
