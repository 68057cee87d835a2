#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "figures.hpp"
#include "numbers.hpp"
#include "report_output.hpp"

namespace hwcost::command {
namespace {

using Json = nlohmann::ordered_json;

// Counts without ".0".
Json number(double value) {
  if (is_exact_count(value)) return static_cast<std::int64_t>(value);
  return value;
}

Json optional_number(std::optional<double> value) { return value ? number(*value) : Json(nullptr); }

// Name to value, of those that are defined.
Json object_of(const std::vector<Figure>& figures) {
  Json object = Json::object();
  for (const Figure& figure : figures) {
    if (figure.number) object[std::string(figure.name)] = number(*figure.number);
    if (!figure.text.empty()) object[std::string(figure.name)] = figure.text;
  }
  return object;
}

// The causes that the machine tells apart.
Json breakdown(const LayerReport& layer) {
  Json object = Json::object();
  if (layer.status == Status::unsupported) return object;
  if (layer.metrics.contains(Metric::latency_cycles)) {
    object["compute_cycles"] = number(layer.cost.compute.value);
    object["memory_cycles"] = number(layer.cost.memory.value);
    object["exposed_memory_cycles"] = number((layer.cost.busy - layer.cost.compute).value);
    object["overhead_cycles"] = number(layer.cost.overhead.value);
  }
  if (layer.metrics.contains(Metric::utilization)) object["ideal_cycles"] = number(layer.cost.ideal.value);
  if (layer.cost.elapsed.value != 0.0) object["elapsed_seconds"] = number(layer.cost.elapsed.value);
  return object;
}

// How one run is mapped, a part a weight width.
Json mapping(const std::vector<Mapping>& parts) {
  Json array = Json::array();
  for (const Mapping& part : parts) {
    Json object = {{"weight_bits", number(part.weight_bits)}};
    for (const MappingFigure& figure : part.figures) object[std::string(figure.name)] = number(figure.value);
    array.push_back(std::move(object));
  }
  return array;
}

Json widths(const Precision& precision) {
  return {{"input", to_text(precision.input)},
          {"weight", to_text(precision.weight)},
          {"output", to_text(precision.output)}};
}

Json interval_json(Metric metric, const Interval& interval) {
  return {{"metric", name(metric)}, {"low", number(interval.low)}, {"high", number(interval.high)}};
}

Json layer_json(const LayerReport& layer, const std::optional<Uncertainty>& uncertainty) {
  Json object = {{"name", layer.name},       {"op", layer.op},
                 {"module", layer.module},   {"repeat", number(layer.repeat)},
                 {"machine", layer.machine}, {"status", to_text(layer.status)},
                 {"reason", layer.reason}};
  if (layer.has_facts) object["widths"] = widths(layer.precision);
  object["metrics"] = object_of(figures(layer, layer.metrics));
  object["breakdown"] = breakdown(layer);
  if (layer.interval) object["interval"] = interval_json(uncertainty->metric, *layer.interval);
  if (!layer.extrapolation.empty()) object["extrapolation"] = layer.extrapolation;
  if (!layer.mapping.empty()) object["mapping"] = mapping(layer.mapping);
  return object;
}

Json totals_json(const Totals& totals, MetricSet metrics) {
  return {{"priced", totals.priced},
          {"approximated", totals.approximated},
          {"unsupported", totals.unsupported},
          {"unpriced_macs_share", optional_number(totals.unpriced_share_of_macs())},
          {"metrics", object_of(figures(totals, metrics, metrics))}};
}

Json network_totals(const NetworkReport& report) {
  Json totals = totals_json(report.totals, report.metrics);
  const auto& peak = report.peak_activations;
  totals["model_bytes"] = number(report.model_bytes);
  totals["peak_activation_elements"] = optional_number(peak ? std::optional(peak->elements) : std::nullopt);
  totals["peak_activation_bytes"] = optional_number(peak ? std::optional(peak->bytes) : std::nullopt);
  totals["training_bytes"] = number(report.training_bytes);
  if (report.uncertainty && report.uncertainty->network) {
    totals["interval"] = interval_json(report.uncertainty->metric, *report.uncertainty->network);
    totals["interval"]["coverage"] = report.uncertainty->coverage;
    totals["interval"]["as_priced_share"] = report.uncertainty->as_priced_share;
  }
  return totals;
}

Json report_object(const NetworkReport& report, Detail detail) {
  const Hardware& hardware = report.hardware;
  Json object = {
      {"schema", "hwcost-report/1"},
      {"model", report.model},
      {"hardware",
       {{"name", hardware.name}, {"file", hardware.file}, {"sha256", hardware.sha256}, {"backend", hardware.backend}}},
      {"assumptions", report.assumptions},
      {"totals", network_totals(report)}};
  if (detail == Detail::layer) {
    object["layers"] = Json::array();
    for (const LayerReport& layer : report.layers) object["layers"].push_back(layer_json(layer, report.uncertainty));
  }
  if (detail == Detail::module) {
    object["modules"] = Json::array();
    for (const ModuleReport& module : by_module(report)) {
      Json entry = {{"module", module.path}, {"depth", module.depth}};
      entry.update(totals_json(module.totals, report.metrics));
      object["modules"].push_back(std::move(entry));
    }
  }
  return object;
}

Json run_object(const std::vector<NetworkReport>& reports, Detail detail) {
  if (reports.size() == 1) return report_object(reports.front(), detail);
  Json result = {{"schema", "hwcost-comparison/1"}, {"reports", Json::array()}};
  for (const NetworkReport& report : reports) result["reports"].push_back(report_object(report, detail));
  return result;
}

}  // namespace

std::string report_json(const std::vector<PricedRun>& runs, Detail detail) {
  Json result;
  if (!is_sweep(runs)) {
    result = run_object(runs.front().reports, detail);
  } else {
    result = {{"schema", "hwcost-sweep/1"}, {"runs", Json::array()}};
    for (const PricedRun& run : runs) {
      result["runs"].push_back({{"input_shape", *run.input_shape}, {"report", run_object(run.reports, detail)}});
    }
  }
  // Names from model files may be no UTF-8: such bytes are replaced, the report is still printed.
  return result.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace hwcost::command
