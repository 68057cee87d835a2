// Several machines side by side.
#include <fmt/format.h>

#include <initializer_list>

#include "figures.hpp"
#include "numbers.hpp"
#include "report_output.hpp"
#include "report_parts.hpp"

namespace hwcost::command {
namespace {

// The metric that a machine's column shows: the first that it defines.
Metric shown_metric(const NetworkReport& report) {
  for (const Metric metric : {Metric::latency_seconds, Metric::latency_cycles, Metric::energy_joules,
                              Metric::convention_ops, Metric::memory_access_balance}) {
    if (report.metrics.contains(metric)) return metric;
  }
  return Metric::cost;
}

// A user's formula is what all columns show; it is there on every machine or on none.
std::vector<Metric> shown_metrics(const std::vector<NetworkReport>& reports) {
  std::vector<Metric> metrics;
  bool all_have_cost = true;
  for (const NetworkReport& report : reports) {
    metrics.push_back(shown_metric(report));
    all_have_cost = all_have_cost && report.metrics.contains(Metric::cost);
  }
  if (all_have_cost) metrics.assign(reports.size(), Metric::cost);
  return metrics;
}

class Comparison {
 public:
  explicit Comparison(const std::vector<NetworkReport>& reports) : reports_(reports), shown_(shown_metrics(reports)) {}

  [[nodiscard]] std::string heads() const {
    std::string text = printable(reports_.front().model) + '\n';
    for (const NetworkReport& report : reports_) {
      text += fmt::format("  {} (backend {}, {})\n", report.hardware.name, report.hardware.backend,
                          printable(report.hardware.file));
      for (const std::string& assumption : report.assumptions) text += "    - " + printable(assumption) + '\n';
    }
    return text + '\n';
  }

  [[nodiscard]] std::string layers() const {
    TextTable table(columns({{"layer", Align::left}, {"operator", Align::left}, {"MACs"}}));
    const auto& first = reports_.front().layers;
    for (std::size_t i = 0; i < first.size(); ++i) {
      std::vector<std::string> cells{first[i].name, first[i].op,
                                     first[i].has_facts ? grouped(first[i].facts.macs) : ""};
      for (std::size_t r = 0; r < reports_.size(); ++r) cells.push_back(layer_cell(reports_[r].layers[i], shown_[r]));
      table.add_row(std::move(cells));
    }
    return table.text() + "~ approximated; price --format csv or json says how, and why a layer is unsupported\n\n";
  }

  [[nodiscard]] std::string modules() const {
    TextTable table(columns({{"module", Align::left}}));
    std::vector<std::vector<ModuleReport>> modules;
    for (const NetworkReport& report : reports_) modules.push_back(by_module(report));
    for (std::size_t i = 0; i < modules.front().size(); ++i) {
      std::vector<std::string> cells{module_title(reports_.front(), modules.front()[i])};
      for (std::size_t r = 0; r < reports_.size(); ++r) {
        cells.push_back(module_cell(modules[r][i].totals, shown_[r], reports_[r].metrics));
      }
      table.add_row(std::move(cells));
    }
    return table.text() + '\n';
  }

  [[nodiscard]] std::string totals() const {
    std::vector<TextTable::Column> titles{{"network", Align::left}};
    std::vector<std::vector<NetworkFigure>> figures;
    const MetricSet metrics = metrics_of_all(reports_);
    for (const NetworkReport& report : reports_) {
      titles.push_back({report.hardware.name});
      figures.push_back(network_figures(report, metrics));
    }
    TextTable table(titles);
    for (std::size_t i = 0; i < figures.front().size(); ++i) {
      std::vector<std::string> cells{figures.front()[i].name};
      for (const auto& of_machine : figures) cells.push_back(of_machine[i].text);
      table.add_row(std::move(cells));
    }
    return table.text();
  }

 private:
  static std::string layer_cell(const LayerReport& layer, Metric metric) {
    if (layer.status == Status::unsupported) return "unsupported";
    const std::string text = human(metric, layer.metric(metric));
    return layer.status == Status::approximated && !text.empty() ? "~" + text : text;
  }

  static std::string module_cell(const Totals& totals, Metric metric, MetricSet defined) {
    if (totals.priced + totals.approximated == 0) return "unsupported";
    const std::string text = human(metric, totals.metric(metric, defined));
    return totals.unsupported > 0 ? fmt::format("{} ({} left out)", text, totals.unsupported) : text;
  }

  [[nodiscard]] std::vector<TextTable::Column> columns(std::vector<TextTable::Column> before) const {
    for (std::size_t r = 0; r < reports_.size(); ++r) {
      before.push_back({fmt::format("{} {}", reports_[r].hardware.name, human_name(shown_[r]))});
    }
    return before;
  }

  const std::vector<NetworkReport>& reports_;
  std::vector<Metric> shown_;
};

}  // namespace

std::string comparison_table(const std::vector<NetworkReport>& reports, Detail detail) {
  const Comparison comparison(reports);
  std::string text = comparison.heads();
  if (detail == Detail::layer) text += comparison.layers();
  if (detail == Detail::module) text += comparison.modules();
  return text + comparison.totals();
}

}  // namespace hwcost::command
