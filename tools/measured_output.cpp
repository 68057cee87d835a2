#include "measured_output.hpp"

#include "csv_text.hpp"
#include "json_document.hpp"

namespace hwcost::command {
namespace {

const Layer& layer_at(const MeasuredRun& run, std::size_t link) {
  return run.graph.nodes[run.chain.links[link].node].layer;
}

// What a layer took within the network; nothing where it did not run.
std::optional<double> seconds_in_sequence(const MeasuredRun& run, std::size_t link) {
  if (!run.in_sequence || !run.in_sequence->refusals[link].empty()) return std::nullopt;
  return run.in_sequence->layer_seconds[link];
}

// Why it has no time, or why it should have more passes, or what there is to remark.
const std::string& remarks_of(const LayerOutcome& outcome) {
  return outcome.complete ? outcome.measurement->remarks : outcome.reason;
}

Json timing_json(const Timing& timing) {
  Json document;
  Timing::visit(timing,
                [&](std::string_view name, double figure) { document[std::string(name)] = json_number(figure); });
  return document;
}

Json layer_json(const MeasuredRun& run, std::size_t link) {
  const Layer& layer = layer_at(run, link);
  const LayerOutcome& outcome = run.outcomes[link];
  Json document{{"name", layer.name}, {"op", name(layer.op)}, {"repeat", json_number(layer.repeat)}};
  document["timing"] = outcome.measurement ? timing_json(outcome.measurement->timing) : Json();
  document["creation_seconds"] = outcome.measurement ? Json(outcome.measurement->creation_seconds) : Json();
  document["reorder_seconds"] = outcome.measurement ? Json(outcome.measurement->reorder_seconds) : Json();
  document["in_sequence_seconds"] = json_number(seconds_in_sequence(run, link));
  document["complete"] = outcome.complete;
  document["kernel"] = outcome.measurement ? outcome.measurement->kernel : "";
  document["remarks"] = remarks_of(outcome);
  return document;
}

Json sequence_json(const MeasuredRun& run) {
  if (!run.in_sequence) return nullptr;
  const ChainTiming& whole = *run.in_sequence;
  const SumOfLayers sum = sum_of_layers(run, whole);
  return {{"timing", timing_json(whole.timing)},
          {"layers", sum.layers},
          {"layers_without_time", sum.without_time},
          {"sum_of_layers_seconds", sum.seconds},
          {"sum_of_medians_seconds", sum.median_seconds},
          {"gap", json_number(gap(sum, whole.timing))},
          {"median_gap", json_number(median_gap(sum, whole.timing))},
          {"remarks", whole.remarks}};
}

}  // namespace

SumOfLayers sum_of_layers(const MeasuredRun& run, const ChainTiming& in_sequence) {
  SumOfLayers sum;
  for (std::size_t i = 0; i < run.chain.links.size(); ++i) {
    if (!in_sequence.refusals[i].empty()) continue;
    ++sum.layers;
    if (!run.outcomes[i].measurement) {
      ++sum.without_time;
      continue;
    }
    const Timing& timing = run.outcomes[i].measurement->timing;
    sum.seconds += timing.seconds * run.chain.links[i].repeat;
    sum.median_seconds += timing.p50_seconds * run.chain.links[i].repeat;
  }
  return sum;
}

std::optional<double> gap(const SumOfLayers& sum, const Timing& in_sequence) {
  if (sum.without_time > 0) return std::nullopt;
  return sum.seconds / in_sequence.seconds - 1.0;
}

std::optional<double> median_gap(const SumOfLayers& sum, const Timing& in_sequence) {
  if (sum.without_time > 0) return std::nullopt;
  return sum.median_seconds / in_sequence.p50_seconds - 1.0;
}

std::string measured_csv(const MeasuredRun& run) {
  CsvText csv;
  for (const char* column : {"layer", "op", "repeat"}) csv.add(column);
  const Timing names;
  Timing::visit(names, [&](std::string_view column, double) { csv.add(column); });
  for (const char* column :
       {"creation_seconds", "reorder_seconds", "in_sequence_seconds", "complete", "kernel", "remarks"})
    csv.add(column);
  csv.end_line();
  for (std::size_t link = 0; link < run.outcomes.size(); ++link) {
    const LayerOutcome& outcome = run.outcomes[link];
    const auto figure = [&](double value) { csv.add(outcome.measurement ? std::optional(value) : std::nullopt); };
    const Measurement measurement = outcome.measurement.value_or(Measurement());
    csv.add(layer_at(run, link).name);
    csv.add(name(layer_at(run, link).op));
    csv.add(std::optional(layer_at(run, link).repeat));
    Timing::visit(measurement.timing, [&](std::string_view, double value) { figure(value); });
    figure(measurement.creation_seconds);
    figure(measurement.reorder_seconds);
    csv.add(seconds_in_sequence(run, link));
    csv.add(outcome.complete ? "1" : "0");
    csv.add(measurement.kernel);
    csv.add(remarks_of(outcome));
    csv.end_line();
  }
  return std::move(csv).take();
}

std::string measured_json(const MeasuredRun& run) {
  Json layers = Json::array();
  for (std::size_t link = 0; link < run.outcomes.size(); ++link) layers.push_back(layer_json(run, link));
  return dumped({{"schema", "hwcost-measured/1"},
                 {"layers", std::move(layers)},
                 {"in_sequence", sequence_json(run)},
                 {"not_in_sequence", run.not_in_sequence}});
}

}  // namespace hwcost::command
