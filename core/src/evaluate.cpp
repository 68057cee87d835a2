// Prices of a network: every layer on its machine, what is proven free, what other machines take over.
#include "hwcost/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "assumptions.hpp"
#include "default_widths.hpp"

namespace hwcost {
namespace {

// What one machine, or the one that it falls back to, says of one run of a layer.
struct Verdict {
  Status status = Status::priced;
  std::string reason;
  Cost<> cost{};
  const Machine* machine = nullptr;  // who said it
  std::optional<Layer> as_priced{};  // the layer with the widths that a fallback assumed; nothing where it assumed none
  bool counted_as_0 = false;         // for want of a model, as `unmodelled free` wants it
};

std::string op_text(const Layer& layer) {
  return layer.op == Op::custom && !layer.custom_op.empty() ? layer.custom_op : std::string(name(layer.op));
}

// Why nobody can say what a custom layer costs.
std::string why_unknown(const Layer& layer) {
  return layer.custom_reason.empty() ? fmt::format("operator {} is unknown", op_text(layer)) : layer.custom_reason;
}

// Why the node costs nothing on a machine that has no model of its operator; nothing where that is not proven.
std::optional<std::string> why_free(const Graph& graph, const Node& node) {
  const Layer& layer = node.layer;
  if (node.fused_into) return "free: fused into " + graph.nodes[*node.fused_into].layer.name;
  if (layer.op == Op::constant) return "free: constant";
  if (is_view(layer.op)) return "free: view";
  const auto* moved = std::get_if<Movement<>>(&layer.dims);
  if (layer.op == Op::pad && moved != nullptr && moved->in_elements == moved->out_elements) {
    return "free: pads by nothing";
  }
  return std::nullopt;
}

// The segment of the dotted path that is one of `names`; empty where none is.
std::string_view segment_among(std::string_view path, const std::vector<std::string>& names) {
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('.'));
    if (std::find(names.begin(), names.end(), segment) != names.end()) return segment;
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
  }
  return {};
}

// What the user calls it: exporters give all their models the same name.
std::string model_name(const Graph& graph) {
  return graph.file.empty() ? graph.name : std::filesystem::path(graph.file).filename().string();
}

// Copies of the parameters that the optimizer keeps.
double state_copies(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd:
      return 0.0;
    case Optimizer::momentum:
      return 1.0;
    case Optimizer::adam:
      break;
  }
  return 2.0;
}

class Evaluator {
 public:
  Evaluator(const Graph& graph, const Machine& machine, const EvaluateOptions& options)
      : graph_(graph), machine_(machine), options_(options), formula_(options.formula) {
    const auto& own_formula = machine.description.formula();
    if (!formula_ && own_formula) formula_ = Formula(own_formula->text, own_formula->place);
  }

  NetworkReport run(std::size_t layers_with_assumed_widths) {
    const Description& description = machine_.description;
    if (layers_with_assumed_widths > 0) tally_.add_assumed_widths(description, layers_with_assumed_widths);
    NetworkReport report;
    report.model = model_name(graph_);
    report.hardware = {description.name(), description.file(), description.sha256(), description.backend()};
    report.metrics = metrics_of(machine_);
    report.layers.reserve(graph_.nodes.size());
    for (const Node& node : graph_.nodes) {
      report.layers.push_back(price(node));
      report.totals.add(report.layers.back());
    }
    tally_.macs_counted_as_0 = report.totals.macs_counted_as_0;
    report.assumptions = assumptions(graph_, machine_, formula_, tally_);
    add_memory(report);
    return report;
  }

 private:
  MetricSet metrics_of(const Machine& machine) const {
    MetricSet metrics = machine.backend->traits().metrics;
    if (formula_) metrics.insert(Metric::cost);
    return metrics;
  }

  LayerReport price(const Node& node) {
    const Layer& layer = node.layer;
    const Verdict verdict = judge(node);
    LayerReport row;
    row.name = layer.name;
    row.op = op_text(layer);
    row.module = layer.module;
    row.status = verdict.status;
    row.reason = verdict.reason;
    row.machine = verdict.machine->description.name();
    const Layer& as_priced = verdict.as_priced ? *verdict.as_priced : layer;
    row.facts = facts(as_priced);
    row.has_facts = layer.op != Op::custom;
    row.counted_as_0 = verdict.counted_as_0;
    row.precision = as_priced.precision;
    row.cost = verdict.cost.settled() * layer.repeat;
    row.clock_hertz = verdict.machine->backend->traits().clock_hertz;
    row.metrics = metrics_of(*verdict.machine);
    row.repeat = layer.repeat;
    if (options_.with_mapping) row.mapping = verdict.machine->backend->mapping(as_priced);
    return row;
  }

  Verdict judge(const Node& node) {
    const Layer& layer = node.layer;
    const auto uncounted = segment_among(layer.module, machine_.description.uncounted_modules());
    if (!uncounted.empty()) {
      ++tally_.uncounted;
      return {Status::priced, fmt::format("not counted by this convention: module {}", uncounted), {}, &machine_};
    }
    if (layer.op == Op::custom) {
      ++tally_.unknown;
      return {Status::unsupported, why_unknown(layer), {}, &machine_};
    }
    Verdict verdict = judge_on(machine_, layer, why_free(graph_, node));
    if (formula_ && verdict.status != Status::unsupported) apply_formula(layer, verdict);
    if (!layer.assumption.empty() && verdict.status != Status::unsupported) {
      verdict.status = Status::approximated;
      verdict.reason = verdict.reason.empty() ? layer.assumption : layer.assumption + "; " + verdict.reason;
    }
    return verdict;
  }

  void apply_formula(const Layer& layer, Verdict& verdict) const {
    const auto figure = formula_->evaluate(verdict.as_priced ? *verdict.as_priced : layer);
    if (figure) {
      verdict.cost.figure = *figure;
    } else {
      verdict.status = Status::unsupported;
      verdict.reason = figure.error().reason;
    }
  }

  Verdict judge_on(const Machine& machine, const Layer& layer, const std::optional<std::string>& free) {
    if (free && machine.backend->traits().skips_free_work) return free_of_charge(machine, *free);
    auto estimate = machine.backend->estimate(layer);
    if (estimate) {
      const Status status = estimate->approximation.empty() ? Status::priced : Status::approximated;
      return {status, std::move(estimate->approximation), estimate->cost, &machine};
    }
    const bool unmodelled = estimate.error().cause == Unsupported::Cause::unmodelled;
    if (unmodelled && free) return free_of_charge(machine, *free);
    if (unmodelled && &machine == &machine_) tally_.add_unmodelled(op_text(layer));
    const Description& description = machine.description;
    if (machine.fallback) return judge_on_fallback(machine, layer, free, estimate.error());
    if (unmodelled && description.unmodelled().policy == Unmodelled::Policy::free) {
      Verdict verdict{Status::approximated,
                      fmt::format("counted as 0: {} does not model {}", description.name(), op_text(layer)),
                      {},
                      &machine};
      verdict.counted_as_0 = true;
      return verdict;
    }
    return {Status::unsupported, std::move(estimate.error().reason), {}, &machine};
  }

  Verdict free_of_charge(const Machine& machine, const std::string& why) {
    ++tally_.proven_free;
    return {Status::priced, why, {}, &machine};
  }

  Verdict judge_on_fallback(const Machine& machine, const Layer& layer, const std::optional<std::string>& free,
                            const Unsupported& refusal) {
    const Machine& other = *machine.fallback;
    const auto& bits = other.description.default_bits();
    Verdict verdict;
    if (bits && has_floating_operand(layer)) {
      Layer assumed = layer;
      assume_widths(assumed, *bits);
      verdict = judge_on(other, assumed, free);
      if (verdict.status != Status::unsupported) {
        tally_.add_assumed_widths(other.description, 1);
        verdict.as_priced = std::move(assumed);
      }
    } else {
      verdict = judge_on(other, layer, free);
    }
    // That a machine has no model of an operator is said once, at the report's head; why it refuses a layer, with it.
    const bool refused = refusal.cause != Unsupported::Cause::unmodelled && verdict.status != Status::unsupported;
    const std::string where =
        fmt::format("on {}{}", other.description.name(), refused ? " (" + refusal.reason + ")" : "");
    verdict.reason = verdict.reason.empty() ? where : where + ": " + verdict.reason;
    if (verdict.status == Status::unsupported) {
      verdict.reason = refusal.reason + "; " + verdict.reason;
      verdict.machine = &machine;
    } else if (&machine == &machine_) {
      ++tally_.on_fallback;
    }
    return verdict;
  }

  void add_memory(NetworkReport& report) const {
    const Facts& all = report.totals.facts;
    report.model_bytes = all.parameter_bytes + all.buffer_bytes;
    report.peak_activations = peak_activations(graph_);
    const double kept = 2.0 + state_copies(options_.optimizer);  // parameters, gradients, the optimizer's state
    report.training_bytes = all.parameter_bytes * kept;
    for (const LayerReport& row : report.layers) report.training_bytes += row.facts.output_bytes * row.repeat;
  }

  const Graph& graph_;
  const Machine& machine_;
  const EvaluateOptions& options_;
  std::optional<Formula> formula_;
  Tally tally_;
};

}  // namespace

NetworkReport evaluate(const Graph& graph, const Machine& machine, const EvaluateOptions& options) {
  const auto& bits = machine.description.default_bits();
  if (!bits) return Evaluator(graph, machine, options).run(0);
  Graph assumed = graph;
  const std::size_t layers = assume_widths(assumed, *bits);
  return Evaluator(assumed, machine, options).run(layers);
}

}  // namespace hwcost
