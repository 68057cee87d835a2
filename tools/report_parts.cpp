#include "report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "figures.hpp"
#include "numbers.hpp"

namespace hwcost::command {
namespace {

// What of a network's interval is none: too narrow by an error that nobody knows.
std::string as_priced_text(const Uncertainty& uncertainty) {
  if (uncertainty.as_priced_share == 0.0) return "";
  return fmt::format("; too narrow: {:.1f} % of the price is of kinds never measured, taken as it stands",
                     100.0 * uncertainty.as_priced_share);
}

std::string left_out(const Totals& totals) {
  if (totals.of_unknown_work > 0) {
    return fmt::format("unknown ({} layer{} of unknown work)", totals.of_unknown_work,
                       totals.of_unknown_work == 1 ? "" : "s");
  }
  const std::string zeros =
      totals.macs_counted_as_0 > 0.0 ? fmt::format(" ({} counted as 0)", grouped(totals.macs_counted_as_0)) : "";
  if (totals.unsupported == 0 && zeros.empty()) return "none";
  return percent(totals.unpriced_share_of_macs().value_or(0.0)) + zeros;
}

// The metric's total, or why there is none.
std::string total_text(const NetworkReport& report, Metric metric) {
  const auto total = report.totals.metric(metric, report.metrics);
  if (total || !report.totals.incomplete.contains(metric)) return human(metric, total);
  const auto lacking = std::count_if(report.layers.begin(), report.layers.end(), [&](const LayerReport& layer) {
    return layer.status != Status::unsupported && !layer.metric(metric);
  });
  if (lacking == 0) return "no total: layers run at different clocks";
  return fmt::format("no total: {} layer{} no such figure", lacking, lacking == 1 ? " has" : "s have");
}

}  // namespace

std::vector<NetworkFigure> network_figures(const NetworkReport& report, MetricSet metrics) {
  const Totals& totals = report.totals;
  const auto& peak = report.peak_activations;
  std::vector<NetworkFigure> figures{
      {"layers", fmt::format("{} priced, {} approximated, {} unsupported", totals.priced, totals.approximated,
                             totals.unsupported)},
      {"MACs left out", left_out(totals)},
      {"MACs", priced_of_all(totals, &Facts::macs)},
      {"FLOPs", priced_of_all(totals, &Facts::flops)},
      {"bit operations", priced_of_all(totals, &Facts::bit_ops)},
  };
  for (const Metric metric : listed(metrics)) {
    figures.push_back({std::string(human_name(metric)), total_text(report, metric)});
  }
  figures.push_back({"model size", bytes_text(report.model_bytes)});
  figures.push_back({"peak activations", peak ? bytes_text(peak->bytes) : "unknown"});
  figures.push_back({"training memory", bytes_text(report.training_bytes)});
  return figures;
}

std::string interval_text(Metric metric, const std::optional<Interval>& interval) {
  if (!interval) return "";
  return fmt::format("{} to {}", human(metric, interval->low), human(metric, interval->high));
}

std::string interval_title(const Uncertainty& uncertainty) {
  return fmt::format("{:.0f} % interval", 100.0 * uncertainty.coverage);
}

std::string priced_of_all(const Totals& totals, double Facts::*fact) {
  std::string priced = grouped(totals.priced_facts.*fact);
  if (totals.unsupported == 0) return priced;
  const std::string_view bound = totals.of_unknown_work > 0 ? "at least " : "";
  return fmt::format("{} of {}{}", priced, bound, grouped(totals.facts.*fact));
}

std::string module_title(const NetworkReport& report, const ModuleReport& module) {
  if (module.depth == 0) return report.model;
  const std::size_t dot = module.path.rfind('.');
  return std::string(2 * module.depth, ' ') + module.path.substr(dot == std::string::npos ? 0 : dot + 1);
}

std::string head(const NetworkReport& report) {
  const Hardware& hardware = report.hardware;
  std::string text = fmt::format("{} on {} (backend {}, {})\n", printable(report.model), hardware.name,
                                 hardware.backend, printable(hardware.file));
  for (const std::string& assumption : report.assumptions) text += "  - " + printable(assumption) + '\n';
  return text + '\n';
}

std::string foot(const NetworkReport& report) {
  std::string text;
  for (const NetworkFigure& figure : network_figures(report)) {
    text += fmt::format("{:<19}{}\n", figure.name + ':', figure.text);
  }
  if (const auto& uncertainty = report.uncertainty; uncertainty && uncertainty->network) {
    text += fmt::format("{:<19}{} ({}{})\n", interval_title(*uncertainty) + ':',
                        interval_text(uncertainty->metric, uncertainty->network), human_name(uncertainty->metric),
                        as_priced_text(*uncertainty));
  }
  return text;
}

}  // namespace hwcost::command
