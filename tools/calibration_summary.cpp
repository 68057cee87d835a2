#include "calibration_summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "numbers.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

void add_errors(TextTable& table, const std::string& of, const ErrorReport& report) {
  const auto add = [&](const ErrorStatistics& e) {
    table.add_row({of, e.kind, fmt::format("{}", e.count), percent(e.median), percent(e.mean), percent(e.share_near)});
  };
  for (const ErrorStatistics& e : report.kinds) add(e);
  add(report.all);
}
std::string network_line(const std::string& of, const ErrorReport& report) {
  std::string line = fmt::format("{}: Kendall's tau {:.3f}", of, report.kendall_tau);
  if (report.networks > 0) {
    line += fmt::format(", {} of the sums of {} networks within 10 %", percent(report.networks_within_tenth),
                        report.networks);
  }
  if (report.held) line += fmt::format(", {} of the layers in their intervals", percent(*report.held));
  return line + "\n";
}

std::string residual_lines(const LearnedResidual& residual) {
  const auto errors = [](const ErrorReport& report) {
    return fmt::format("median error {}, mean {}, within 10 % {}", percent(report.all.median), percent(report.all.mean),
                       percent(report.all.share_near));
  };
  return fmt::format("\nlearned residual, tried on unseen layers: {}\n  without it: {}\n  with it:    {}\n",
                     residual.in_use ? fmt::format("it helps and is in use ({} trees)", residual.in_use->tree_count())
                                     : "it does not help and is left out",
                     errors(residual.without), errors(residual.with));
}

}  // namespace

std::string calibration_summary(const Calibration& calibration, const Description& description) {
  std::string text =
      fmt::format("{} fitted to {} of {} layers: {} parameter{}\n", description.name(), name(calibration.metric),
                  calibration.measurements, calibration.fitted.size(), calibration.fitted.size() == 1 ? "" : "s");
  for (const std::string& note : calibration.notes) text += fmt::format("  - {}\n", note);
  for (const KeptParameter& kept : calibration.kept)
    text += fmt::format("  - {} keeps its value: {}\n", kept.key, kept.reason);

  TextTable parameters({{"parameter", Align::left}, {"before"}, {"fitted"}, {"standard error"}});
  for (const FittedParameter& fitted : calibration.fitted) {
    const Parameter& before = description.parameters().at(fitted.key);
    const double factor = before.unit.factor;
    const std::string error = fitted.standard_error   ? fmt::format("{:.2g}", *fitted.standard_error / factor)
                              : fitted.is_at_end      ? "at an end"
                              : fitted.told_by == 0.0 ? "untold here"
                                                      : "too few layers";
    parameters.add_row({fitted.key, before.text, fmt::format("{:.6g}", fitted.value / factor), error});
  }
  text += "\n" + parameters.text() + "\n";

  TextTable errors(
      {{"errors of", Align::left}, {"layers", Align::left}, {"number"}, {"median"}, {"mean"}, {"within 10 %"}});
  const bool is_tried = calibration.cross_validated.all.count > 0;
  if (is_tried) add_errors(errors, "unseen layers", calibration.cross_validated);
  if (calibration.held_out) add_errors(errors, "held out", *calibration.held_out);
  add_errors(errors, "the fit", calibration.of_fit);
  text += errors.text();
  text += is_tried ? network_line("unseen layers", calibration.cross_validated)
                   : "unseen layers: not known, as all that was measured has one shape\n";
  if (is_tried && !calibration.unseen_networks)
    text += "unseen layers are of unseen shapes: the measurements have too few networks to tell of unseen ones\n";
  if (calibration.held_out) text += network_line("held out", *calibration.held_out);

  if (calibration.residual) text += residual_lines(*calibration.residual);

  constexpr std::size_t kShown = 10;
  if (!calibration.outliers.empty())
    text += fmt::format("\n{} outliers, the worst first:\n", calibration.outliers.size());
  for (std::size_t i = 0; i < std::min(kShown, calibration.outliers.size()); ++i) {
    const Outlier& o = calibration.outliers[i];
    text += fmt::format("  {}: predicted {:+.0f} %\n", printable(o.layer), 100.0 * o.relative_error);
  }
  return text;
}

}  // namespace hwcost::command
