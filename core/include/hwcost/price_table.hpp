// What every layer of a network costs at every choice of widths: the object that a search holds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hwcost/batch.hpp"
#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/metric.hpp"

namespace hwcost {

// Integer widths that a layer may have: of its weights (of matmul and attention: the second operand), its inputs and,
// where said, its outputs; else those stay as the network has them.
struct WidthChoice {
  double weight_bits = 8.0;
  double input_bits = 8.0;
  std::optional<double> output_bits = std::nullopt;
  friend bool operator==(const WidthChoice&, const WidthChoice&) = default;
};

// What a PriceTable holds, plainly: for whoever writes or reads one. L layers, C choices, M metrics.
struct PriceTableContents {
  struct Source {  // a machine, then the one that it falls back to, and so on
    std::string name;
    std::string sha256;  // of its description's file
    friend bool operator==(const Source&, const Source&) = default;
  };
  struct Row {
    std::string name;
    NodeId node = 0;
    double macs = 0.0;  // of one run: tells networks apart whose layers have the same names
    friend bool operator==(const Row&, const Row&) = default;
  };
  struct Unpriced {
    std::string name;
    std::string reason;
    friend bool operator==(const Unpriced&, const Unpriced&) = default;
  };
  std::string model;
  std::string formula;  // the user's own, whose value is the metric `cost`; empty: none
  std::vector<Source> machines;
  std::vector<WidthChoice> choices;
  std::vector<Row> layers;               // in execution order
  std::vector<Metric> metrics;           // none twice
  std::vector<double> fixed;             // [M]: layers without a choice, summed in execution order
  std::vector<Unpriced> unpriced;        // those of them without a price, which are in no sum
  std::vector<double> prices;            // [M][L][C], of all repeats of a layer; kNoFigure where there is none
  std::vector<Status> statuses;          // [L][C]
  std::vector<std::string> reasons;      // distinct, the first is empty
  std::vector<std::uint32_t> reason_of;  // [L][C], into `reasons`
  friend bool operator==(const PriceTableContents&, const PriceTableContents&) = default;
};

struct PriceTableOptions {
  std::vector<WidthChoice> choices;  // of every layer; at least one
  // Figures that add up over layers. Empty: those that the machine defines, without cycles where layers run at
  // different clocks.
  std::vector<Metric> metrics = {};
  std::vector<NodeId> nodes = {};                 // the layers that have a choice. Empty: all that have weights
  std::optional<Formula> formula = std::nullopt;  // its value is every layer's `cost`, on any machine
  std::size_t threads = 1;  // at most so many build it; 0: as many as there are processors. The bits are the same
};

// Dense layers x choices x metrics. Immutable; any number of threads may read it.
//
// A price has the bits that evaluate() (report.hpp) reports for the layer with these widths; so fallback machines and
// `unmodelled free` are as there. A sum starts from the layers without a choice and adds the prices of the others in
// execution order, in doubles: it has the bits of evaluate()'s total where all figures are whole numbers, else it may
// differ in the last ones.
// Not modelled: that a layer's widths change another layer. Channels of 0 bit stay in the layers behind (assign()
// removes them), the layer before writes the width that the network has (say output_bits), and layers that share
// weights must be given the same choice.
class HWCOST_EXPORT PriceTable {
 public:
  // Throws InputError at `place` where the parts do not fit each other: widths that are no whole numbers, a node twice,
  // prices that are negative (but of `cost`) or infinite, a price of a layer that is unsupported, none of one that is
  // priced; this only `latency_seconds` and what a fallback does not define may lack.
  explicit PriceTable(PriceTableContents contents, const SourcePlace& place = {});

  [[nodiscard]] const PriceTableContents& contents() const { return contents_; }
  [[nodiscard]] std::size_t layer_count() const { return contents_.layers.size(); }
  [[nodiscard]] std::size_t choice_count() const { return contents_.choices.size(); }

  // Pre: layer < layer_count(), choice < choice_count(). kNoFigure where the machine has no price, or not this metric.
  [[nodiscard]] double price(Metric metric, std::size_t layer, std::size_t choice) const noexcept {
    const std::size_t m = place_[static_cast<std::size_t>(metric)];
    return m == kAbsent ? kNoFigure : contents_.prices[(m * layer_count() + layer) * choice_count() + choice];
  }
  [[nodiscard]] Status status(std::size_t layer, std::size_t choice) const noexcept {
    return contents_.statuses[layer * choice_count() + choice];
  }
  // How it is approximated, or why there is no price; empty for a plain one.
  [[nodiscard]] const std::string& reason(std::size_t layer, std::size_t choice) const noexcept {
    return contents_.reasons[contents_.reason_of[layer * choice_count() + choice]];
  }
  // [L][C], for loops of one's own. Throws InputError: the table does not have the metric.
  [[nodiscard]] std::span<const double> prices(Metric metric) const;
  // What the layers without a choice cost together.
  [[nodiscard]] double fixed(Metric metric) const;

  // What the network costs when layer i has choice assignment[i]. kNoFigure where a layer has no price there.
  // Throws InputError: not one choice a layer, a choice that is none, a metric that the table does not have.
  template <class Integer>
  [[nodiscard]] double sum(Metric metric, std::span<const Integer> assignment) const {
    double total = 0.0;
    sums(metric, assignment, std::span(&total, 1), 1);
    return total;
  }
  // The same of many: row after row of layer_count() choices, a sum a row, by at most `threads` threads (0: as many as
  // there are processors). Integer: std::uint8_t, std::uint16_t, std::int32_t or std::int64_t.
  template <class Integer>
  void sums(Metric metric, std::span<const Integer> assignments, std::span<double> totals, std::size_t threads) const;

  // Throws InputError where the table is of another network, machine or formula: says what differs.
  void check_is_of(const Graph& graph, const Machine& machine, const std::optional<Formula>& formula = {}) const;

 private:
  static constexpr std::uint8_t kAbsent = 255;
  [[nodiscard]] std::size_t place_of(Metric metric) const;

  PriceTableContents contents_;
  std::array<std::uint8_t, kMetricCount> place_{};  // of a metric among the table's
};

// Prices `graph` on `machine`, as evaluate() does. Throws InputError: no choices, widths that a layer cannot have, a
// metric that is a ratio or that the machine does not define, cycles of different clocks, nodes that are not there or
// are listed twice.
[[nodiscard]] HWCOST_EXPORT PriceTable make_price_table(const Graph& graph, const Machine& machine,
                                                        const PriceTableOptions& options);

}  // namespace hwcost
