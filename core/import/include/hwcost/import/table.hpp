// Layer tables (CSV) in, a layer a row (format: docs/layer-tables.md); assignment tables in and out; scores in.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hwcost/assignment.hpp"
#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/refine.hpp"

namespace hwcost {

// A figure beside a layer: what a row must give (expected_*) or was timed at (measured_*).
struct TableFigure {
  std::string metric;  // "latency_cycles"
  double value = 0.0;
};

struct TableRow {
  int line = 0;                       // of the file; 0 where the row is a record of a file without lines
  std::string record;                 // what such a record is called: "measurement 17"
  std::vector<TableFigure> expected;  // cells that are empty are absent
  std::optional<std::string> expected_status;
  std::vector<TableFigure> measured;
  std::map<std::string, std::string> extra;  // x_* columns
};

struct LayerTable {
  Graph graph;                 // a layer a row, no edges
  std::vector<TableRow> rows;  // parallel to graph.nodes
};

// Where errors say that a row of the file is, and what sentences call it: "line 12", or the record.
HWCOST_EXPORT SourcePlace place_of(const std::string& file, const TableRow& row);
HWCOST_EXPORT std::string name_of(const TableRow& row);

// Throws InputError with file and line: unknown, missing or repeated columns, cells that are no numbers, layers that
// contradict themselves.
HWCOST_EXPORT LayerTable read_layer_table(const std::filesystem::path& file);
HWCOST_EXPORT LayerTable read_layer_table(std::string_view text, const std::string& file);

// The text of a table that reads back to the same layers, figures and extras; columns that nobody needs are left out.
// Pre: has_table_form() of every layer.
HWCOST_EXPORT std::string layer_table(const LayerTable& table);

// Whether columns can say the layer's extents and widths. What they never say: activations, the width of biases.
HWCOST_EXPORT bool has_table_form(const Layer& layer);

// The lines of an assignment table `layer,w_bits,in_bits`; an empty cell leaves what the model says.
HWCOST_EXPORT std::vector<Assignment> read_assignments(const std::filesystem::path& file);
HWCOST_EXPORT std::vector<Assignment> read_assignments(std::string_view text, const std::string& file);

// The same table from assignments, in their order.
HWCOST_EXPORT std::string assignment_table(const std::vector<Assignment>& assignments);

// A table `layer,channel,score`: a line an output channel, counted from 0. Throws InputError with file and line: cells
// that are empty or no finite numbers, a channel of a layer given twice.
HWCOST_EXPORT std::vector<ChannelScore> read_scores(const std::filesystem::path& file);
HWCOST_EXPORT std::vector<ChannelScore> read_scores(std::string_view text, const std::string& file);

// The text as a cell of a CSV file, quoted where it would be read as something else (RFC 4180).
HWCOST_EXPORT std::string csv_cell(std::string_view text);

}  // namespace hwcost
