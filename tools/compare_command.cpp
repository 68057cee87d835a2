// hwcost compare: a machine's prices against what was measured.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "accuracy_output.hpp"
#include "command.hpp"
#include "hwcost/compare/unit_doubt.hpp"
#include "hwcost/machine.hpp"
#include "measured_source.hpp"
#include "measuring_options.hpp"
#include "model_loading.hpp"
#include "output_format.hpp"
#include "progress.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

struct CompareOptions {
  ModelOptions model;
  MeasuringChoices measuring;
  std::string machine;
  std::string against;
  std::optional<Metric> metric;
  Format format = Format::table;
  bool only_summary = false;
  bool allow_unpriced = false;
  std::string output;
  std::string page;
  std::string learning_curves;
};

constexpr const char* kExample =
    "  hwcost compare layers.csv --hw cascadelake-vnni                     layers.csv has measured_latency_seconds\n"
    "  hwcost compare resnet50.onnx --hw cascadelake-vnni --against layers.csv --html resnet50.html\n"
    "  hwcost compare resnet50.onnx --bits w8a8 --hw cascadelake-vnni --against host-onednn --store host.db";

std::map<std::string, std::optional<Metric>> metric_choices() {
  std::map<std::string, std::optional<Metric>> metrics;
  for (const Metric metric : comparable_metrics()) metrics.emplace(name(metric), metric);
  return metrics;
}

std::string in_format(const Comparison& comparison, const std::vector<LearningCurve>& curves,
                      const CompareOptions& options) {
  switch (options.format) {
    case Format::table:
      return accuracy_table(comparison, options.only_summary);
    case Format::csv:
      return accuracy_csv(comparison);
    case Format::json:
      return accuracy_json(comparison, curves);
  }
  return {};
}

void refuse_to_overwrite_inputs(const CompareOptions& options, const Session& session, const Machine& machine) {
  std::vector<std::string> inputs = files_of(machine);
  inputs.insert(inputs.end(), session.plugins.begin(), session.plugins.end());
  inputs.insert(inputs.end(), {options.model.file, options.model.assignment_file, options.measuring.store(),
                               options.against, options.learning_curves});
  refuse_to_overwrite(inputs, options.output);
  refuse_to_overwrite(inputs, options.page, "--html");
  std::error_code no_such_file;
  const auto place_of = [&](const std::string& file) { return std::filesystem::weakly_canonical(file, no_such_file); };
  if (!options.page.empty() && !options.output.empty() && place_of(options.page) == place_of(options.output))
    throw CLI::ValidationError("--html", "is the same file as --output");
}

Comparison comparison_of(const CompareOptions& options, const Session& session) {
  const Registry registry = options.measuring.over(session.registry());
  const Machine machine = load_machine(options.machine, session.search_path(), registry);
  refuse_to_overwrite_inputs(options, session, machine);
  if (is_sweep(options.model.input_shapes))
    throw CLI::ValidationError("--input-shape", "one shape is compared at a time");
  Progress progress(3);
  progress.next("reading " + options.model.file);
  const Graph graph = load_model(options.model, bindings(options.model.input_shapes).front());
  progress.next("pricing on " + machine.description.name());
  const NetworkReport report = evaluate(graph, machine);
  const std::string source = options.against.empty() ? options.model.file : options.against;
  progress.next("looking up in " + source);
  const bool has_own_widths = !options.model.bits && options.model.assignment_file.empty();
  std::vector<Machine> machines{machine};
  const MeasuredNetwork measured =
      measured_network({source, options.model.file, has_own_widths, options.metric}, graph, report,
                       [&] { return machines.emplace_back(load_machine(source, session.search_path(), registry)); });
  options.measuring.require_measured(machines);
  Comparison comparison = compare(graph, report, measured.metric, measured.figures, measured.networks);
  comparison.against = source;
  comparison.assumptions.insert(comparison.assumptions.end(), measured.notes.begin(), measured.notes.end());
  const auto doubt = measured.has_own_unit ? unit_doubt(comparison) : std::nullopt;
  if (doubt) comparison.assumptions.insert(comparison.assumptions.begin(), *doubt);
  if (doubt && options.format == Format::csv)
    fmt::print(stderr, "{}\n", printable(*doubt));  // which has no assumptions
  return comparison;
}

int run(const CompareOptions& options, const Session& session) {
  std::vector<LearningCurve> curves;
  if (!options.learning_curves.empty()) curves = read_learning_curves(options.learning_curves);
  const Comparison comparison = comparison_of(options, session);
  write_result(options.output, in_format(comparison, curves, options));
  if (!options.page.empty()) write_result(options.page, accuracy_page(comparison, curves));
  const bool is_complete = comparison.count(Pairing::unpriced) + comparison.count(Pairing::unmeasured) == 0;
  return is_complete || options.allow_unpriced ? kSuccess : kSomeUnpriced;
}

}  // namespace

void add_compare_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App* command =
      add_command(app, session, "compare", "Hold a machine's prices against what was measured", kExample);
  add_model_options(*command, options->model);
  command->add_option("--hw", options->machine, "Whose prices: a shipped description or a path to one")
      ->required()
      ->type_name("NAME")
      ->check(not_empty());
  command
      ->add_option("--against", options->against,
                   "What was measured: a layer table with measured_* columns, a store of measurements, or a machine "
                   "(MODEL itself where it is such a table)")
      ->type_name("FILE.csv|FILE.db|NAME")
      ->check(not_empty());
  add_plugin_options(*command, session);
  add_choice(*command, "--metric", options->metric, metric_choices(),
             "What is compared (the first of latency_seconds, latency_cycles, energy_joules that both sides have)");
  options->measuring.add_to(*command);
  add_choice(*command, "--format", options->format, kFormats, "How the result is written (table)");
  command->add_flag("--summary", options->only_summary, "Leave the rows of single layers out of the table");
  command->add_flag("--allow-unpriced", options->allow_unpriced,
                    "Exit with 0 even where a layer has no price or was not measured");
  command->add_option("--output", options->output, "Write the result here instead of on stdout")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--html", options->page, "Write a page of charts too, which needs no other file and no network")
      ->type_name("FILE.html")
      ->check(not_empty());
  command
      ->add_option("--learning-curve", options->learning_curves,
                   "What tools/learning-curve found, for the page and the document")
      ->type_name("FILE.json")
      ->check(not_empty());
  command->callback([options, &session] {
    options->model.rows = options->measuring.rows();
    session.status = run(*options, session);
  });
}

}  // namespace hwcost::command
