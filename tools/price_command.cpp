// hwcost price: a network's prices on one machine or several.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "command.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"
#include "measuring_options.hpp"
#include "model_loading.hpp"
#include "output_format.hpp"
#include "progress.hpp"
#include "report_output.hpp"
#include "result_output.hpp"

namespace hwcost::command {
namespace {

struct PriceOptions {
  ModelOptions model;
  MeasuringChoices measuring;
  std::vector<std::string> machines;
  std::optional<std::string> formula;
  Detail detail = Detail::layer;
  Format format = Format::table;
  Optimizer optimizer = Optimizer::adam;
  bool allow_unpriced = false;
  bool breakdown = false;
  std::string output;
};

constexpr const char* kExample =
    "  hwcost price resnet8.onnx --hw mpic,gap8 --bits w8a8\n"
    "  hwcost price resnet8.onnx --hw counts --by module\n"
    "  hwcost price encoder.onnx --hw counts --input-shape 'length={64,128,256}' --format csv\n"
    "  hwcost price layers.csv --formula 'macs*w_bits^2*a_bits' --format csv";

const std::map<std::string, Detail> kDetails{
    {"layer", Detail::layer}, {"module", Detail::module}, {"network", Detail::network}};
const std::map<std::string, Optimizer> kOptimizers{
    {"sgd", Optimizer::sgd}, {"momentum", Optimizer::momentum}, {"adam", Optimizer::adam}};

std::string in_format(const std::vector<PricedRun>& runs, const PriceOptions& options) {
  switch (options.format) {
    case Format::table:
      return options.breakdown ? breakdown_tables(runs) : report_table(runs, options.detail);
    case Format::csv:
      return report_csv(runs, options.detail);
    case Format::json:
      return report_json(runs, options.detail);
  }
  return {};
}

void add_machines(std::string_view list, std::vector<std::string>& machines) {
  while (true) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end == 0) throw CLI::ValidationError("--hw", "a name is empty");
    machines.emplace_back(list.substr(0, end));
    if (end == list.size()) return;
    list.remove_prefix(end + 1);
  }
}

// A formula alone needs no machine: it is evaluated on the plain counts.
std::vector<std::string> machine_names(const PriceOptions& options) {
  if (!options.machines.empty()) return options.machines;
  if (!options.formula) throw CLI::RequiredError("--hw");
  return {"counts"};
}

std::vector<PricedRun> priced_runs(const PriceOptions& options, const std::vector<Machine>& machines,
                                   const EvaluateOptions& how) {
  const std::vector<ShapeBinding> shapes = bindings(options.model.input_shapes);
  std::vector<PricedRun> runs;
  Progress progress(shapes.size() * (machines.size() + 1));
  for (const ShapeBinding& binding : shapes) {
    progress.next(fmt::format("reading {} {}", options.model.file, binding.text));
    const Graph graph = load_model(options.model, binding);
    PricedRun& run = runs.emplace_back();
    if (is_sweep(options.model.input_shapes)) run.input_shape = binding.text;
    for (const Machine& machine : machines) {
      progress.next("pricing on " + machine.description.name());
      run.reports.push_back(evaluate(graph, machine, how));
    }
  }
  return runs;
}

bool has_unsupported(const std::vector<PricedRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const PricedRun& run) {
    return std::any_of(run.reports.begin(), run.reports.end(),
                       [](const NetworkReport& report) { return report.totals.unsupported > 0; });
  });
}

void refuse_to_overwrite_inputs(const PriceOptions& options, const Session& session,
                                const std::vector<Machine>& machines) {
  std::vector<std::string> inputs{options.model.file, options.model.assignment_file, options.measuring.store()};
  inputs.insert(inputs.end(), session.plugins.begin(), session.plugins.end());
  for (const Machine& machine : machines) {
    const std::vector<std::string> files = files_of(machine);
    inputs.insert(inputs.end(), files.begin(), files.end());
  }
  refuse_to_overwrite(inputs, options.output);
}

int run(const PriceOptions& options, const Session& session) {
  const std::vector<std::string> names = machine_names(options);
  if (options.breakdown && (options.detail != Detail::layer || options.format == Format::csv))
    throw CLI::ValidationError("--breakdown", "is of layers, in a table or in json");
  EvaluateOptions how;
  how.optimizer = options.optimizer;
  how.with_mapping = options.detail == Detail::layer && (options.breakdown || options.format == Format::json);
  if (options.formula) how.formula = formula_from(*options.formula);
  const Registry registry = options.measuring.over(session.registry());
  std::vector<Machine> machines;
  for (const std::string& name : names) machines.push_back(load_machine(name, session.search_path(), registry));
  options.measuring.require_measured(machines);
  refuse_to_overwrite_inputs(options, session, machines);

  const std::vector<PricedRun> runs = priced_runs(options, machines, how);
  write_result(options.output, in_format(runs, options));
  return has_unsupported(runs) && !options.allow_unpriced ? kSomeUnpriced : kSuccess;
}

}  // namespace

void add_price_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<PriceOptions>();
  CLI::App* command = add_command(app, session, "price", "Price a network on one machine or several", kExample);
  add_model_options(*command, options->model);
  command
      ->add_option_function<std::vector<std::string>>(
          "--hw",
          [options](const std::vector<std::string>& lists) {
            for (const std::string& list : lists) add_machines(list, options->machines);
          },
          "Descriptions: shipped names or paths (counts where --formula is given)")
      ->type_name("NAME[,NAME...]")
      ->allow_extra_args(false);
  command->add_option("--formula", options->formula, "Expression of a layer's quantities, printed as `cost`")
      ->type_name("EXPR");
  add_plugin_options(*command, session);
  add_choice(*command, "--by", options->detail, kDetails, "What a row is (layer)");
  add_choice(*command, "--format", options->format, kFormats, "How the result is written (table)");
  add_choice(*command, "--optimizer", options->optimizer, kOptimizers, "Whose state training memory holds (adam)");
  command->add_flag("--breakdown", options->breakdown,
                    "Print what each layer's latency is made of and how it is mapped (json prints it always)");
  options->measuring.add_to(*command);
  command->add_flag("--allow-unpriced", options->allow_unpriced, "Exit with 0 even where a layer is unsupported");
  command->add_option("--output", options->output, "Write the result here instead of on stdout")
      ->type_name("FILE")
      ->check(not_empty());
  command->callback([options, &session] {
    options->model.rows = options->measuring.rows();
    session.status = run(*options, session);
  });
}

}  // namespace hwcost::command
