// hwcost calibrate: a description whose free parameters are fitted to measured layers.
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "command.hpp"
#include "hwcost/calibrate/calibrate.hpp"
#include "hwcost/sha256.hpp"
#include "progress.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExample =
    "  hwcost calibrate --hw cascadelake-vnni --measurements layers.csv --output my-core.info\n"
    "  hwcost calibrate --hw ./my-core.info --measurements layers.csv --output my-core-2.info --holdout 0.3 --seed 2";

struct CalibrateCommandOptions {
  std::string machine;
  std::string measurements;
  std::string output;
  CalibrationOptions how;
};

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  gmtime_r(&now, &date);
  return fmt::format("{:04}-{:02}-{:02}", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
}

// How the new file calls the one that it inherits: by name where --hw did, else by the way from its own folder.
std::string inherited_as(const std::string& machine, const std::string& output) {
  const bool is_path = machine.find('/') != std::string::npos || machine.ends_with(".info");
  if (!is_path) return machine;
  const fs::path folder = fs::absolute(output).lexically_normal().parent_path();
  return fs::absolute(machine).lexically_normal().lexically_relative(folder).string();
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

void add_errors(TextTable& table, const std::string& of, const ErrorReport& report) {
  const auto add = [&](const ErrorSummary& e) {
    table.add_row(
        {of, e.kind, fmt::format("{}", e.layers), percent(e.median), percent(e.mean), percent(e.within_tenth)});
  };
  for (const ErrorSummary& e : report.kinds) add(e);
  add(report.all);
}
std::string network_line(const std::string& of, const ErrorReport& report) {
  std::string line = fmt::format("{}: Kendall's tau {:.3f}", of, report.kendall_tau);
  if (report.networks > 0) {
    line += fmt::format(", {} of the sums of {} networks within 10 %", percent(report.networks_within_tenth),
                        report.networks);
  }
  return line + "\n";
}

std::string summary(const Calibration& calibration, const Description& description) {
  std::string text = fmt::format("{} fitted to {} of {} layers: {} parameters\n", description.name(),
                                 name(calibration.metric), calibration.measurements, calibration.fitted.size());
  for (const std::string& note : calibration.notes) text += fmt::format("  - {}\n", note);
  for (const KeptParameter& kept : calibration.kept)
    text += fmt::format("  - {} keeps its value: {}\n", kept.key, kept.reason);

  TextTable parameters({{"parameter", Align::left}, {"before"}, {"fitted"}, {"standard error"}});
  for (const FittedParameter& fitted : calibration.fitted) {
    const Parameter& before = description.parameters().at(fitted.key);
    const double factor = before.unit.factor;
    parameters.add_row(
        {fitted.key, before.text, fmt::format("{:.6g}", fitted.value / factor),
         fitted.standard_error ? fmt::format("{:.2g}", *fitted.standard_error / factor) : std::string("at an end")});
  }
  text += "\n" + parameters.text() + "\n";

  TextTable errors(
      {{"errors of", Align::left}, {"layers", Align::left}, {"number"}, {"median"}, {"mean"}, {"within 10 %"}});
  add_errors(errors, "unseen layers", calibration.cross_validated);
  if (calibration.held_out) add_errors(errors, "held out", *calibration.held_out);
  add_errors(errors, "the fit", calibration.of_fit);
  text += errors.text() + network_line("unseen layers", calibration.cross_validated);
  if (calibration.held_out) text += network_line("held out", *calibration.held_out);

  constexpr std::size_t kShown = 10;
  if (!calibration.outliers.empty())
    text += fmt::format("\n{} outliers, the worst first:\n", calibration.outliers.size());
  for (std::size_t i = 0; i < std::min(kShown, calibration.outliers.size()); ++i) {
    const Outlier& o = calibration.outliers[i];
    text += fmt::format("  line {}, {}: predicted {:+.0f} %\n", o.line, printable(o.layer), 100.0 * o.relative_error);
  }
  return text;
}

int run(const CalibrateCommandOptions& options, const Session& session) {
  const std::string new_name = fs::path(options.output).stem().string();
  Progress progress(2);
  progress.next("reading " + options.measurements);
  const Description description = Description::load(options.machine, session.search_path());
  std::error_code no_such_file;
  if (fs::equivalent(description.file(), options.output, no_such_file))
    throw CLI::ValidationError("--output", options.output + " is read here, and would be overwritten");
  const LayerTable table = read_layer_table(fs::path(options.measurements));
  progress.next("fitting " + description.name());
  const Registry registry = session.registry();
  const Calibration calibration = calibrate(description, registry, table, options.measurements, options.how);
  const CalibrationOrigin origin{inherited_as(options.machine, options.output), options.measurements,
                                 sha256(bytes_of(options.measurements)), today()};
  const std::string text = calibrated_description(new_name, description, calibration, origin);
  // What is written can be read: before anything is.
  (void)registry.make(Description::from_text(text, options.output, session.search_path()));
  write_result(options.output, text);
  write_result("", summary(calibration, description));
  return kSuccess;
}

}  // namespace

void add_calibrate_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<CalibrateCommandOptions>();
  CLI::App* command =
      add_command(app, session, "calibrate", "Fit a description's free parameters to measured layers", kExample);
  command->add_option("--hw", options->machine, "The description to fit: a shipped one or a path to one")
      ->required()
      ->type_name("NAME")
      ->check(not_empty());
  command->add_option("--measurements", options->measurements, "Layer table with a column measured_*")
      ->required()
      ->type_name("FILE.csv")
      ->check(not_empty());
  command->add_option("--output", options->output, "Where the fitted description is written")
      ->required()
      ->type_name("NEW.info")
      ->check([](const std::string& text) {
        return text.ends_with(".info") ? std::string() : "'" + text + "' does not end in '.info'";
      });
  command->add_option("--holdout", options->how.holdout, "Share of the networks and shapes that no fit sees (0)")
      ->check(CLI::Range(0.0, 0.9));
  command->add_option("--seed", options->how.seed, "Of what is held out and of the cross-validation's parts (1)");
  command->callback([options, &session] {
    if (std::isnan(options->how.holdout)) throw CLI::ValidationError("--holdout", "is no number");  // in every range
    session.status = run(*options, session);
  });
}

}  // namespace hwcost::command
