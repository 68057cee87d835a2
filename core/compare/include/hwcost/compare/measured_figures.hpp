// What was measured of a network's layers: by the rows of a table, by another machine's report, or by looking layers
// up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/report.hpp"

namespace hwcost {

// Of a layer of a network, in the metric's unit and of one run; or nothing.
struct MeasuredFigure {
  std::optional<double> value;
  std::string origin;   // where it is from: "host.csv:12"
  std::string why_not;  // there is no value
};

// A layer that was measured, of whatever network.
struct MeasuredLayer {
  Layer layer;
  double value = 0.0;  // of one run
  std::string origin;
};

// The metrics that a comparison can be of, the one that is preferred first: latency in seconds, in cycles, energy.
[[nodiscard]] HWCOST_EXPORT const std::vector<Metric>& comparable_metrics();
// Those of them that the table has a measured_ column of.
[[nodiscard]] HWCOST_EXPORT MetricSet measured_metrics(const LayerTable& table);

// A figure a row. Throws InputError with file and line where one is not above 0, and where rows with one were measured
// under different conditions_of().
[[nodiscard]] HWCOST_EXPORT std::vector<MeasuredFigure> measured_rows(const LayerTable& table, Metric metric);
// The measured rows as layers. x_activation and x_bias_bits, which tables of measurements have, count. Throws
// InputError with file and line where one of them names nothing, and as measured_rows() does.
[[nodiscard]] HWCOST_EXPORT std::vector<MeasuredLayer> measured_layers(const LayerTable& table, Metric metric);
// The networks that a row's column x_network names, several with '|' between them; not `random`.
[[nodiscard]] HWCOST_EXPORT std::vector<std::string> networks_of(const TableRow& row);
// What a row's value depends on beside its layer, as tables of measurements say it: "processor ..., isa ..., threads
// 1"; empty where they say nothing.
[[nodiscard]] HWCOST_EXPORT std::string conditions_of(const TableRow& row);

// What another machine's report says of the same layers.
[[nodiscard]] HWCOST_EXPORT std::vector<MeasuredFigure> figures_of(const NetworkReport& other, Metric metric);

// The graph's layers, at the widths at which `report` priced them, among measured ones: by operator, extents and
// widths, never by name. One of the same activation, output and biases comes first, else one that differs in these. Of
// several the median. `source` is where they are from, for the words of what is not found.
[[nodiscard]] HWCOST_EXPORT std::vector<MeasuredFigure> look_up(const Graph& graph, const NetworkReport& report,
                                                                const std::vector<MeasuredLayer>& measured,
                                                                const std::string& source);

}  // namespace hwcost
