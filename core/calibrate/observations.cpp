#include "observations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "hwcost/calibration_record.hpp"
#include "hwcost/compare/measured_figures.hpp"
#include "hwcost/compare/unit_doubt.hpp"
#include "hwcost/error.hpp"
#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

// Measured twice, a layer's figures differ by noise: by more than this and one of them is of something else.
constexpr double kContradiction = 1.5;

const std::string* find_extra(const TableRow& row, const std::string& column) {
  const auto cell = row.extra.find(column);
  return cell == row.extra.end() || cell->second.empty() ? nullptr : &cell->second;
}

// How far the passes over a layer are apart; where there was one pass alone nobody knows.
double spread_of(const TableRow& row, double value, const std::string& file) {
  const std::string* cell = find_extra(row, "slowest_pass_seconds");
  if (cell == nullptr) return 0.0;
  double slowest = 0.0;
  const auto [end, fault] = std::from_chars(cell->data(), cell->data() + cell->size(), slowest);
  if (fault != std::errc{} || end != cell->data() + cell->size() || !(slowest > 0.0) || !std::isfinite(slowest)) {
    throw InputError(place_of(file, row),
                     fmt::format("x_slowest_pass_seconds is '{}'; a positive number is wanted", *cell));
  }
  return std::abs(slowest / value - 1.0);
}

// The first of the metrics that the table measured and the machine defines.
Metric fitted_metric(const Backend& backend, const LayerTable& table, const std::string& file) {
  constexpr std::array kMetrics{Metric::latency_seconds, Metric::latency_cycles, Metric::energy_joules};
  bool is_measured = false;
  for (const Metric metric : kMetrics) {
    for (const TableRow& row : table.rows) {
      for (const TableFigure& figure : row.measured) {
        if (figure.metric != name(metric)) continue;
        is_measured = true;
        if (backend.traits().metrics.contains(metric)) return metric;
      }
    }
  }
  throw InputError({file, 0}, is_measured
                                  ? "the machine defines none of the metrics that were measured"
                                  : "no measurement: a column measured_latency_seconds, measured_latency_cycles or "
                                    "measured_energy_joules is wanted");
}

std::optional<double> measured(const TableRow& row, Metric metric, const std::string& file) {
  for (const TableFigure& figure : row.measured) {
    if (figure.metric != name(metric)) continue;
    if (!(figure.value > 0.0) || !std::isfinite(figure.value)) {
      throw InputError(place_of(file, row),
                       fmt::format("measured_{} is {}; a positive number is wanted", name(metric), figure.value));
    }
    return figure.value;
  }
  return std::nullopt;
}

// Machines of which a description would be a mixture.
void check_machine(const TableRow& row, Observations& result, const std::string& file) {
  std::string machine = conditions_of(row);
  if (result.all.empty()) {
    result.machine = std::move(machine);
  } else if (machine != result.machine) {
    throw InputError(place_of(file, row),
                     fmt::format("measured on or with '{}', and the layers before on or with '{}': measurements of one "
                                 "machine, library and way of measuring are wanted",
                                 machine, result.machine));
  }
}

// Same layers with the same activation once, if their values agree.
void add_once(std::map<std::string, std::size_t>& known, const std::string& activation, Observation observation,
              Observations& result, std::size_t& repeated, const std::string& file) {
  const auto [first, is_new] = known.emplace(observation.shape + "," + activation, result.all.size());
  if (!is_new) {
    const Observation& before = result.all[first->second];
    const double ratio = observation.value / before.value;
    if (ratio > kContradiction || ratio < 1.0 / kContradiction) {
      throw InputError(place_of(file, *observation.row),
                       fmt::format("the layer of {} again, measured at {} there and {} here", name_of(*before.row),
                                   before.value, observation.value));
    }
    if (observation.value == before.value) {
      ++repeated;
      return;
    }
  }
  result.all.push_back(std::move(observation));
}

std::optional<double> predicted(const Backend& backend, const Cost<>& cost, const Layer& layer, Metric metric) {
  return value(metric, cost, facts(layer), backend.traits().clock_hertz);
}

// Whatever the free parameters are: no fit has anything to learn from such a layer.
bool is_priced_at_0(const Backend& backend, const std::vector<std::string>& free, const Layer& layer, Metric metric) {
  const auto estimate = backend.estimate(layer);
  if (!estimate || predicted(backend, estimate->cost, layer, metric) != 0.0) return false;
  const auto gradient = backend.parameter_gradients(std::span(&layer, 1), free).front();
  return gradient && std::all_of(gradient->partial.begin(), gradient->partial.end(), [&](const Cost<>& partial) {
           return predicted(backend, partial, layer, metric) == 0.0;
         });
}

// By what the description predicts as it stands: what is a thousandfold off is of another unit. What it prices at 0 as
// it stands tells nothing.
void check_units(const Backend& backend, const Observations& observations, const std::string& file) {
  std::vector<double> ratios;
  std::vector<const TableRow*> rows;
  for (const Observation& o : observations.all) {
    const auto price = predicted(backend, backend.estimate(o.layer)->cost, o.layer, observations.metric);
    if (!(price.value_or(0.0) > 0.0)) continue;
    ratios.push_back(o.value / *price);
    rows.push_back(o.row);
  }
  const auto doubt = unit_doubt(observations.metric, ratios);
  if (!doubt) return;
  throw InputError(doubt->index ? place_of(file, *rows[*doubt->index]) : SourcePlace{file, 0}, doubt->sentence);
}

}  // namespace

std::string shape_of(const Layer& layer) {
  std::string text(name(layer.op));
  std::visit(
      [&]<class D>(const D& dims) {
        for (const auto& member : D::kMembers) text += fmt::format(",{}", dims.*member.pointer);
      },
      layer.dims);
  const Precision& p = layer.precision;
  return text + fmt::format(",{},{},{}", to_text(p.input), to_text(p.weight), to_text(p.output));
}

Observations observations(const Backend& backend, const std::vector<std::string>& free, const LayerTable& table,
                          const std::string& file) {
  Observations result;
  result.metric = fitted_metric(backend, table, file);
  std::map<std::string, std::size_t> known;
  std::map<std::string, std::size_t> refusals;
  std::size_t repeated = 0;
  std::size_t priced_at_0 = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto value = measured(table.rows[i], result.metric, file);
    if (!value) continue;
    const Layer& layer = table.graph.nodes[i].layer;
    if (const auto estimate = backend.estimate(layer); !estimate) {
      ++refusals[estimate.error().reason];
      continue;
    }
    if (is_priced_at_0(backend, free, layer, result.metric)) {
      ++priced_at_0;
      continue;
    }
    const TableRow& row = table.rows[i];
    check_machine(row, result, file);
    const bool is_time = result.metric == Metric::latency_seconds;
    const std::string* activation = find_extra(row, "activation");
    add_once(known, activation != nullptr ? *activation : "",
             {.layer = layer,
              .value = *value,
              .spread = is_time ? spread_of(row, *value, file) : 0.0,
              .row = &row,
              .shape = shape_of(layer),
              .kind = layer_kind(layer),
              .networks = networks_of(row)},
             result, repeated, file);
  }
  for (const auto& [reason, lines] : refusals)
    result.notes.push_back(fmt::format("{} lines left out, which the machine does not price: {}", lines, reason));
  if (priced_at_0 > 0)
    result.notes.push_back(fmt::format("{} lines left out, which the machine prices at 0", priced_at_0));
  if (repeated > 0) result.notes.push_back(fmt::format("{} lines repeat another one, and count once", repeated));
  if (result.all.empty()) throw InputError({file, 0}, "no measured layer that the machine prices above 0");
  const auto same = [&](const Observation& o) { return o.value == result.all.front().value; };
  if (result.all.size() > 1 && std::all_of(result.all.begin(), result.all.end(), same)) {
    throw InputError({file, 0},
                     fmt::format("measured_{} is {} in every line", name(result.metric), result.all.front().value));
  }
  check_units(backend, result, file);
  return result;
}

}  // namespace hwcost
