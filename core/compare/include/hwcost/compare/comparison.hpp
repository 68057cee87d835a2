// A network's prices on a machine against what was measured, layer by layer and in total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/compare/error_statistics.hpp"
#include "hwcost/compare/measured_figures.hpp"
#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/report.hpp"

namespace hwcost {

// What became of a layer in a comparison. Only those of the first kind are in errors, orders and sums.
enum class Pairing : std::uint8_t {
  compared,    // it has a price and was measured
  free,        // it is proven to cost nothing, and was not measured
  unmodelled,  // the machine has no model of its operator, and counts it as 0
  unpriced,    // the machine has no price for it
  unmeasured,  // it has a price, and was not measured
};
inline constexpr std::size_t kPairingCount = static_cast<std::size_t>(Pairing::unmeasured) + 1;
HWCOST_EXPORT std::string_view to_text(Pairing pairing);

// Shares of the predicted cycles by cause, for machines that tell cycles.
struct CauseShares {
  double compute = 0.0;
  double exposed_memory = 0.0;  // that no compute hides
  double overhead = 0.0;
};

struct ComparedLayer {
  std::string name;
  std::string op;
  std::string kind;  // what errors are told apart by: "conv2d 1x1", "linear"
  Pairing pairing = Pairing::compared;
  std::string remark;                         // why it is not compared, or in which way its price is only near
  double repeat = 1.0;                        // how often it runs
  std::optional<double> predicted, measured;  // of all runs
  double macs = 0.0;                          // of all runs
  std::optional<double> traffic_bytes;        // of all runs, where the machine has them
  std::string bottleneck;                     // of the price; empty where it is not compared
  std::optional<CauseShares> causes;
  std::optional<bool> is_in_interval;  // the measurement, in that of the price; of calibrated machines
  std::string origin;                  // of the measurement
  std::vector<std::string> networks;   // that have the layer

  // predicted / measured - 1. Pre: compared.
  [[nodiscard]] double error() const { return *predicted / *measured - 1.0; }
};

// What the compared layers of a network add up to.
struct ComparedSum {
  std::string name;
  std::size_t layers = 0;           // compared ones
  std::size_t layers_left_out = 0;  // that cost something, or may, and are not compared
  double predicted = 0.0, measured = 0.0;

  [[nodiscard]] double error() const { return predicted / measured - 1.0; }
};

struct Comparison {
  std::string model;
  Hardware hardware;
  std::string against;  // what was measured: a file, a machine
  Metric metric{};
  std::vector<std::string> assumptions;  // of the prices, then of the measurements
  std::vector<ComparedLayer> layers;     // all of them, in execution order
  ErrorStatistics all;                   // of compared layers
  std::vector<ErrorStatistics> kinds;    // the same by kind, sorted by name
  double kendall_tau = 0.0;              // of the compared layers' order, one run each
  ComparedSum total;
  std::vector<ComparedSum> networks;         // where the layers say which networks have them; sorted by name
  double measured_left_out = 0.0;            // of layers that have no price
  double predicted_left_out = 0.0;           // of layers that were not measured
  std::vector<std::size_t> from_worst_on{};  // compared layers by the size of their error, largest first

  [[nodiscard]] HWCOST_EXPORT std::size_t count(Pairing pairing) const;
  // Of the compared layers whose price has an interval, those that were measured within it; nothing without any.
  [[nodiscard]] HWCOST_EXPORT std::optional<double> share_in_intervals() const;
  // Of networks all of whose layers are compared: how many, and the share of them whose sum is near.
  [[nodiscard]] HWCOST_EXPORT std::size_t whole_networks() const;
  [[nodiscard]] HWCOST_EXPORT double share_of_networks_near() const;
};

// `measured` is of the graph's layers in order, `report` that graph's. `networks` names those that have each layer; it
// may be empty.
// Throws InputError at the model where no layer has both a price and a measurement, with the first reason why.
[[nodiscard]] HWCOST_EXPORT Comparison compare(const Graph& graph, const NetworkReport& report, Metric metric,
                                               const std::vector<MeasuredFigure>& measured,
                                               const std::vector<std::vector<std::string>>& networks = {});

}  // namespace hwcost
