// A price table from one evaluation of the network a choice.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "hwcost/price_table.hpp"
#include "hwcost/remembering_backend.hpp"
#include "hwcost/report.hpp"
#include "hwcost/work.hpp"
#include "parallel_blocks.hpp"

namespace hwcost {
namespace {

// What one evaluation says of the rows.
struct Column {
  std::vector<double> prices;  // [metric][row]
  std::vector<Status> statuses;
  std::vector<std::string> reasons;
  std::vector<double> clocks;  // distinct, of all layers that have a price
};

class Builder {
 public:
  Builder(const Graph& graph, const Machine& machine, const PriceTableOptions& options)
      : graph_(graph), machine_(with_memory(machine)), options_(options) {
    if (options.choices.empty()) fail("no widths to choose from");
    choose_metrics();
    choose_rows();
  }

  PriceTableContents run() {
    columns_.resize(options_.choices.size());
    for_each_block(columns_.size(), 1, options_.threads, [this](std::size_t choice, std::size_t) {
      const NetworkReport report = evaluate(with_choice(choice), machine_, evaluate_options());
      columns_[choice] = column_of(report);
      if (choice == 0) add_fixed(report);
    });
    drop_cycles_of_several_clocks();
    fill();
    return std::move(contents_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError({graph_.file, 0}, "price table: " + what); }

  [[nodiscard]] EvaluateOptions evaluate_options() const {
    EvaluateOptions options;
    options.formula = options_.formula;
    return options;
  }

  [[nodiscard]] bool defines(Metric metric) const {
    const bool by_formula = metric == Metric::cost && (options_.formula || machine_.description.formula());
    return by_formula || machine_.backend->traits().metrics.contains(metric);
  }

  void choose_metrics() {
    const std::string& machine = machine_.description.name();
    for (const Metric metric : options_.metrics) {
      if (!adds_up(metric)) fail(fmt::format("{} is a ratio, which does not add up over layers", name(metric)));
      if (!defines(metric)) fail(fmt::format("{} does not define {}", machine, name(metric)));
    }
    contents_.metrics = options_.metrics;
    if (!contents_.metrics.empty()) return;
    for (std::size_t k = 0; k < kMetricCount; ++k) {
      const auto metric = static_cast<Metric>(k);
      if (adds_up(metric) && defines(metric)) contents_.metrics.push_back(metric);
    }
    if (contents_.metrics.empty()) fail(fmt::format("{} defines no metric that adds up over layers", machine));
  }

  void choose_rows() {
    has_choice_.assign(graph_.nodes.size(), false);
    for (const NodeId k : options_.nodes) {
      if (k >= graph_.nodes.size()) fail(fmt::format("node {} of {}", k, graph_.nodes.size()));
      if (has_choice_[k]) fail(fmt::format("layer '{}' is listed twice", graph_.nodes[k].layer.name));
      has_choice_[k] = true;
    }
    for (NodeId k = 0; k < graph_.nodes.size(); ++k) {
      const Layer& layer = graph_.nodes[k].layer;
      if (options_.nodes.empty()) has_choice_[k] = has_weights(layer);
      if (has_choice_[k]) contents_.layers.push_back({layer.name, k, work(layer).macs});
    }
  }

  [[nodiscard]] Graph with_choice(std::size_t choice) const {
    const WidthChoice& widths = options_.choices[choice];
    Graph graph = graph_;
    for (const auto& row : contents_.layers) {
      Layer& layer = graph.nodes[row.node].layer;
      const bool has_weight_bits = has_weights(layer) || second_operand_is_activation(layer.op);
      if (has_weight_bits) layer.precision.weight = integer(widths.weight_bits);
      layer.precision.input = integer(widths.input_bits);
      if (widths.output_bits) layer.precision.output = integer(*widths.output_bits);
      if (const auto reason = contradiction(layer))
        fail(fmt::format("layer '{}' at choice {}: {}", layer.name, choice, *reason));
    }
    return graph;
  }

  [[nodiscard]] Column column_of(const NetworkReport& report) const {
    Column column;
    for (const Metric metric : contents_.metrics) {
      for (const auto& row : contents_.layers)
        column.prices.push_back(report.layers[row.node].metric(metric).value_or(kNoFigure));
    }
    for (const auto& row : contents_.layers) {
      column.statuses.push_back(report.layers[row.node].status);
      column.reasons.push_back(report.layers[row.node].reason);
    }
    for (const LayerReport& layer : report.layers) {
      const bool known =
          std::find(column.clocks.begin(), column.clocks.end(), layer.clock_hertz) != column.clocks.end();
      if (layer.status != Status::unsupported && !known) column.clocks.push_back(layer.clock_hertz);
    }
    return column;
  }

  void add_fixed(const NetworkReport& report) {
    contents_.model = report.model;
    contents_.fixed.assign(contents_.metrics.size(), 0.0);
    for (NodeId k = 0; k < report.layers.size(); ++k) {
      const LayerReport& layer = report.layers[k];
      if (has_choice_[k]) continue;
      if (layer.status == Status::unsupported) {
        contents_.unpriced.push_back({layer.name, layer.reason});
        continue;
      }
      for (std::size_t m = 0; m < contents_.metrics.size(); ++m)
        contents_.fixed[m] += layer.metric(contents_.metrics[m]).value_or(kNoFigure);
    }
  }

  // Cycles of different clocks have no sum.
  void drop_cycles_of_several_clocks() {
    std::vector<double> clocks;
    for (const Column& column : columns_) clocks.insert(clocks.end(), column.clocks.begin(), column.clocks.end());
    const bool one_clock = std::adjacent_find(clocks.begin(), clocks.end(), std::not_equal_to<>()) == clocks.end();
    const auto cycles = std::find(contents_.metrics.begin(), contents_.metrics.end(), Metric::latency_cycles);
    if (one_clock || cycles == contents_.metrics.end()) return;
    if (!options_.metrics.empty())
      fail("layers run at different clocks, whose latency_cycles have no sum; latency_seconds have one");
    const std::ptrdiff_t at = cycles - contents_.metrics.begin();
    const auto rows = static_cast<std::ptrdiff_t>(contents_.layers.size());
    contents_.metrics.erase(cycles);
    contents_.fixed.erase(contents_.fixed.begin() + at);
    for (Column& column : columns_)
      column.prices.erase(column.prices.begin() + at * rows, column.prices.begin() + (at + 1) * rows);
  }

  void fill() {
    for (const Machine* m = &machine_; m != nullptr; m = m->fallback.get())
      contents_.machines.push_back({m->description.name(), m->description.sha256()});
    if (options_.formula) contents_.formula = options_.formula->expression();
    contents_.choices = options_.choices;
    const std::size_t rows = contents_.layers.size();
    for (std::size_t k = 0; k < contents_.metrics.size() * rows; ++k) {
      for (const Column& column : columns_) contents_.prices.push_back(column.prices[k]);
    }
    std::map<std::string, std::uint32_t, std::less<>> places{{"", 0}};
    contents_.reasons = {""};
    for (std::size_t row = 0; row < rows; ++row) {
      for (const Column& column : columns_) {
        contents_.statuses.push_back(column.statuses[row]);
        const auto next = static_cast<std::uint32_t>(contents_.reasons.size());
        const auto [place, is_new] = places.try_emplace(column.reasons[row], next);
        if (is_new) contents_.reasons.push_back(column.reasons[row]);
        contents_.reason_of.push_back(place->second);
      }
    }
  }

  const Graph& graph_;
  Machine machine_;
  const PriceTableOptions& options_;
  std::vector<bool> has_choice_;  // by node
  std::vector<Column> columns_;   // by choice
  PriceTableContents contents_;
};

}  // namespace

PriceTable make_price_table(const Graph& graph, const Machine& machine, const PriceTableOptions& options) {
  return PriceTable(Builder(graph, machine, options).run());
}

}  // namespace hwcost
