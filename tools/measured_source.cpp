#include "measured_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "hwcost/error.hpp"
#include "hwcost/file_ending.hpp"
#ifdef HWCOST_WITH_MEASURE
#include "hwcost/measure/store.hpp"
#endif

namespace hwcost::command {
namespace {

namespace fs = std::filesystem;

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code no_such_file;
  return fs::equivalent(a, b, no_such_file);
}

std::string names_of(MetricSet metrics) {
  std::string text;
  for (const Metric metric : comparable_metrics()) {
    if (metrics.contains(metric)) text += fmt::format("{}{}", text.empty() ? "" : ", ", name(metric));
  }
  return text.empty() ? "none" : text;
}

// The metric that is wanted, or the first that both sides have.
Metric chosen_metric(const MeasuredSource& source, const NetworkReport& report, MetricSet measured) {
  for (const Metric metric : comparable_metrics()) {
    const bool is_wanted = !source.metric || *source.metric == metric;
    if (is_wanted && report.metrics.contains(metric) && measured.contains(metric)) return metric;
  }
  throw InputError({source.name, 0},
                   fmt::format("{} to compare: measured {}; {} defines {}",
                               source.metric ? fmt::format("no {}", name(*source.metric)) : "no figure",
                               names_of(measured), report.hardware.name, names_of(report.metrics)));
}

MeasuredNetwork from_table(const MeasuredSource& source, const Graph& graph, const NetworkReport& report) {
  const LayerTable table = read_layer_table(fs::path(source.name));
  const MetricSet metrics = measured_metrics(table);
  if (metrics.empty()) {
    throw InputError({source.name, 1},
                     "nothing was measured: a column measured_latency_seconds, measured_latency_cycles or "
                     "measured_energy_joules with a value is wanted");
  }
  MeasuredNetwork result;
  result.metric = chosen_metric(source, report, metrics);
  result.has_own_unit = true;
  const bool is_the_model = is_same_file(source.name, source.model_file);
  if (is_the_model && source.has_own_widths) {
    result.figures = measured_rows(table, result.metric);
  } else {
    result.figures = look_up(graph, report, measured_layers(table, result.metric), source.name);
    result.notes.push_back(fmt::format("measured layers are told by operator, extents and widths in {}", source.name));
  }
  if (is_the_model) {
    std::transform(table.rows.begin(), table.rows.end(), std::back_inserter(result.networks), networks_of);
  }
  return result;
}

MeasuredNetwork from_machine(const MeasuredSource& source, const Graph& graph, const NetworkReport& report,
                             const Machine& machine) {
  const NetworkReport other = evaluate(graph, machine);
  MeasuredNetwork result;
  result.metric = chosen_metric(source, report, other.metrics);
  result.figures = figures_of(other, result.metric);
  for (const std::string& assumption : other.assumptions) {  // those of the model are said already
    const auto& said = report.assumptions;
    if (std::find(said.begin(), said.end(), assumption) == said.end())
      result.notes.push_back(fmt::format("{}: {}", other.hardware.name, assumption));
  }
  return result;
}

#ifdef HWCOST_WITH_MEASURE
// Of which machine and by which way a measurement is.
std::string way_of(const Measurement& measurement) {
  const Fingerprint& machine = measurement.key.machine;
  return fmt::format("{}, {}, {}, {}, {}, {} buffers, threads: {}", machine.processor, machine.isa, machine.caches,
                     machine.library, machine.governor, to_text(measurement.key.buffers), measurement.key.threads);
}

MeasuredNetwork from_store(const MeasuredSource& source, const Graph& graph, const NetworkReport& report) {
  const MeasurementStore store(source.name, MeasurementStore::Access::read);
  std::vector<MeasuredLayer> layers;
  std::string way;
  long long first = 0;
  for (const auto& [number, measurement] : store.numbered()) {
    const std::string this_way = way_of(measurement);
    if (layers.empty()) {
      way = this_way;
      first = number;
    }
    if (this_way != way) {
      throw InputError({source.name, 0},
                       fmt::format("holds measurements of several machines or ways to measure (measurement {}: {}; "
                                   "measurement {}: {}): name a machine by --against and the file by --store, or "
                                   "export those of one",
                                   first, way, number, this_way));
    }
    layers.push_back({measurement.key.layer, measurement.timing.seconds,
                      fmt::format("{} {}", measurement.kernel, measurement.measured_at)});
  }
  if (layers.empty()) throw InputError({source.name, 0}, "holds no measurement");
  MeasuredNetwork result;
  result.metric = chosen_metric(source, report, {Metric::latency_seconds});
  result.figures = look_up(graph, report, layers, source.name);
  result.notes.push_back("measured on " + way);
  return result;
}
#else
MeasuredNetwork from_store(const MeasuredSource& source, const Graph&, const NetworkReport&) {
  throw InputError({source.name, 0}, "this hwcost was built without SQLite and reads no stores");
}
#endif

}  // namespace

MeasuredNetwork measured_network(const MeasuredSource& source, const Graph& graph, const NetworkReport& report,
                                 const std::function<Machine()>& load) {
  const std::string ending = file_ending(source.name);
  if (ending == ".csv") return from_table(source, graph, report);
  if (ending == ".db") return from_store(source, graph, report);
  if (is_same_file(source.name, source.model_file)) {
    throw InputError({source.name, 0}, "has no measurements: name a layer table, a store or a machine by --against");
  }
  return from_machine(source, graph, report, load());
}

}  // namespace hwcost::command
