#include "hwcost/compare/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "hwcost/calibration_record.hpp"
#include "hwcost/error.hpp"

namespace hwcost {
namespace {

std::optional<CauseShares> causes_of(const LayerReport& layer) {
  const double all = layer.cost.latency().value;
  if (!layer.metrics.contains(Metric::latency_cycles) || !(all > 0.0)) return std::nullopt;
  return CauseShares{layer.cost.compute.value / all, (layer.cost.busy - layer.cost.compute).value / all,
                     layer.cost.overhead.value / all};
}

Pairing pairing_of(const LayerReport& layer, std::optional<double> predicted, const MeasuredFigure& measured) {
  if (layer.status == Status::unsupported || !predicted) return Pairing::unpriced;
  if (layer.counted_as_0) return Pairing::unmodelled;
  if (measured.value) return Pairing::compared;
  return *predicted == 0.0 ? Pairing::free : Pairing::unmeasured;
}

std::string remark_of(const LayerReport& layer, Pairing pairing, const MeasuredFigure& measured, Metric metric) {
  if (pairing == Pairing::unmeasured) return measured.why_not;
  std::string text = layer.reason;
  if (!layer.extrapolation.empty()) {
    text += fmt::format("{}extrapolated: {}", text.empty() ? "" : "; ", layer.extrapolation);
  }
  if (pairing == Pairing::unpriced && text.empty()) text = fmt::format("{} has no {}", layer.machine, name(metric));
  if (pairing == Pairing::unpriced && !measured.value) text += "; nor was it measured: " + measured.why_not;
  return text;
}

ComparedLayer compared(const Layer& layer, const LayerReport& price, const MeasuredFigure& measured, Metric metric) {
  ComparedLayer result;
  result.name = price.name;
  result.op = price.op;
  result.kind = layer_kind(layer);
  result.repeat = price.repeat;
  result.predicted = price.status == Status::unsupported ? std::nullopt : price.metric(metric);
  result.pairing = pairing_of(price, result.predicted, measured);
  result.remark = remark_of(price, result.pairing, measured, metric);
  if (result.pairing == Pairing::unmodelled) result.predicted.reset();
  if (measured.value) result.measured = *measured.value * price.repeat;
  if (measured.value) result.origin = measured.origin;
  if (price.has_facts) result.macs = price.facts.macs;
  if (result.pairing != Pairing::compared) return result;
  result.traffic_bytes = price.metric(Metric::traffic_bytes);
  result.bottleneck = bottleneck(price.cost);
  result.causes = causes_of(price);
  if (price.interval) {
    result.is_in_interval = price.interval->low <= *result.measured && *result.measured <= price.interval->high;
  }
  return result;
}

void add(ComparedSum& sum, const ComparedLayer& layer) {
  if (layer.pairing == Pairing::compared) {
    ++sum.layers;
    sum.predicted += *layer.predicted;
    sum.measured += *layer.measured;
  } else if (layer.pairing != Pairing::free) {
    ++sum.layers_left_out;
  }
}

void add_sums(Comparison& comparison) {
  std::map<std::string, ComparedSum> networks;
  for (const ComparedLayer& layer : comparison.layers) {
    add(comparison.total, layer);
    for (const std::string& network : layer.networks) add(networks[network], layer);
    const bool is_compared = layer.pairing == Pairing::compared;
    if (!is_compared) comparison.measured_left_out += layer.measured.value_or(0.0);
    if (!is_compared) comparison.predicted_left_out += layer.predicted.value_or(0.0);
  }
  comparison.total.name = comparison.model;
  for (auto& [network, sum] : networks) {
    sum.name = network;
    if (sum.layers > 0) comparison.networks.push_back(std::move(sum));
  }
}

void add_errors(Comparison& comparison) {
  std::vector<double> all, predicted, measured;
  std::map<std::string, std::vector<double>> kinds;
  for (std::size_t i = 0; i < comparison.layers.size(); ++i) {
    const ComparedLayer& layer = comparison.layers[i];
    if (layer.pairing != Pairing::compared) continue;
    comparison.from_worst_on.push_back(i);
    all.push_back(layer.error());
    kinds[layer.kind].push_back(layer.error());
    predicted.push_back(*layer.predicted / layer.repeat);
    measured.push_back(*layer.measured / layer.repeat);
  }
  comparison.all = error_statistics("all", all);
  for (const auto& [kind, errors] : kinds) comparison.kinds.push_back(error_statistics(kind, errors));
  comparison.kendall_tau = kendall_tau(predicted, measured);
  std::stable_sort(comparison.from_worst_on.begin(), comparison.from_worst_on.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(comparison.layers[a].error()) > std::abs(comparison.layers[b].error());
  });
}

// At the first layer that is neither compared nor free, or that there is none.
[[noreturn]] void refuse(const Comparison& comparison, const Graph& graph) {
  const auto first = std::find_if(comparison.layers.begin(), comparison.layers.end(),
                                  [](const ComparedLayer& layer) { return layer.pairing != Pairing::free; });
  const std::string why =
      first == comparison.layers.end() ? "every layer is free" : fmt::format("{}: {}", first->name, first->remark);
  throw InputError({graph.file, 0},
                   fmt::format("none of {} layer{} has a price on {} and a measurement; {}", comparison.layers.size(),
                               comparison.layers.size() == 1 ? "" : "s", comparison.hardware.name, why));
}

bool is_whole(const ComparedSum& network) { return network.layers_left_out == 0; }

}  // namespace

std::string_view to_text(Pairing pairing) {
  switch (pairing) {
    case Pairing::compared:
      return "compared";
    case Pairing::free:
      return "free";
    case Pairing::unmodelled:
      return "unmodelled";
    case Pairing::unpriced:
      return "unpriced";
    case Pairing::unmeasured:
      break;
  }
  return "unmeasured";
}

std::size_t Comparison::count(Pairing pairing) const {
  return static_cast<std::size_t>(std::count_if(layers.begin(), layers.end(),
                                                [&](const ComparedLayer& layer) { return layer.pairing == pairing; }));
}

std::size_t Comparison::whole_networks() const {
  return static_cast<std::size_t>(std::count_if(networks.begin(), networks.end(), is_whole));
}

std::optional<double> Comparison::share_in_intervals() const {
  std::size_t with_interval = 0, within = 0;
  for (const ComparedLayer& layer : layers) {
    with_interval += layer.is_in_interval.has_value();
    within += layer.is_in_interval.value_or(false);
  }
  if (with_interval == 0) return std::nullopt;
  return static_cast<double>(within) / static_cast<double>(with_interval);
}

double Comparison::share_of_networks_near() const {
  const auto near = std::count_if(networks.begin(), networks.end(), [](const ComparedSum& network) {
    return is_whole(network) && std::abs(network.error()) <= kNear;
  });
  return near == 0 ? 0.0 : static_cast<double>(near) / static_cast<double>(whole_networks());
}

Comparison compare(const Graph& graph, const NetworkReport& report, Metric metric,
                   const std::vector<MeasuredFigure>& measured, const std::vector<std::vector<std::string>>& networks) {
  Comparison comparison;
  comparison.model = report.model;
  comparison.hardware = report.hardware;
  comparison.metric = metric;
  comparison.assumptions = report.assumptions;
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    comparison.layers.push_back(compared(graph.nodes[i].layer, report.layers[i], measured[i], metric));
    if (i < networks.size()) comparison.layers.back().networks = networks[i];
  }
  add_sums(comparison);
  add_errors(comparison);
  if (comparison.all.count == 0) refuse(comparison, graph);
  return comparison;
}

}  // namespace hwcost
