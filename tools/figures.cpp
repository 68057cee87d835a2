#include "figures.hpp"

#include <fmt/format.h>

#include "numbers.hpp"

namespace hwcost::command {
namespace {

void add_facts(const Facts& facts, bool known, std::vector<Figure>& figures) {
  for (const Facts::Column& column : Facts::columns()) {
    const bool is_bound = column.member == &Facts::memory_access_bound_elements;
    const bool defined = known && (!is_bound || facts.has_memory_access_bound);
    figures.push_back({column.name, defined ? std::optional(facts.*column.member) : std::nullopt, {}});
  }
}

bool says_what_bounds(MetricSet metrics) { return metrics.contains(Metric::latency_cycles); }

template <class ValueOf>
void add_metrics(MetricSet metrics, std::string_view bound_by, ValueOf&& value_of, std::vector<Figure>& figures) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const Metric metric = static_cast<Metric>(i);
    if (metrics.contains(metric)) figures.push_back({name(metric), value_of(metric), {}});
    if (metric == Metric::utilization && says_what_bounds(metrics)) figures.push_back({"bottleneck", {}, bound_by});
  }
}

}  // namespace

std::vector<Figure> figures(const LayerReport& layer, MetricSet metrics) {
  std::vector<Figure> result;
  add_facts(layer.facts, layer.has_facts, result);
  const bool has_bound = layer.status != Status::unsupported && says_what_bounds(layer.metrics);
  const std::string_view bound_by = has_bound ? bottleneck(layer.cost) : std::string_view{};
  add_metrics(
      metrics, bound_by, [&](Metric metric) { return layer.metric(metric); }, result);
  return result;
}

std::vector<Figure> figures(const Totals& totals, MetricSet metrics, MetricSet defined) {
  std::vector<Figure> result;
  add_facts(totals.priced_facts, true, result);
  add_metrics(
      metrics, {}, [&](Metric metric) { return totals.metric(metric, defined); }, result);
  return result;
}

MetricSet metrics_of_all(const std::vector<NetworkReport>& reports) {
  MetricSet all;
  for (const NetworkReport& report : reports) {
    for (const Metric metric : listed(report.metrics)) all.insert(metric);
  }
  return all;
}

std::vector<Metric> listed(MetricSet metrics) {
  std::vector<Metric> result;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (metrics.contains(static_cast<Metric>(i))) result.push_back(static_cast<Metric>(i));
  }
  return result;
}

std::string human(Metric metric, std::optional<double> value) {
  if (!value) return "";
  switch (metric) {
    case Metric::latency_seconds:
      return with_prefix(*value, "s");
    case Metric::energy_joules:
      return with_prefix(*value, "J");
    case Metric::utilization:
      return percent(*value);
    case Metric::memory_access_balance:
    case Metric::arithmetic_intensity_macs_per_byte:
      return fmt::format("{:.3f}", *value);
    case Metric::latency_cycles:
    case Metric::traffic_bytes:
    case Metric::convention_ops:
    case Metric::cost:
      return grouped(*value);
  }
  return "";
}

std::string_view human_name(Metric metric) {
  switch (metric) {
    case Metric::latency_cycles:
      return "cycles";
    case Metric::latency_seconds:
      return "latency";
    case Metric::energy_joules:
      return "energy";
    case Metric::traffic_bytes:
      return "traffic bytes";
    case Metric::utilization:
      return "utilization";
    case Metric::memory_access_balance:
      return "balance";
    case Metric::arithmetic_intensity_macs_per_byte:
      return "MAC/byte";
    case Metric::convention_ops:
      return "convention ops";
    case Metric::cost:
      return "cost";
  }
  return "";
}

}  // namespace hwcost::command
