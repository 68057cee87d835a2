// Prices of a whole network on one machine, layer by layer, with what was assumed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hwcost/cost.hpp"
#include "hwcost/export.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/work.hpp"

namespace hwcost {

// Both inclusive, in the unit of the figure that it is about.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

// One layer of the graph: LayerReports stand in execution order, one a node.
struct LayerReport {
  std::string name;
  std::string op;  // the operator's name; for unknown ones what the model file calls it
  std::string module;
  Status status = Status::priced;
  std::string reason;   // how it is approximated, why it is unsupported, or why it is free; empty for a plain price
  std::string machine;  // who priced it: the machine itself, or the one that it falls back to
  Facts facts;
  bool has_facts = true;      // false: an operator that nobody knows, whose work is in no total
  bool counted_as_0 = false;  // the machine has no model of it and its description says `unmodelled free`
  Precision precision;        // as priced; means nothing without facts
  Cost<> cost;                // over all repeats; meaningless where unsupported
  double clock_hertz = 0.0;   // of the machine that priced it
  MetricSet metrics;          // which of them this layer's machine defines
  double repeat = 1.0;
  std::vector<Mapping> mapping;  // of one run, where EvaluateOptions asks for it
  // Of a machine with a calibration record: what probably holds the measured figure of the record's metric, over all
  // repeats, and what of the layer lies outside of all that was measured (empty: nothing). Nothing where no layer of
  // its kind was measured.
  std::optional<Interval> interval;
  std::string extrapolation;

  // The metric's value; nothing where it is not defined here.
  [[nodiscard]] HWCOST_EXPORT std::optional<double> metric(Metric m) const;
};

// What a set of layers adds up to.
struct Totals {
  Facts facts;         // of all layers
  Facts priced_facts;  // of the priced and approximated ones
  Cost<> cost;         // of the priced and approximated ones
  double clock_hertz = 0.0;
  double seconds = 0.0;            // sums of each layer's own seconds: machines of different clocks add up
  double macs_counted_as_0 = 0.0;  // of approximated layers that cost nothing for want of a model
  std::size_t priced = 0, approximated = 0, unsupported = 0;
  std::size_t of_unknown_work = 0;  // unsupported ones without facts
  MetricSet incomplete;             // that some priced layer lacks (it ran on another machine): they have no total

  HWCOST_EXPORT void add(const LayerReport& layer);
  // Share of all MACs that no price covers, 0 to 1: of unsupported layers and of those counted as 0. Nothing where a
  // layer of unknown work makes it unknown.
  [[nodiscard]] HWCOST_EXPORT std::optional<double> unpriced_share_of_macs() const;
  // The total of the metric, over all repeats; nothing where it is not among `defined` (the report's metrics), where a
  // priced layer lacks it (it ran on another machine), and where nothing has a price.
  [[nodiscard]] HWCOST_EXPORT std::optional<double> metric(Metric m, MetricSet defined) const;

 private:
  void note_what_is_incomplete(const LayerReport& layer);
};

enum class Optimizer { sgd, momentum, adam };  // 0, 1, 2 copies of the parameters as state

// Which description and model priced a network.
struct Hardware {
  std::string name, file, sha256, backend;
};

// What a calibration record says of a report.
struct Uncertainty {
  Metric metric{};                  // that the intervals are of
  double coverage = 0.0;            // share of layers that their intervals hold, as the record has it
  std::size_t extrapolated = 0;     // layers outside of what was measured
  std::optional<Interval> network;  // of the total; layers without an interval count with their prices,
  double as_priced_share = 0.0;     // which make this share of it
};

struct NetworkReport {
  std::string model;  // the file's name; the graph's own where it came from no file
  Hardware hardware;
  MetricSet metrics;                     // that the machine defines
  std::vector<std::string> assumptions;  // one sentence each: widths, batch, unmodelled layers, guesses
  std::vector<LayerReport> layers;       // in execution order
  Totals totals;
  double model_bytes = 0.0;  // weights, biases and buffers, each tensor at its width
  std::optional<ActivationPeak> peak_activations;
  double training_bytes = 0.0;  // parameters, gradients, optimizer state and every layer's output, each at its width
  std::optional<Uncertainty> uncertainty;  // of machines with a calibration record
};

struct EvaluateOptions {
  std::optional<Formula> formula;  // its value is every layer's `cost`, on any machine
  Optimizer optimizer = Optimizer::adam;
  bool with_mapping = false;  // report how each layer is mapped, which takes memory
};

// Prices every layer. Never throws for what a machine cannot do: such layers are `unsupported`, with the reason.
HWCOST_EXPORT NetworkReport evaluate(const Graph& graph, const Machine& machine, const EvaluateOptions& options = {});

// A module of the tree and what is below it, parents before children, in the order of first use.
struct ModuleReport {
  std::string path;  // "" for the whole network
  std::size_t depth = 0;
  Totals totals;
};
HWCOST_EXPORT std::vector<ModuleReport> by_module(const NetworkReport& report);

}  // namespace hwcost
