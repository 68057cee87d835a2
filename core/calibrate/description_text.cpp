// The description that a calibration ends in.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hwcost/calibrate/calibrate.hpp"
#include "hwcost/sha256.hpp"

namespace hwcost {
namespace {

// In quotes, as descriptions are read.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}
// On one line, whatever a file is called.
std::string in_a_comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string error_line(const ErrorStatistics& e) {
  return fmt::format(";   {:20s} {:5d} layers, median {}, mean {}, within 10 %: {}\n", e.kind, e.count,
                     percent(e.median), percent(e.mean), percent(e.share_near));
}
std::string error_lines(const std::string& head, const ErrorReport& report) {
  std::string text = fmt::format("; {}: Kendall's tau {:.3f}", head, report.kendall_tau);
  if (report.networks > 0) {
    text += fmt::format("; {} of the sums of {} networks within 10 %", percent(report.networks_within_tenth),
                        report.networks);
  }
  text += '\n' + error_line(report.all);
  for (const ErrorStatistics& e : report.kinds) text += error_line(e);
  return text;
}

std::string unseen_lines(const Calibration& calibration) {
  if (calibration.cross_validated.all.count == 0)
    return "; how far unseen layers are off is not known: all that was measured has one shape\n";
  return error_lines(calibration.unseen_networks ? "layers that a fit had not seen, nor their networks"
                                                 : "layers of shapes that a fit had not seen",
                     calibration.cross_validated);
}

std::string band_text(const ErrorBand& band) { return fmt::format("\"{:.4f} {:.4f}\"", band.low, band.high); }

std::string kind_block(const CalibratedKind& kind) {
  std::string seen;
  for (const SeenRange& range : kind.seen)
    seen += fmt::format("{}{} {} {}", seen.empty() ? "" : " ", range.figure, range.low, range.high);
  return fmt::format(
      "  kind {}\n  {{\n    layers        {}\n    median_error  {:.4f}\n    interval      {}\n    seen          "
      "\"{}\"\n"
      "  }}\n",
      quoted(kind.kind), kind.layers, kind.median_error, band_text(kind.band), seen);
}

// Nothing where no errors of unseen layers are known.
std::string record_block(const CalibrationRecord& record, const CalibrationOrigin& origin) {
  if (record.kinds.empty()) return {};
  std::string text = fmt::format(
      "calibration\n{{\n  metric            {}\n  coverage          {}\n  measurements      {}\n"
      "  sha256            {}\n  date              {}\n",
      name(record.metric), record.coverage, record.measurements, quoted(origin.sha256), quoted(origin.date));
  if (!record.machine.empty()) text += fmt::format("  machine           {}\n", quoted(in_a_comment(record.machine)));
  if (record.networks) text += fmt::format("  network_interval  {}\n", band_text(*record.networks));
  if (record.residual) {
    text += fmt::format("  residual\n  {{\n    file    {}\n    sha256  {}\n  }}\n", quoted(record.residual->file),
                        quoted(record.residual->sha256));
  }
  for (const CalibratedKind& kind : record.kinds) text += kind_block(kind);
  return text + "}\n";
}

CalibrationRecord with_residual(const Calibration& calibration, const CalibrationOrigin& origin) {
  CalibrationRecord record = calibration.record;
  if (calibration.residual && calibration.residual->in_use)
    record.residual = {origin.residual_file, sha256(calibration.residual->in_use->text()), {}};
  return record;
}

std::string no_error_text(const FittedParameter& fitted) {
  if (fitted.is_at_end) return "at an end of its range";
  if (fitted.told_by == 0.0) return "no measurement depends on it at this value";
  return fmt::format("told by some {:.0f} measurements alone", std::ceil(fitted.told_by));
}

// The unit that the parameter is written in.
std::string unit_of(const Parameter& parameter) {
  const auto written = number_with_unit(parameter.text);
  return written && !written->unit_text.empty() ? " " + written->unit_text : "";
}

}  // namespace

std::string calibrated_description(const std::string& name, const Description& description,
                                   const Calibration& calibration, const CalibrationOrigin& origin) {
  std::string text = fmt::format("; {} fitted to {} of {} layers in {} (sha256 {}), {}.\n", description.name(),
                                 hwcost::name(calibration.metric), calibration.measurements, in_a_comment(origin.file),
                                 origin.sha256, origin.date);
  text += unseen_lines(calibration);
  if (calibration.held_out) text += error_lines("layers held out of all fits", *calibration.held_out);
  for (const KeptParameter& kept : calibration.kept)
    text += fmt::format("; {} keeps its value: {}\n", kept.key, kept.reason);
  text +=
      fmt::format("name     {}\ninherit  {}\nsummary  {}\n\n{}\nparameter\n{{\n", quoted(name), quoted(origin.inherit),
                  quoted(fmt::format("{}, fitted to {} measured layers", description.name(), calibration.measurements)),
                  record_block(with_residual(calibration, origin), origin));
  for (const FittedParameter& fitted : calibration.fitted) {
    const Parameter& before = description.parameters().at(fitted.key);
    const double factor = before.unit.factor;
    const std::string unit = unit_of(before);
    const std::string error = fitted.standard_error
                                  ? fmt::format("standard error {:.2g}{}", *fitted.standard_error / factor, unit)
                                  : no_error_text(fitted);
    const std::string source = fmt::format("hwcost calibrate, {}: {} layers of sha256 {:.12s}; {}", origin.date,
                                           calibration.measurements, origin.sha256, error);
    text += fmt::format("  {:32s} {} {{ source {} kind fitted free \"{:.6g} {:.6g}\" }}\n", fitted.key,
                        quoted(fmt::format("{:.6g}{}", fitted.value / factor, unit)), quoted(source),
                        before.free->low / factor, before.free->high / factor);
  }
  return text + "}\n";
}

}  // namespace hwcost
