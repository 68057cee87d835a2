#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "did_you_mean.hpp"
#include "hwcost/import/kernel_columns.hpp"
#include "hwcost/measure/table.hpp"
#include "hwcost/metric.hpp"
#include "measurement_row.hpp"

namespace hwcost {
namespace {

// The estimate itself is a metric, and has its own column.
constexpr std::string_view kEstimate = "seconds";

std::string layer_words(const Layer& layer) {
  std::string text{name(layer.op)};
  std::visit(
      [&]<class D>(const D& dims) {
        for (const auto& member : D::kMembers) text += fmt::format(" {}={}", member.name, dims.*member.pointer);
      },
      layer.dims);
  return text;
}

TableRow row_of(const Measurement& m) {
  TableRow row;
  row.measured.push_back({std::string(name(Metric::latency_seconds)), m.timing.seconds});
  const auto add = [&row](std::string_view column, std::string text) {
    if (!text.empty()) row.extra.emplace(column, std::move(text));
  };
  Timing::visit(m.timing, [&](std::string_view column, double figure) {
    if (column != kEstimate) add(column, fmt::format("{}", figure));
  });
  Fingerprint::visit(m.key.machine, [&](std::string_view column, const std::string& text) { add(column, text); });
  row.extra.merge(measure::key_columns(m.key));
  add("creation_seconds", fmt::format("{}", m.creation_seconds));
  add("reorder_seconds", fmt::format("{}", m.reorder_seconds));
  add("kernel", m.kernel);
  add("remarks", m.remarks);
  add("measured_at", m.measured_at);
  return row;
}

void add_row(LayerTable& table, const Measurement& m, std::string record) {
  Layer layer = m.key.layer;
  layer.name = std::to_string(table.rows.size() + 1);
  add_layer(table.graph, std::move(layer));
  table.rows.push_back(row_of(m));
  table.rows.back().record = std::move(record);
}

// The x_ columns of one row.
class Extras {
 public:
  Extras(const TableRow& row, const std::string& file) : row_(row), place_(place_of(file, row)) {}

  void read(std::string_view column, std::string& text) const {
    if (const std::string* cell = find(column)) text = *cell;
  }
  void read(std::string_view column, double& figure) const {
    const std::string* cell = find(column);
    if (cell == nullptr) return;
    const auto [end, error] = std::from_chars(cell->data(), cell->data() + cell->size(), figure);
    if (error != std::errc() || end != cell->data() + cell->size() || !(figure >= 0.0) || figure > 1e300)
      fail(column, "is no number from 0 on");
  }
  // What `named` finds for the cell's text.
  template <class T, class Named>
  void read(std::string_view column, T& value, Named&& named, std::string_view wanted) const {
    const std::string* cell = find(column);
    if (cell == nullptr) return;
    const auto found = named(*cell);
    if (!found) fail(column, fmt::format("is none of {}", wanted));
    value = *found;
  }
  [[noreturn]] void fail(std::string_view column, std::string_view what) const {
    const std::string* cell = find(column);
    throw InputError(place_, fmt::format("column 'x_{}': {} {}", column, in_quotes(cell ? *cell : ""), what));
  }
  [[nodiscard]] const SourcePlace& place() const { return place_; }

 private:
  [[nodiscard]] const std::string* find(std::string_view column) const {
    const auto cell = row_.extra.find(std::string(column));
    return cell == row_.extra.end() ? nullptr : &cell->second;
  }
  const TableRow& row_;
  SourcePlace place_;
};

double seconds_of(const TableRow& row, const SourcePlace& place) {
  const std::string_view wanted = name(Metric::latency_seconds);
  for (const TableFigure& figure : row.measured) {
    if (figure.metric != wanted) continue;
    if (!(figure.value > 0.0))
      throw InputError(place, fmt::format("measured_{} is {}, wanted more", wanted, figure.value));
    return figure.value;
  }
  throw InputError(place, fmt::format("measured_{} is missing, which every measurement has", wanted));
}

// A timing of which the estimate is all that is known.
Timing bare_timing(double seconds) {
  Timing timing;
  Timing::visit(timing, [&](std::string_view column, double& figure) {
    if (column.ends_with("seconds")) figure = seconds;
  });
  timing.passes = 1.0;
  timing.fast_probe_seconds = 0.0;
  return timing;
}

Measurement measurement_of(const Layer& layer, const Extras& extras, double seconds) {
  auto bare = measurable(layer);
  if (!bare) throw InputError(extras.place(), fmt::format("layer {}: {}", in_quotes(layer.name), bare.error().reason));
  Measurement m;
  m.key.layer = std::move(*bare);
  m.timing = bare_timing(seconds);
  Timing::visit(m.timing, [&](std::string_view column, double& figure) {
    if (column != kEstimate) extras.read(column, figure);
  });
  Fingerprint::visit(m.key.machine, [&](std::string_view column, std::string& text) {
    text = "unknown";
    extras.read(column, text);
  });
  extras.read("buffers", m.key.buffers, buffers_named, "warm, rotated, cold");
  double threads = 1.0;
  extras.read("threads", threads);
  if (!(threads >= 1.0 && threads <= 1e6) || threads != static_cast<int>(threads))
    extras.fail("threads", "is no number of threads");
  m.key.threads = static_cast<int>(threads);
  extras.read("creation_seconds", m.creation_seconds);
  extras.read("reorder_seconds", m.reorder_seconds);
  extras.read("kernel", m.kernel);
  extras.read("remarks", m.remarks);
  extras.read("measured_at", m.measured_at);
  return m;
}

}  // namespace

std::map<std::string, std::string> measure::key_columns(const MeasurementKey& key) {
  std::map<std::string, std::string> columns = kernel_columns(key.layer);
  columns["buffers"] = to_text(key.buffers);
  columns["threads"] = std::to_string(key.threads);
  return columns;
}

MeasurementTable measurement_table(const std::vector<Measurement>& measurements) {
  MeasurementTable result;
  LayerTable table;
  for (const Measurement& m : measurements) {
    if (has_table_form(m.key.layer))
      add_row(table, m, {});
    else
      result.left_out.push_back(layer_words(m.key.layer));
  }
  result.text = layer_table(table);
  return result;
}

LayerTable stored_layers(const MeasurementStore& store, const std::string& file) {
  LayerTable table;
  table.graph.file = file;
  for (const StoredMeasurement& stored : store.numbered()) {
    const Measurement& m = stored.measurement;
    const std::string_view comma = m.measured_at.empty() ? "" : ", ";
    add_row(table, m,
            fmt::format("measurement {} ({}{}{})", stored.number, name(m.key.layer.op), comma, m.measured_at));
  }
  return table;
}

std::vector<Measurement> measurements_from(const LayerTable& table) {
  std::vector<Measurement> measurements;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const Extras extras(table.rows[i], table.graph.file);
    measurements.push_back(measurement_of(kernel_layer(table, i), extras, seconds_of(table.rows[i], extras.place())));
  }
  return measurements;
}

}  // namespace hwcost
