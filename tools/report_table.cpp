#include <fmt/format.h>

#include "figures.hpp"
#include "numbers.hpp"
#include "report_output.hpp"
#include "report_parts.hpp"

namespace hwcost::command {
namespace {

// A cell for every metric of the machine, behind `cells`.
template <class ValueOf>
void add_metric_cells(MetricSet metrics, ValueOf&& value_of, std::vector<std::string>& cells) {
  for (const Metric metric : listed(metrics)) cells.push_back(human(metric, value_of(metric)));
}

// The status's reason, and what of the layer is outside of what the machine was fitted to.
std::string why(const LayerReport& layer) {
  if (layer.extrapolation.empty()) return layer.reason;
  return fmt::format("{}{}extrapolated: {}", layer.reason, layer.reason.empty() ? "" : "; ", layer.extrapolation);
}

std::string layers_table(const NetworkReport& report) {
  std::vector<TextTable::Column> columns{
      {"layer", Align::left}, {"operator", Align::left}, {"status", Align::left}, {"MACs"}, {"parameters"}};
  for (const Metric metric : listed(report.metrics)) columns.push_back({std::string(human_name(metric))});
  const bool shows_bound = report.metrics.contains(Metric::latency_cycles);
  const auto& uncertainty = report.uncertainty;
  if (uncertainty) columns.push_back({interval_title(*uncertainty)});
  if (shows_bound) columns.push_back({"bound by", Align::left});
  columns.push_back({"why", Align::left});
  TextTable table(columns);
  for (const LayerReport& layer : report.layers) {
    std::vector<std::string> cells{layer.name, layer.op, std::string(to_text(layer.status)),
                                   layer.has_facts ? grouped(layer.facts.macs) : "",
                                   layer.has_facts ? grouped(layer.facts.params) : ""};
    add_metric_cells(
        report.metrics, [&](Metric metric) { return layer.metric(metric); }, cells);
    if (uncertainty) cells.push_back(interval_text(uncertainty->metric, layer.interval));
    if (shows_bound) cells.emplace_back(layer.status == Status::unsupported ? "" : bottleneck(layer.cost));
    cells.push_back(why(layer));
    table.add_row(std::move(cells));
  }
  const Totals& totals = report.totals;
  std::vector<std::string> cells{"total", "", "", priced_of_all(totals, &Facts::macs),
                                 priced_of_all(totals, &Facts::params)};
  add_metric_cells(
      report.metrics, [&](Metric metric) { return totals.metric(metric, report.metrics); }, cells);
  if (uncertainty) cells.push_back(interval_text(uncertainty->metric, uncertainty->network));
  cells.resize(columns.size());
  table.add_rule();
  table.add_row(std::move(cells));
  return table.text();
}

// The tree of modules, children indented, each with its share of the network.
std::string modules_table(const NetworkReport& report) {
  const MetricSet metrics = report.metrics;
  const Totals& all = report.totals;
  const auto share = [](double part, double whole) { return whole > 0.0 ? percent(part / whole) : std::string(); };
  std::vector<TextTable::Column> columns{{"module", Align::left}, {"parameters"}, {"share"}, {"MACs"}, {"share"}};
  for (const Metric metric : listed(metrics)) {
    columns.push_back({std::string(human_name(metric))});
    if (adds_up(metric)) columns.push_back({"share"});
  }
  columns.push_back({"unsupported"});
  TextTable table(columns);
  for (const ModuleReport& module : by_module(report)) {
    const Totals& totals = module.totals;
    std::vector<std::string> cells{module_title(report, module), grouped(totals.priced_facts.params),
                                   share(totals.priced_facts.params, all.priced_facts.params),
                                   grouped(totals.priced_facts.macs),
                                   share(totals.priced_facts.macs, all.priced_facts.macs)};
    for (const Metric metric : listed(metrics)) {
      const auto value = totals.metric(metric, metrics);
      cells.push_back(human(metric, value));
      if (adds_up(metric)) {
        cells.push_back(value ? share(*value, all.metric(metric, metrics).value_or(0.0)) : std::string());
      }
    }
    cells.push_back(totals.unsupported > 0 ? std::to_string(totals.unsupported) : "");
    table.add_row(std::move(cells));
  }
  return table.text();
}

std::string run_table(const std::vector<NetworkReport>& reports, Detail detail) {
  if (reports.size() > 1) return comparison_table(reports, detail);
  const NetworkReport& report = reports.front();
  std::string text = head(report);
  if (detail == Detail::layer) text += layers_table(report) + '\n';
  if (detail == Detail::module) text += modules_table(report) + '\n';
  return text + foot(report);
}

}  // namespace

std::string report_table(const std::vector<PricedRun>& runs, Detail detail) {
  std::string text;
  for (const PricedRun& run : runs) {
    if (run.input_shape) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", printable(*run.input_shape));
    text += run_table(run.reports, detail);
  }
  return text;
}

}  // namespace hwcost::command
