// Layer tables: the header chooses a reader a column, each row is read by them and becomes a layer.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "cell.hpp"
#include "did_you_mean.hpp"
#include "extents.hpp"
#include "header.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/work.hpp"
#include "limits.hpp"
#include "row_dims.hpp"
#include "text_file.hpp"

namespace hwcost {
namespace {

using table::Cell;
using table::Extent;
using table::ExtentColumn;
using table::RowExtents;

// What one row says, before its operator gives the extents their meaning.
struct RowInProgress {
  RowExtents extents;
  Layer layer;
  bool has_op = false;
  TableRow figures;
};

// A column of the file: how its cells are read, and what distinguishes it from others that are read the same way.
struct Column {
  std::string name;
  void (*read)(const Column&, RowInProgress&, const Cell&);
  Extent extent = Extent::batch;  // of a whole number
  std::string key = {};           // the metric's or the extra's name
};

Op op_of(const Cell& cell) {
  const std::optional<Op> op = op_named(cell.text);
  if (!op) {
    std::vector<std::string> known;
    for (const OpInfo& known_op : kOps) known.emplace_back(known_op.name);
    cell.fail(fmt::format("unknown operator {}{}", in_quotes(cell.text), did_you_mean(cell.text, known)));
  }
  if (op == Op::custom || op == Op::top_k) {
    cell.fail(fmt::format("{} has no form in layer tables: give the network as ONNX or as the IR's JSON", name(*op)));
  }
  return *op;
}

std::string status_of(const Cell& cell) {
  if (cell.text != "priced" && cell.text != "approximated" && cell.text != "unsupported") {
    cell.fail(fmt::format("{} is no status: wanted priced, approximated or unsupported", in_quotes(cell.text)));
  }
  return std::string(cell.text);
}

// The columns that are no whole numbers.
struct NamedColumn {
  std::string_view name;
  void (*read)(const Column&, RowInProgress&, const Cell&);
};
constexpr std::array kNamedColumns{
    NamedColumn{"name", [](const Column&, RowInProgress& row, const Cell& cell) { row.layer.name = cell.text; }},
    NamedColumn{"op",
                [](const Column&, RowInProgress& row, const Cell& cell) {
                  row.layer.op = op_of(cell);
                  row.has_op = true;
                }},
    NamedColumn{"in_bits", [](const Column&, RowInProgress& row,
                              const Cell& cell) { row.layer.precision.input = table::activation_format(cell); }},
    NamedColumn{"w_bits", [](const Column&, RowInProgress& row,
                             const Cell& cell) { row.layer.precision.weight = table::weight_format(cell); }},
    NamedColumn{"out_bits", [](const Column&, RowInProgress& row,
                               const Cell& cell) { row.layer.precision.output = table::activation_format(cell); }},
    NamedColumn{"expected_status", [](const Column&, RowInProgress& row,
                                      const Cell& cell) { row.figures.expected_status = status_of(cell); }},
};

void read_extent(const Column& column, RowInProgress& row, const Cell& cell) {
  const double value = table::count(cell);
  const double least = table::kExtentColumns[table::index_of(column.extent)].standard;
  if (value < least) cell.fail(fmt::format("is {}, wanted at least {}", value, least));
  row.extents.set(column.extent, value);
}

// Columns of which there are many, by how they begin.
struct PrefixedColumn {
  std::string_view prefix;
  bool is_metric;
  void (*read)(const Column&, RowInProgress&, const Cell&);
};
constexpr std::array kPrefixedColumns{
    PrefixedColumn{"expected_", true,
                   [](const Column& column, RowInProgress& row, const Cell& cell) {
                     row.figures.expected.push_back({column.key, table::number(cell)});
                   }},
    PrefixedColumn{"measured_", true,
                   [](const Column& column, RowInProgress& row, const Cell& cell) {
                     row.figures.measured.push_back({column.key, table::number(cell)});
                   }},
    PrefixedColumn{"x_", false,
                   [](const Column& column, RowInProgress& row, const Cell& cell) {
                     row.figures.extra.emplace(column.key, cell.text);
                   }},
};

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const Facts::Column& column : Facts::columns()) names.emplace_back(column.name);
  for (std::size_t i = 0; i < kMetricCount; ++i) names.emplace_back(name(static_cast<Metric>(i)));
  return names;
}

// "; wanted latency_cycles, latency_seconds" of "latency_ms": each metric has one unit, which is in its name.
std::string same_in_units(const std::string& metric, const std::vector<std::string>& known) {
  const std::string beginning = metric.substr(0, metric.rfind('_')) + '_';
  std::string others;
  for (const std::string& name : known) {
    if (name.starts_with(beginning)) others += (others.empty() ? "; wanted " : ", ") + name;
  }
  return others;
}

Column prefixed_column(const PrefixedColumn& kind, const std::string& name, const SourcePlace& place) {
  const std::string key = name.substr(kind.prefix.size());
  if (kind.is_metric) {
    const std::vector<std::string> known = metric_names();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw InputError(place, fmt::format("column {}: unknown metric {}{}", in_quotes(name), in_quotes(key),
                                          nearest(key, known) ? did_you_mean(key, known) : same_in_units(key, known)));
    }
  }
  return {.name = name, .read = kind.read, .key = key};
}

Column column_named(const std::string& name, const SourcePlace& place) {
  std::vector<std::string> known;
  for (const ExtentColumn& column : table::kExtentColumns) {
    if (column.name == name) return {.name = name, .read = read_extent, .extent = column.extent};
    known.emplace_back(column.name);
  }
  for (const NamedColumn& column : kNamedColumns) {
    if (column.name == name) return {.name = name, .read = column.read};
    known.emplace_back(column.name);
  }
  for (const PrefixedColumn& kind : kPrefixedColumns) {
    if (name.starts_with(kind.prefix)) return prefixed_column(kind, name, place);
  }
  table::refuse_column(name, known, place);
}

std::optional<Requantization> requantization(RowExtents& extents) {
  const std::optional<double> scale_bits = extents.take_given(Extent::requant_scale_bits);
  const std::optional<double> shift = extents.take_given(Extent::requant_shift);
  if (scale_bits.has_value() != shift.has_value()) {
    extents.fail(scale_bits ? Extent::requant_shift : Extent::requant_scale_bits,
                 "missing: requant_scale_bits and requant_shift go together");
  }
  if (!scale_bits) return std::nullopt;
  return Requantization{*scale_bits, *shift};
}

void check_names(const Layer& layer, const SourcePlace& place) {
  const Cell cell{{}, "name", place.file, place.line};
  if (const auto fault = fault_of_name(layer.name)) cell.fail(*fault);
  if (const auto fault = fault_of_module(layer.module)) cell.fail("its module " + *fault);
}

// The layer of a row whose cells have all been read. `number` counts rows from 1.
Layer finished_layer(RowInProgress& row, std::size_t number, const SourcePlace& place) {
  if (!row.has_op) Cell{{}, "op", place.file, place.line}.fail("is empty, and every layer needs one");
  Layer layer = std::move(row.layer);
  if (layer.name.empty()) layer.name = std::to_string(number);
  layer.module = layer.name.substr(0, std::min(layer.name.rfind('.'), layer.name.size()));
  if (layer.module.size() == layer.name.size()) layer.module.clear();
  check_names(layer, place);
  layer.repeat = row.extents.take(Extent::repeat);
  layer.precision.requantization = requantization(row.extents);
  layer.dims = table::dims_of_row(layer.op, row.extents);
  row.extents.refuse_unused(layer.op);
  if (const std::optional<std::string> reason = contradiction(layer)) {
    throw InputError(place, fmt::format("layer {}: {}", in_quotes(layer.name), *reason));
  }
  return layer;
}

}  // namespace

SourcePlace place_of(const std::string& file, const TableRow& row) {
  if (row.record.empty()) return {file, row.line};
  return {fmt::format("{}: {}", file, row.record), 0};
}

std::string name_of(const TableRow& row) { return row.record.empty() ? fmt::format("line {}", row.line) : row.record; }

LayerTable read_layer_table(std::string_view text, const std::string& file) {
  table::CsvReader reader(text, file);
  const table::Header header(reader, "op");
  std::vector<Column> columns;
  for (const std::string& name : header.names()) columns.push_back(column_named(name, header.place()));

  LayerTable result;
  result.graph.file = file;
  RowInProgress row{.extents = RowExtents(file), .layer = {}, .figures = {}};
  std::vector<std::string_view> cells;
  while (header.next_row(reader, cells)) {
    const int line = reader.line();
    row.extents.start(line);
    row.layer = {};
    row.has_op = false;
    row.figures = {};
    row.figures.line = line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Column& column = columns[i];
      if (!cells[i].empty()) column.read(column, row, {cells[i], column.name, file, line});
    }
    add_layer(result.graph, finished_layer(row, result.rows.size() + 1, reader.place()));
    result.rows.push_back(std::move(row.figures));
  }
  if (result.rows.empty()) throw InputError({file, 0}, "has a header row but no layers below it");
  return result;
}

LayerTable read_layer_table(const std::filesystem::path& file) {
  LayerTable result = read_layer_table(read_text_file(file, table::kMostTableBytes), file.string());
  result.graph.name = file.stem().string();
  return result;
}

}  // namespace hwcost
