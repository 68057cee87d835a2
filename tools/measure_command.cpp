// hwcost measure: times a model's layers into a store.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "command.hpp"
#include "hwcost/measure/onednn.hpp"
#include "measured_output.hpp"
#include "measuring_flags.hpp"
#include "model_loading.hpp"
#include "numbers.hpp"
#include "output_format.hpp"
#include "progress.hpp"
#include "result_output.hpp"

namespace hwcost::command {
namespace {

struct MeasureOptions {
  ModelOptions model;
  std::string machine;
  std::string store;
  std::optional<double> time_limit_seconds;
  MeasuringOptions measuring;
  bool anew = false;
  bool ungated = false;
  bool in_sequence = false;
  Format format = Format::table;
  std::string output;
};

// "60s", "5min", "1h": seconds.
double seconds_from(const std::string& text) {
  const std::map<std::string_view, double> units{{"s", 1.0}, {"min", 60.0}, {"h", 3600.0}};
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string_view unit = digits == std::string::npos ? "" : std::string_view(text).substr(digits);
  const auto factor = units.find(unit);
  const auto count = count_from(std::string_view(text).substr(0, digits));
  if (!count || factor == units.end())
    throw CLI::ValidationError("--time-limit", fmt::format("'{}' is no time: wanted one as 60s, 5min or 1h", text));
  return *count * factor->second;
}

// Before anything is written: the machine must be one that is measured.
Description measured_description(const MeasureOptions& options, const Session& session) {
  Description description = Description::load(options.machine, session.search_path());
  if (!is_measured(description)) {
    throw InputError(description.backend_place(),
                     fmt::format("{} is priced by a formula, not measured: wanted a description of backend onednn",
                                 description.name()));
  }
  return description;
}

// How much of --time-limit is left.
class TimeLimit {
 public:
  explicit TimeLimit(const std::optional<double>& seconds) : seconds_(seconds) {}
  // Nothing where there is no limit.
  [[nodiscard]] std::optional<double> left() const {
    if (!seconds_) return std::nullopt;
    return std::max(0.0, *seconds_ - std::chrono::duration<double>(Clock::now() - start_).count());
  }
  [[nodiscard]] bool is_over() const { return left() == 0.0; }

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<double> seconds_;
  Clock::time_point start_ = Clock::now();
};

std::vector<LayerOutcome> measure_links(const MeasureOptions& options, const LayerChain& chain, LayerTimer& timer,
                                        MeasurementStore& store, const TimeLimit& limit) {
  std::vector<Layer> layers;
  for (const LayerChain::Link& link : chain.links) layers.push_back(link.layer);
  Progress progress(0);
  MeasuringCalls calls;
  calls.out_of_time = [&] { return limit.is_over(); };
  calls.beginning = [&](const MeasuringStep& step) {
    progress.at(step.done, step.left, fmt::format("pass {}, {}", step.pass, name(step.layer.op)), limit.left());
  };
  return measure_layers(layers, timer, store, options.anew, calls);
}

// Or why there is none.
Expected<ChainTiming, Unsupported> run_in_sequence(const LayerChain& chain, LayerTimer& timer, const TimeLimit& limit) {
  if (limit.is_over()) return tl::unexpected(Unsupported{"time ran out"});
  Progress progress(1);
  progress.next("the network in sequence");
  return timer.time_chain(chain);
}

std::string in_format(const MeasuredRun& run, Format format) {
  switch (format) {
    case Format::csv:
      return measured_csv(run);
    case Format::json:
      return measured_json(run);
    case Format::table:
      break;
  }
  return measured_table(run);
}

// Everything that was asked for has a time.
bool is_complete(const MeasuredRun& run) {
  return run.not_in_sequence.empty() &&
         std::all_of(run.outcomes.begin(), run.outcomes.end(),
                     [](const LayerOutcome& outcome) { return outcome.measurement.has_value(); });
}

int run(const MeasureOptions& options, const Session& session) {
  const TimeLimit limit(options.time_limit_seconds);
  const Description description = measured_description(options, session);
  refuse_to_overwrite({options.model.file, options.store, description.file()}, options.output);
  if (is_sweep(options.model.input_shapes))
    throw CLI::ValidationError("--input-shape", "one shape is measured at a time");
  const Graph graph = load_model(options.model, bindings(options.model.input_shapes).front());
  LayerChain chain = chain_of(graph);
  for (LayerChain::Link& link : chain.links)
    link.layer = widened(std::move(link.layer), onednn_least_integer_bits(description));
  MeasuringOptions measuring = options.measuring;
  measuring.timing.gated = !options.ungated;
  auto timer = onednn_timer(description, measuring);
  if (!timer) throw InputError(description.backend_place(), timer.error().reason);
  MeasurementStore store(options.store, MeasurementStore::Access::write);

  MeasuredRun measured{graph, chain, measure_links(options, chain, **timer, store, limit), std::nullopt, {}};
  if (options.in_sequence) {
    auto timing = run_in_sequence(chain, **timer, limit);
    if (timing)
      measured.in_sequence = std::move(*timing);
    else
      measured.not_in_sequence = timing.error().reason;
  }
  write_result(options.output, in_format(measured, options.format));
  return is_complete(measured) ? kSuccess : kSomeUnpriced;
}

}  // namespace

void add_measure_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<MeasureOptions>();
  CLI::App* command = add_command(app, session, "measure", "Time a model's layers on this machine into a store",
                                  "  hwcost measure resnet50.onnx --bits w8a8 --hw host-onednn --store host.db\n"
                                  "  hwcost price resnet50.onnx --bits w8a8 --hw host-onednn --store host.db");
  add_model_options(*command, options->model);
  options->model.rows = TableRows::kernels;
  command->add_option("--hw", options->machine, "A description that is measured: host-onednn, or a path to one")
      ->required()
      ->type_name("NAME");
  command->add_option("--store", options->store, "Where measurements are kept; those that it has are not repeated")
      ->required()
      ->type_name("FILE.db")
      ->check(not_empty());
  command
      ->add_option_function<std::string>(
          "--time-limit", [options](const std::string& text) { options->time_limit_seconds = seconds_from(text); },
          "Begin no layer after this time; another run goes on")
      ->type_name("TIME");
  add_measuring_flags(*command, options->measuring);
  command->add_flag("--anew", options->anew, "Measure again what the store has");
  command->add_flag("--ungated", options->ungated, "Count samples of a slowed-down processor too; for comparison");
  command->add_flag("--chain", options->in_sequence,
                    "Run the network's layers in sequence too, and set the sum of their times beside that");
  add_choice(*command, "--format", options->format, kFormats, "How the result is written (table)");
  command->add_option("--output", options->output, "Write the result here instead of on stdout")
      ->type_name("FILE")
      ->check(not_empty());
  command->callback([options, &session] { session.status = run(*options, session); });
}

}  // namespace hwcost::command
