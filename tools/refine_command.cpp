// hwcost refine: wider weights where a machine gives them for free.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "command.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/refine.hpp"
#include "model_loading.hpp"
#include "output_format.hpp"
#include "progress.hpp"
#include "refinement_output.hpp"
#include "result_output.hpp"

namespace hwcost::command {
namespace {

struct RefineCommandOptions {
  ModelOptions model;
  std::string machine;
  std::string output;
  std::string scores;
  std::optional<std::string> formula;
  RefineOptions how;
  Format format = Format::table;
  bool allow_unpriced = false;
};

constexpr const char* kExample =
    "  hwcost refine resnet8.onnx --hw ne16-job --assign widths.csv --output wider.csv\n"
    "  hwcost refine resnet8.onnx --hw ne16-job --assign widths.csv --output wider.csv --widths 2,4,8 --scores "
    "scores.csv";

std::map<std::string, std::optional<Metric>> additive_metrics() {
  std::map<std::string, std::optional<Metric>> metrics;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const Metric metric = static_cast<Metric>(i);
    if (adds_up(metric)) metrics.emplace(name(metric), metric);
  }
  return metrics;
}

std::string in_format(const NetworkRefinement& refinement, Format format) {
  switch (format) {
    case Format::table:
      return refinement_table(refinement);
    case Format::csv:
      return refinement_csv(refinement);
    case Format::json:
      return refinement_json(refinement);
  }
  return {};
}

NetworkRefinement refined(const RefineCommandOptions& options, const Session& session) {
  RefineOptions how = options.how;
  if (options.formula) {
    how.formula = formula_from(*options.formula);
    if (!how.metric) how.metric = Metric::cost;
  }
  const Machine machine = load_machine(options.machine, session.search_path(), session.registry());
  std::vector<std::string> inputs = files_of(machine);  // without the assignments, which may be refined in place
  inputs.insert(inputs.end(), session.plugins.begin(), session.plugins.end());
  inputs.insert(inputs.end(), {options.model.file, options.scores});
  refuse_to_overwrite(inputs, options.output);
  Progress progress(2);
  progress.next("reading " + options.model.file);
  ModelOptions unassigned = options.model;
  unassigned.assignment_file.clear();
  if (is_sweep(options.model.input_shapes))
    throw CLI::ValidationError("--input-shape", "one shape is refined at a time");
  const Graph graph = load_model(unassigned, bindings(options.model.input_shapes).front());
  const auto assignments = read_assignments(std::filesystem::path(options.model.assignment_file));
  std::vector<ChannelScore> scores;
  if (!options.scores.empty()) scores = read_scores(std::filesystem::path(options.scores));
  progress.next("refining on " + machine.description.name());
  return refine(graph, assignments, machine, how, scores);
}

int run(const RefineCommandOptions& options, const Session& session) {
  const NetworkRefinement refinement = refined(options, session);
  std::vector<Assignment> assignments;
  bool some_unpriced = false;
  for (const RefinedAssignment& line : refinement.assignments) {
    assignments.push_back(line.assignment);
    some_unpriced |= line.outcome == RefinedAssignment::Outcome::unsupported;
  }
  write_result(options.output, assignment_table(assignments));
  write_result("", in_format(refinement, options.format));
  return some_unpriced && !options.allow_unpriced ? kSomeUnpriced : kSuccess;
}

}  // namespace

void add_refine_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<RefineCommandOptions>();
  CLI::App* command = add_command(app, session, "refine", "Widen weights where a machine gives it for free", kExample);
  add_model_options(*command, options->model);
  command->get_option("--assign")->required();
  command->add_option("--hw", options->machine, "A shipped description or a path to one")
      ->required()
      ->type_name("NAME")
      ->check(not_empty());
  add_plugin_options(*command, session);
  command->add_option("--output", options->output, "Where the table with the wider widths is written")
      ->required()
      ->type_name("FILE.csv")
      ->check(not_empty());
  command
      ->add_option("--scores", options->scores,
                   "How sensitive each channel is, the most sensitive raised first: a table layer,channel,score")
      ->type_name("FILE.csv")
      ->check(not_empty());
  command
      ->add_option("--widths", options->how.widths,
                   "Widths that channels may be raised to, beside those that their layer has")
      ->type_name("BITS[,BITS...]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(whole_number(1, 64));
  add_choice(*command, "--metric", options->how.metric, additive_metrics(),
             "What must not rise (latency_cycles where the machine has it; cost with --formula)");
  command->add_option("--formula", options->formula, "Expression of a layer's quantities, the metric `cost`")
      ->type_name("EXPR");
  add_choice(*command, "--format", options->format, kFormats, "How the result is written on stdout (table)");
  command->add_flag("--allow-unpriced", options->allow_unpriced, "Exit with 0 even where a layer is unsupported");
  command->callback([options, &session] { session.status = run(*options, session); });
}

}  // namespace hwcost::command
