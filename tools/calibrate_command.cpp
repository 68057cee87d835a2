// hwcost calibrate: a description whose free parameters are fitted to measured layers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>

#include "calibration_summary.hpp"
#include "command.hpp"
#include "hwcost/calibrate/calibrate.hpp"
#include "hwcost/calibrate/plan.hpp"
#include "hwcost/default_widths.hpp"
#include "hwcost/file_ending.hpp"
#include "hwcost/import/kernel_columns.hpp"
#include "hwcost/sha256.hpp"
#include "measurements_file.hpp"
#include "model_file.hpp"
#include "progress.hpp"
#include "result_output.hpp"

namespace hwcost::command {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExample =
    "  hwcost calibrate --hw cascadelake-vnni --measurements layers.csv --output my-core.info\n"
    "  hwcost calibrate --hw ./my-core.info --measurements layers.csv --output my-core-2.info --holdout 0.3 --seed 2\n"
    "  hwcost calibrate --plan --hw my-core-2 --measurements layers.csv --pool net.onnx --layers 200 --output next.csv";

struct CalibrateCommandOptions {
  std::string machine;
  std::string measurements;
  std::vector<std::string> only;
  std::string output;
  CalibrationOptions how;
  bool plans = false;
  std::vector<std::string> pool;
  int layers = 100;
  int random_pool = 2000;
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

std::string new_name(const CalibrateCommandOptions& options) { return fs::path(options.output).stem().string(); }

// How the new file calls the one that it inherits: by name where --hw did, else by the way from its own folder.
std::string inherited_as(const std::string& machine, const std::string& output) {
  const bool is_path = machine.find('/') != std::string::npos || file_ending(machine) == ".info";
  if (!is_path) return machine;
  const fs::path folder = fs::weakly_canonical(fs::absolute(output)).parent_path();
  return fs::weakly_canonical(machine).lexically_relative(folder).string();
}

// Before time is spent on a fit: what is to be written can be read, and inherits what is fitted.
void check_output(const CalibrateCommandOptions& options, const Description& fitted, const SearchPath& search) {
  const std::string inherit = inherited_as(options.machine, options.output);
  const auto fail = [](const std::string& why) { throw CLI::ValidationError("--output", why); };
  const fs::path file = fs::weakly_canonical(fs::absolute(options.output));
  if (file.filename() == inherit + ".info")
    fail(fmt::format("'{}' would inherit from itself: another name is wanted", options.output));
  const std::string text =
      calibrated_description(new_name(options), fitted, Calibration{}, {inherit, options.measurements, "", ""});
  const Description head = Description::from_text(text, file.string(), search);
  if (!fs::equivalent(head.inherited_files().front(), fitted.file()))
    fail(fmt::format("beside '{}' lies another '{}' than the one that is fitted, and would be inherited",
                     options.output, inherit));
}

// "my-core.residual.json", beside "my-core.info".
std::string residual_beside(const std::string& output) {
  return fs::path(output).replace_extension(".residual.json").string();
}

Description description_of(const CalibrateCommandOptions& options, const Session& session) {
  Description description = Description::load(options.machine, session.search_path());
  std::vector<std::string> inputs{description.file(), options.measurements};
  inputs.insert(inputs.end(), options.pool.begin(), options.pool.end());
  refuse_to_overwrite(inputs, options.output);
  if (options.how.residual) refuse_to_overwrite(inputs, residual_beside(options.output));
  return description;
}

int fit(const CalibrateCommandOptions& options, const Session& session) {
  const std::string residual_file = residual_beside(options.output);
  Progress progress(2);
  progress.next("reading " + options.measurements);
  const Description description = description_of(options, session);
  check_output(options, description, session.search_path());
  const LayerTable table = read_measurements(options.measurements, options.only);
  progress.next("fitting " + description.name());
  const Registry registry = session.registry();
  const Calibration calibration = calibrate(description, registry, table, options.measurements, options.how);
  const CalibrationOrigin origin{inherited_as(options.machine, options.output), options.measurements,
                                 sha256(bytes_of(options.measurements)), today(),
                                 fs::path(residual_file).filename().string()};
  const std::string text = calibrated_description(new_name(options), description, calibration, origin);
  // What is written can be read: before anything is.
  const Description written = Description::from_text(text, options.output, session.search_path());
  (void)registry.make(written.with_values({}));  // the residual is not there yet
  if (calibration.residual && calibration.residual->in_use) {
    const std::string residual = calibration.residual->in_use->text();
    (void)Residual::from_text(residual, residual_file);
    write_result(residual_file, residual);
  }
  write_result(options.output, text);
  write_result("", calibration_summary(calibration, description));
  return kSuccess;
}

// At the widths that the machine assumes of numbers that are floating point.
void add_layers_of_model(const std::string& file, const Description& description, std::vector<Layer>& layers) {
  Graph graph = read_model_file(file, {}, nullptr, TableRows::kernels);
  if (const auto& bits = description.default_bits()) assume_widths(graph, *bits);
  for (const Node& node : graph.nodes) {
    if (has_table_form(node.layer)) layers.push_back(node.layer);
  }
}

std::vector<Layer> measured_layers(const CalibrateCommandOptions& options) {
  if (options.measurements.empty()) return {};
  const LayerTable table = read_measurements(options.measurements, options.only);
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (!table.rows[i].measured.empty()) layers.push_back(table.graph.nodes[i].layer);
  }
  return layers;
}

int write_plan(const CalibrateCommandOptions& options, const Session& session) {
  const Description description = description_of(options, session);
  const std::vector<Layer> measured = measured_layers(options);
  std::vector<Layer> pool;
  for (const std::string& file : options.pool) add_layers_of_model(file, description, pool);
  for (Layer& layer : random_layers(static_cast<std::size_t>(options.random_pool), options.how.seed))
    pool.push_back(std::move(layer));
  const PlanOptions how{.layers = static_cast<std::size_t>(options.layers),
                        .seed = options.how.seed,
                        .pool = fmt::format("{}{}{} random layers", fmt::join(options.pool, ", "),
                                            options.pool.empty() ? "" : " and ", options.random_pool)};
  LayerTable table;
  for (Layer& layer : plan(description, session.registry(), pool, measured, how)) {
    table.rows.emplace_back().extra = kernel_columns(layer);
    add_layer(table.graph, std::move(layer));
  }
  write_result(options.output, layer_table(table));
  return kSuccess;
}

}  // namespace

void add_calibrate_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<CalibrateCommandOptions>();
  CLI::App* command =
      add_command(app, session, "calibrate", "Fit a description's free parameters to measured layers", kExample);
  add_plugin_options(*command, session);
  command->add_option("--hw", options->machine, "The description to fit: a shipped one or a path to one")
      ->required()
      ->type_name("NAME")
      ->check(not_empty());
  CLI::Option* measurements =
      command->add_option("--measurements", options->measurements, "Layer table with a column measured_*, or a store")
          ->type_name("FILE.csv|FILE.db")
          ->check(not_empty());
  command->add_option("--only", options->only, "Measurements whose column x_COLUMN is TEXT; may be given again")
      ->needs(measurements)
      ->type_name("COLUMN=TEXT")
      ->check([](const std::string& text) {
        return text.find('=') != std::string::npos ? std::string() : "'" + text + "' is no COLUMN=TEXT";
      });
  command->add_option("--output", options->output, "Where the fitted description, or the plan, is written")
      ->required()
      ->type_name("NEW.info|PLAN.csv");
  CLI::Option* holdout =
      command->add_option("--holdout", options->how.holdout, "Share of the networks and shapes that no fit sees (0)")
          ->check(CLI::Range(0.0, 0.9));
  command->add_option("--seed", options->how.seed, "Of all that is drawn by chance (1)")
      ->check(whole_number(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()));
  CLI::Option* residual = command->add_flag(
      "--residual", options->how.residual,
      "Learn what the fit leaves by boosted trees, beside NEW.info, if unseen layers say that it helps");
  CLI::Option* plans = command
                           ->add_flag("--plan", options->plans,
                                      "Write which layers to measure next, for hwcost measure, in place of a fit")
                           ->excludes(holdout)
                           ->excludes(residual);
  command->add_option("--layers", options->layers, "How many the plan has (100)")
      ->needs(plans)
      ->check(whole_number(1, 100000));
  command->add_option("--pool", options->pool, "Models whose layers the plan chooses from, beside random ones")
      ->needs(plans)
      ->type_name("MODEL");
  command->add_option("--random-pool", options->random_pool, "How many layers of random shapes it chooses from (2000)")
      ->needs(plans)
      ->check(whole_number(0, 1000000));
  command->callback([options, &session] {
    if (std::isnan(options->how.holdout)) throw CLI::ValidationError("--holdout", "is no number");  // in every range
    const std::string_view ending = options->plans ? ".csv" : ".info";
    if (file_ending(options->output) != ending)
      throw CLI::ValidationError("--output", fmt::format("'{}' does not end in '{}'", options->output, ending));
    if (!options->plans && options->measurements.empty()) throw CLI::RequiredError("--measurements");
    session.status = options->plans ? write_plan(*options, session) : fit(*options, session);
  });
}

}  // namespace hwcost::command
