// hwcost measure: times a model's layers into a store.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "command.hpp"
#include "hwcost/measure/onednn.hpp"
#include "measuring_flags.hpp"
#include "model_loading.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

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

bool keeps_all_elements(const Layer& layer) {
  const auto* moved = std::get_if<Movement<>>(&layer.dims);
  return moved != nullptr && moved->in_elements == moved->out_elements;
}

// What a run of the network executes: no views, and nothing that another layer does on its way out.
std::vector<Layer> layers_to_measure(const Graph& graph) {
  std::vector<Layer> layers;
  for (const Node& node : graph.nodes) {
    const Layer& layer = node.layer;
    const bool moves_nothing = is_view(layer.op) || (layer.op == Op::pad && keeps_all_elements(layer));
    if (!node.fused_into && !moves_nothing) layers.push_back(layer);
  }
  return layers;
}

std::string result_text(const std::vector<Layer>& layers, const std::vector<LayerOutcome>& outcomes) {
  TextTable table({{"layer", Align::left},
                   {"operator", Align::left},
                   {"time"},
                   {"spread"},
                   {"accepted"},
                   {"passes"},
                   {"kernel", Align::left},
                   {"remarks", Align::left}});
  double seconds = 0.0;
  std::size_t measured = 0, incomplete = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& m = outcomes[i].measurement;
    const std::string op{name(layers[i].op)};
    if (!m) {
      table.add_row({printable(layers[i].name), op, "", "", "", "", "", "not measured: " + outcomes[i].reason});
      continue;
    }
    ++measured;
    incomplete += outcomes[i].complete ? 0 : 1;
    seconds += m->timing.seconds * layers[i].repeat;
    const std::string remarks = outcomes[i].complete ? m->remarks : outcomes[i].reason;
    table.add_row(
        {printable(layers[i].name), op, with_prefix(m->timing.seconds, "s"), percent(m->timing.spread_of_passes()),
         m->timing.gated() ? percent(m->timing.acceptance()) : "ungated", exact(m->timing.passes), m->kernel, remarks});
  }
  return fmt::format("{}\n{} of {} layers measured, {} of them not with all passes; sum {}\n", table.text(), measured,
                     layers.size(), incomplete, with_prefix(seconds, "s"));
}

// Before anything is written: the machine must be one that is measured.
Description measured_description(const MeasureOptions& options, const Session& session) {
  Description description = Description::load(options.machine, session.search_path());
  if (description.backend() != "onednn") {
    throw InputError(description.backend_place(),
                     fmt::format("{} is priced by a formula, not measured: wanted a description of backend onednn",
                                 description.name()));
  }
  return description;
}

int run(const MeasureOptions& options, const Session& session) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const Description description = measured_description(options, session);
  const std::vector<Layer> layers = layers_to_measure(load_model(options.model, {}));
  MeasuringOptions measuring = options.measuring;
  measuring.timing.gated = !options.ungated;
  auto timer = onednn_timer(description, measuring);
  if (!timer) throw InputError(description.backend_place(), timer.error().reason);
  MeasurementStore store(options.store, MeasurementStore::Access::write);

  std::vector<LayerOutcome> outcomes;
  {
    constexpr std::size_t kPasses = 2;  // a third is the exception
    Progress progress(kPasses * layers.size());
    MeasuringCalls calls;
    calls.out_of_time = [&] {
      const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
      return options.time_limit_seconds && elapsed > *options.time_limit_seconds;
    };
    calls.beginning = [&](int pass, const Layer& layer) {
      progress.next(fmt::format("pass {}: {}", pass, name(layer.op)));
    };
    outcomes = measure_layers(layers, **timer, store, options.anew, calls);
  }
  write_result("", result_text(layers, outcomes));
  for (const LayerOutcome& outcome : outcomes) {
    if (!outcome.measurement) return kSomeUnpriced;
  }
  return kSuccess;
}

}  // namespace

void add_measure_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<MeasureOptions>();
  CLI::App* command = add_command(app, session, "measure", "Time a model's layers on this machine into a store",
                                  "  hwcost measure resnet50.onnx --bits w8a8 --hw host-onednn --store host.db\n"
                                  "  hwcost price resnet50.onnx --bits w8a8 --hw host-onednn --store host.db");
  add_model_options(*command, options->model);
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
  command->callback([options, &session] { session.status = run(*options, session); });
}

}  // namespace hwcost::command
