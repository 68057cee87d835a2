// hwcost price: a network's prices on one machine or several.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "command.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"
#include "model_loading.hpp"
#include "progress.hpp"
#include "report_output.hpp"
#include "result_output.hpp"

namespace hwcost::command {
namespace {

enum class Format { table, csv, json };

struct PriceOptions {
  ModelOptions model;
  std::vector<std::string> machines;
  std::optional<std::string> formula;
  Detail detail = Detail::layer;
  Format format = Format::table;
  Optimizer optimizer = Optimizer::adam;
  bool allow_unpriced = false;
  std::string output;
};

constexpr const char* kExample =
    "  hwcost price resnet8.onnx --hw mpic,gap8 --bits w8a8\n"
    "  hwcost price resnet8.onnx --hw counts --by module\n"
    "  hwcost price layers.csv --formula 'macs*w_bits^2*a_bits' --format csv";

const std::map<std::string, Detail> kDetails{
    {"layer", Detail::layer}, {"module", Detail::module}, {"network", Detail::network}};
const std::map<std::string, Format> kFormats{{"table", Format::table}, {"csv", Format::csv}, {"json", Format::json}};
const std::map<std::string, Optimizer> kOptimizers{
    {"sgd", Optimizer::sgd}, {"momentum", Optimizer::momentum}, {"adam", Optimizer::adam}};

std::string in_format(const std::vector<NetworkReport>& reports, const PriceOptions& options) {
  switch (options.format) {
    case Format::table:
      return report_table(reports, options.detail);
    case Format::csv:
      return report_csv(reports, options.detail);
    case Format::json:
      return report_json(reports, options.detail);
  }
  return {};
}

// A formula that is none is wrong usage, as other options are; what() says so behind the place.
Formula formula_from(const std::string& expression) {
  constexpr std::string_view kOption = "--formula";
  constexpr std::string_view kPlace = "--formula: error: ";
  try {
    return Formula(expression, {std::string(kOption), 0});
  } catch (const InputError& error) {
    throw CLI::ValidationError(std::string(kOption), error.what() + kPlace.size());
  }
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

int run(const PriceOptions& options, const Session& session) {
  const std::vector<std::string> names = machine_names(options);
  EvaluateOptions how;
  how.optimizer = options.optimizer;
  if (options.formula) how.formula = formula_from(*options.formula);
  const Registry registry = builtin_registry();
  std::vector<Machine> machines;
  for (const std::string& name : names) machines.push_back(load_machine(name, session.search_path(), registry));

  std::vector<NetworkReport> reports;
  {
    Progress progress(machines.size() + 1);
    progress.next("reading " + options.model.file);
    const Graph graph = load_model(options.model);
    for (const Machine& machine : machines) {
      progress.next("pricing on " + machine.description.name());
      reports.push_back(evaluate(graph, machine, how));
    }
  }
  write_result(options.output, in_format(reports, options));

  std::size_t unsupported = 0;
  for (const NetworkReport& report : reports) unsupported += report.totals.unsupported;
  return unsupported > 0 && !options.allow_unpriced ? kSomeUnpriced : kSuccess;
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
  add_choice(*command, "--by", options->detail, kDetails, "What a row is (layer)");
  add_choice(*command, "--format", options->format, kFormats, "How the result is written (table)");
  add_choice(*command, "--optimizer", options->optimizer, kOptimizers, "Whose state training memory holds (adam)");
  command->add_flag("--allow-unpriced", options->allow_unpriced, "Exit with 0 even where a layer is unsupported");
  command->add_option("--output", options->output, "Write the result here instead of on stdout")
      ->type_name("FILE")
      ->check(not_empty());
  command->callback([options, &session] { session.status = run(*options, session); });
}

}  // namespace hwcost::command
