// The figures that a report prints of a layer or a total, in order: facts, then what the machine defines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/report.hpp"

namespace hwcost::command {

struct Figure {
  std::string_view name;
  std::optional<double> number;  // neither number nor text: not defined here
  std::string_view text;
};

// The same names in the same order for the same metrics, whatever the layer.
std::vector<Figure> figures(const LayerReport& layer, MetricSet metrics);
// Of the priced and approximated layers; of `metrics` those have values that the machine defines.
std::vector<Figure> figures(const Totals& totals, MetricSet metrics, MetricSet defined);

// Those of several machines together.
MetricSet metrics_of_all(const std::vector<NetworkReport>& reports);

std::vector<Metric> listed(MetricSet metrics);

// The metric in the unit and precision that a person reads; "" where there is no value.
std::string human(Metric metric, std::optional<double> value);
// What a person calls it: "latency", "energy".
std::string_view human_name(Metric metric);

}  // namespace hwcost::command
