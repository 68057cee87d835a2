#include "accuracy_output.hpp"
#include "json_document.hpp"

namespace hwcost::command {
namespace {

Json statistics_json(const ErrorStatistics& statistics) {
  Json object = {{"kind", statistics.kind}, {"layers", statistics.count}};
  ErrorStatistics::visit(
      statistics, [&](std::string_view figure, double value) { object[std::string(figure)] = json_number(value); });
  return object;
}

Json sum_json(const ComparedSum& sum) {
  return {{"name", sum.name},
          {"layers", sum.layers},
          {"layers_left_out", sum.layers_left_out},
          {"predicted", json_number(sum.predicted)},
          {"measured", json_number(sum.measured)},
          {"error", json_number(sum.error())}};
}

Json layer_json(const ComparedLayer& layer) {
  Json object = {{"name", layer.name},
                 {"op", layer.op},
                 {"kind", layer.kind},
                 {"pairing", to_text(layer.pairing)},
                 {"remark", layer.remark},
                 {"repeat", json_number(layer.repeat)},
                 {"macs", json_number(layer.macs)},
                 {"predicted", json_number(layer.predicted)},
                 {"measured", json_number(layer.measured)}};
  if (layer.pairing != Pairing::compared) return object;
  object["error"] = json_number(layer.error());
  object["origin"] = layer.origin;
  object["bottleneck"] = layer.bottleneck;
  if (layer.is_in_interval) object["in_interval"] = *layer.is_in_interval;
  if (layer.traffic_bytes) object["traffic_bytes"] = json_number(layer.traffic_bytes);
  if (layer.causes) {
    object["causes"] = {{"compute", json_number(layer.causes->compute)},
                        {"exposed_memory", json_number(layer.causes->exposed_memory)},
                        {"overhead", json_number(layer.causes->overhead)}};
  }
  return object;
}

template <class Range, class F>
Json array_of(const Range& range, F&& f) {
  Json array = Json::array();
  for (const auto& element : range) array.push_back(f(element));
  return array;
}

Json point_json(const LearningCurve::Point& point) {
  return {{"layers", json_number(point.layers)}, {"median_error", json_number(point.median_error)}};
}

Json curve_json(const LearningCurve& curve) {
  return {{"name", curve.name}, {"points", array_of(curve.points, point_json)}};
}

Json pairings(const Comparison& comparison) {
  Json counts = Json::object();
  for (std::size_t i = 0; i < kPairingCount; ++i) {
    const auto pairing = static_cast<Pairing>(i);
    counts[std::string(to_text(pairing))] = comparison.count(pairing);
  }
  return counts;
}

}  // namespace

std::string accuracy_json(const Comparison& comparison, const std::vector<LearningCurve>& curves) {
  const Hardware& hardware = comparison.hardware;
  Json document = {{"schema", "hwcost-accuracy/1"},
                   {"model", comparison.model},
                   {"hardware", hardware_json(hardware)},
                   {"against", comparison.against},
                   {"metric", name(comparison.metric)},
                   {"assumptions", comparison.assumptions},
                   {"pairings", pairings(comparison)},
                   {"errors", statistics_json(comparison.all)},
                   {"errors_by_kind", array_of(comparison.kinds, statistics_json)},
                   {"kendall_tau", json_number(comparison.kendall_tau)},
                   {"in_intervals", json_number(comparison.share_in_intervals())},
                   {"total", sum_json(comparison.total)},
                   {"networks", array_of(comparison.networks, sum_json)},
                   {"measured_left_out", json_number(comparison.measured_left_out)},
                   {"predicted_left_out", json_number(comparison.predicted_left_out)},
                   {"layers", array_of(comparison.layers, layer_json)}};
  if (!curves.empty()) document["learning_curves"] = array_of(curves, curve_json);
  return dumped(document);
}

}  // namespace hwcost::command
