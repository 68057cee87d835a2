#include "hwcost/metric.hpp"

#include <algorithm>

namespace hwcost {
namespace {

constexpr std::array<std::string_view, kMetricCount> kNames{
    "latency_cycles",
    "latency_seconds",
    "energy_joules",
    "traffic_bytes",
    "utilization",
    "memory_access_balance",
    "arithmetic_intensity_macs_per_byte",
    "convention_ops",
    "cost",
};

std::optional<double> ratio(double numerator, double denominator) {
  if (denominator == 0.0) return std::nullopt;
  return numerator / denominator;
}

}  // namespace

std::string_view name(Metric metric) { return kNames[static_cast<std::size_t>(metric)]; }

std::optional<Metric> metric_named(std::string_view name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Metric>(it - kNames.begin());
}

bool adds_up(Metric metric) {
  switch (metric) {
    case Metric::utilization:
    case Metric::memory_access_balance:
    case Metric::arithmetic_intensity_macs_per_byte:
      return false;
    default:
      return true;
  }
}

std::optional<double> value(Metric metric, const Cost<>& cost, const Facts& facts, double clock_hertz) {
  switch (metric) {
    case Metric::latency_cycles:
      return cost.latency().value;
    case Metric::latency_seconds:
      if (clock_hertz == 0.0 && cost.latency().value != 0.0) return std::nullopt;
      return cost.seconds(clock_hertz);
    case Metric::energy_joules:
      return cost.energy.value;
    case Metric::traffic_bytes:
      return in_bytes(cost.traffic);
    case Metric::utilization:
      return ratio(cost.ideal.value, cost.latency().value);
    case Metric::memory_access_balance:
      if (!facts.has_memory_access_bound) return std::nullopt;
      return ratio(facts.memory_access_bound_elements, facts.memory_access_elements);
    case Metric::arithmetic_intensity_macs_per_byte:
      return ratio(facts.macs, in_bytes(cost.traffic));
    case Metric::convention_ops:
      return cost.operations;
    case Metric::cost:
      return cost.figure;
  }
  return std::nullopt;
}

std::string_view bottleneck(const Cost<>& cost) {
  const double compute = cost.compute.value;
  const double memory = cost.memory.value;
  const double overhead = cost.overhead.value;
  if (compute == 0.0 && memory == 0.0 && overhead == 0.0) return cost.elapsed.value > 0.0 ? "unseparated" : "none";
  if (overhead > std::max(compute, memory)) return "overhead";
  return memory > compute ? "memory" : "compute";
}

}  // namespace hwcost
