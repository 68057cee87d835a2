// The figures that a machine may define, with their names, units and how each follows from a cost's causes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "hwcost/cost.hpp"
#include "hwcost/export.hpp"
#include "hwcost/work.hpp"

namespace hwcost {

// Of one layer over all its repeats, or of a network. docs/counting.md defines each in prose.
enum class Metric : std::uint8_t {
  latency_cycles,                      // Cost::latency(), at the machine's clock
  latency_seconds,                     // the same through the clock, and what is known in seconds alone
  energy_joules,                       // of all that the description has a figure for
  traffic_bytes,                       // over the port that Cost::memory speaks of
  utilization,                         // ideal cycles / latency, 0 to 1
  memory_access_balance,               // lower bound / elements accessed, 0 to 1; 1x1 convolutions alone (Facts)
  arithmetic_intensity_macs_per_byte,  // MACs / traffic
  convention_ops,                      // operations, in the machine's own way of counting
  cost,                                // value of a user's formula, in whatever unit it has
};
inline constexpr std::size_t kMetricCount = static_cast<std::size_t>(Metric::cost) + 1;

// As above; and the way back, nothing where there is none of that name.
HWCOST_EXPORT std::string_view name(Metric metric);
HWCOST_EXPORT std::optional<Metric> metric_named(std::string_view name);
// Whether parts of a network have a share of the metric; ratios have none.
HWCOST_EXPORT bool adds_up(Metric metric);

// The metric's value of one layer, or of sums over layers; nothing where it has none there (utilisation of no time).
HWCOST_EXPORT std::optional<double> value(Metric metric, const Cost<>& cost, const Facts& facts, double clock_hertz);

// Which part takes the longest: "compute", "memory" or "overhead"; "unseparated" where the whole time is known alone
// (it was measured), "none" where the layer takes no time.
HWCOST_EXPORT std::string_view bottleneck(const Cost<>& cost);

// A set of metrics, in the order of Metric.
class MetricSet {
 public:
  constexpr MetricSet() = default;
  constexpr MetricSet(std::initializer_list<Metric> metrics) {
    for (const Metric m : metrics) insert(m);
  }
  constexpr void insert(Metric m) { bits_ |= 1u << static_cast<unsigned>(m); }
  [[nodiscard]] constexpr bool contains(Metric m) const { return (bits_ >> static_cast<unsigned>(m) & 1u) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(MetricSet, MetricSet) = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace hwcost
