// Where a comparison's measurements come from, as --against says it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/compare/measured_figures.hpp"
#include "hwcost/machine.hpp"

namespace hwcost::command {

struct MeasuredSource {
  std::string name;              // a layer table, a store of measurements, or a machine
  std::string model_file;        // where the graph is from
  bool has_own_widths = true;    // no option changed the graph's
  std::optional<Metric> metric;  // that is wanted; else the first that both sides have
};

struct MeasuredNetwork {
  Metric metric{};
  std::vector<MeasuredFigure> figures;             // a layer of the graph each
  std::vector<std::vector<std::string>> networks;  // that have each layer, where the model's file says so
  bool has_own_unit = false;                       // a table's values are in whatever unit its writer had
  std::vector<std::string> notes;                  // what there is to know of them, one sentence each
};

// What the source has of the graph's layers, at the widths at which `report` priced them. A table that is the model
// itself is taken row by row, any other and a store are looked up. `load` makes the machine, if it is one.
// Throws InputError: a file that cannot be read or holds no measurement, a store of several machines or ways to
// measure, a metric that one side has not.
MeasuredNetwork measured_network(const MeasuredSource& source, const Graph& graph, const NetworkReport& report,
                                 const std::function<Machine()>& load);

}  // namespace hwcost::command
