#include "report_parts.hpp"

#include <fmt/format.h>

#include "figures.hpp"
#include "numbers.hpp"

namespace hwcost::command {

std::vector<NetworkFigure> network_figures(const NetworkReport& report, MetricSet metrics) {
  const Totals& totals = report.totals;
  const auto& peak = report.peak_activations;
  std::vector<NetworkFigure> figures{
      {"layers", fmt::format("{} priced, {} approximated, {} unsupported", totals.priced, totals.approximated,
                             totals.unsupported)},
      {"MACs left out", totals.unsupported > 0 ? percent(totals.unpriced_share_of_macs()) : "none"},
      {"MACs", grouped(totals.priced_facts.macs)},
      {"FLOPs", grouped(totals.priced_facts.flops)},
      {"bit operations", grouped(totals.priced_facts.bit_ops)},
  };
  for (const Metric metric : listed(metrics)) {
    figures.push_back({std::string(human_name(metric)), human(metric, totals.metric(metric, report.metrics))});
  }
  figures.push_back({"model size", bytes_text(report.model_bytes)});
  figures.push_back({"peak activations", peak ? bytes_text(peak->bytes) : "unknown"});
  figures.push_back({"training memory", bytes_text(report.training_bytes)});
  return figures;
}

bool adds_up(Metric metric) {
  switch (metric) {
    case Metric::utilization:
    case Metric::memory_access_balance:
    case Metric::arithmetic_intensity_macs_per_byte:
      return false;
    default:
      return true;
  }
}

std::string module_title(const NetworkReport& report, const ModuleReport& module) {
  if (module.depth == 0) return report.model;
  const std::size_t dot = module.path.rfind('.');
  return std::string(2 * module.depth, ' ') + module.path.substr(dot == std::string::npos ? 0 : dot + 1);
}

}  // namespace hwcost::command
