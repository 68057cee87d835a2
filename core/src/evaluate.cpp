// Prices of a network: every layer on its machine, what is proven free, what other machines take over.
#include "hwcost/report.hpp"

#include <filesystem>

#include "hwcost/default_widths.hpp"
#include "uncertainty.hpp"
#include "verdict.hpp"

namespace hwcost {
namespace {

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
    add_uncertainty(graph_, machine_, report);
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
    const Verdict verdict = Judge(machine_, formula_ ? &*formula_ : nullptr, tally_)(graph_, node);
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
