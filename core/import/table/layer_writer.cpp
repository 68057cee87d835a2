// Layers as the CSV table that read_layer_table reads.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "extents.hpp"
#include "hwcost/import/table.hpp"

namespace hwcost {
namespace {

using table::Extent;

// The cells of a row: a column's name and its text; absent ones are empty.
using Cells = std::map<std::string, std::string, std::less<>>;

std::string number_text(double value) { return fmt::format("{}", value); }

class RowCells {
 public:
  void set(Extent extent, double value) {
    const table::ExtentColumn& column = table::kExtentColumns[table::index_of(extent)];
    if (value != column.standard) cells_[std::string(column.name)] = number_text(value);
  }
  // What readers must find even where it is the standard.
  void require(Extent extent, double value) {
    cells_[std::string(table::kExtentColumns[table::index_of(extent)].name)] = number_text(value);
  }
  void set(std::string_view column, std::string text) { cells_[std::string(column)] = std::move(text); }
  [[nodiscard]] Cells take() && { return std::move(cells_); }

 private:
  Cells cells_;
};

void set_axes(RowCells& row, Extent of_depth, double depth, double height, double width) {
  row.set(on(of_depth, table::Axis::depth), depth);
  row.set(on(of_depth, table::Axis::height), height);
  row.set(on(of_depth, table::Axis::width), width);
}

// How columns say the extents of a family; the reader's dims_of_row() is the other direction.
void write_dims(RowCells& row, Op op, const Convolution<>& d) {
  row.set(Extent::batch, d.batch);
  row.require(Extent::in_channels, d.in_channels);
  row.require(Extent::out_channels, d.out_channels);
  row.set(Extent::groups, d.groups);
  row.set(Extent::bias, d.bias);
  row.set(Extent::depthwise, d.depthwise);
  set_axes(row, Extent::in_d, d.in_depth, d.in_height, d.in_width);
  set_axes(row, Extent::kernel_d, d.kernel_depth, d.kernel_height, d.kernel_width);
  set_axes(row, Extent::stride_d, d.stride_depth, d.stride_height, d.stride_width);
  set_axes(row, Extent::dilation_d, d.dilation_depth, d.dilation_height, d.dilation_width);
  set_axes(row, Extent::pad_front, d.pad_front, d.pad_top, d.pad_left);
  set_axes(row, Extent::pad_back, d.pad_back, d.pad_bottom, d.pad_right);
  if (is_transposed(op)) set_axes(row, Extent::out_d, d.out_depth, d.out_height, d.out_width);
}

void write_dims(RowCells& row, Op, const Linear<>& d) {
  row.set(Extent::batch, d.batch);
  row.set(Extent::in_w, d.tokens);
  row.require(Extent::in_channels, d.in_channels);
  row.require(Extent::out_channels, d.out_channels);
  row.set(Extent::bias, d.bias);
}

void write_dims(RowCells& row, Op, const MatMul<>& d) {
  row.set(Extent::batch, d.batch);
  row.set(Extent::in_h, d.rows);
  row.require(Extent::in_channels, d.depth);
  row.require(Extent::out_channels, d.columns);
}

bool is_window(Op op) { return op == Op::max_pool || op == Op::avg_pool || op == Op::lp_pool; }
bool is_adaptive(Op op) { return op == Op::adaptive_max_pool || op == Op::adaptive_avg_pool; }

// Pools keep no padding: any that gives the same output does.
double padding_of(double in, double out, double kernel, double stride) {
  return std::max(0.0, (out - 1.0) * stride + kernel - in);
}

void write_dims(RowCells& row, Op op, const Pooling<>& d) {
  row.set(Extent::batch, d.batch);
  row.require(Extent::in_channels, d.channels);
  set_axes(row, Extent::in_d, d.in_depth, d.in_height, d.in_width);
  if (is_adaptive(op)) set_axes(row, Extent::out_d, d.out_depth, d.out_height, d.out_width);
  if (!is_window(op)) return;
  set_axes(row, Extent::kernel_d, d.kernel_depth, d.kernel_height, d.kernel_width);
  set_axes(row, Extent::stride_d, d.stride_depth, d.stride_height, d.stride_width);
  set_axes(row, Extent::pad_back, padding_of(d.in_depth, d.out_depth, d.kernel_depth, d.stride_depth),
           padding_of(d.in_height, d.out_height, d.kernel_height, d.stride_height),
           padding_of(d.in_width, d.out_width, d.kernel_width, d.stride_width));
}

void write_dims(RowCells& row, Op op, const Elementwise<>& d) {
  const double channels = op == Op::prelu ? d.parameters : d.elements;
  row.set(Extent::in_channels, channels);
  if (channels > 0.0) row.set(Extent::in_w, d.elements / channels);
}

void write_dims(RowCells& row, Op, const Normalization<>& d) {
  row.set(Extent::in_channels, d.channels);
  row.set(Extent::in_w, d.elements / d.channels);
}

void write_dims(RowCells& row, Op, const Softmax<>& d) {
  row.set(Extent::in_channels, d.length);
  row.set(Extent::in_w, d.rows);
}

void write_dims(RowCells& row, Op, const Lookup<>& d) {
  row.set(Extent::in_w, d.lookups);
  row.require(Extent::in_channels, d.table_rows);
  row.require(Extent::out_channels, d.row_elements);
}

void write_dims(RowCells& row, Op op, const Reduction<>& d) {
  row.set(Extent::in_channels, op == Op::cumulative_sum ? d.in_elements : d.out_elements);
  if (op != Op::cumulative_sum && d.out_elements > 0.0) row.set(Extent::in_w, d.in_elements / d.out_elements);
}

void write_dims(RowCells& row, Op, const Movement<>& d) {
  row.set(Extent::in_channels, d.out_elements);
  if (d.in_elements != d.out_elements) {
    row.set(Extent::in_channels, d.in_elements);
    row.require(Extent::out_channels, d.out_elements);
  }
}

void write_dims(RowCells& row, Op, const Recurrent<>& d) {
  row.set(Extent::batch, d.batch);
  row.set(Extent::in_w, d.steps);
  row.require(Extent::in_channels, d.input_size);
  row.require(Extent::out_channels, d.hidden_size);
  row.set(Extent::bias, d.bias);
}

void write_dims(RowCells& row, Op, const Attention<>& d) {
  row.set(Extent::batch, d.batch);
  row.set(Extent::groups, d.heads);
  row.require(Extent::in_channels, d.heads * d.head_size);
  row.require(Extent::out_channels, d.heads * d.value_size);
  row.set(Extent::in_h, d.query_length);
  row.require(Extent::in_w, d.key_length);
}

void write_dims(RowCells&, Op, const Custom<>&) {}

Cells cells_of(const Layer& layer) {
  RowCells row;
  row.set("name", layer.name);
  row.set("op", std::string(name(layer.op)));
  std::visit([&](const auto& dims) { write_dims(row, layer.op, dims); }, layer.dims);
  row.set(Extent::repeat, layer.repeat);
  const Precision& p = layer.precision;
  row.set("in_bits", to_text(p.input));
  row.set("w_bits", to_text(p.weight));
  row.set("out_bits", to_text(p.output));
  if (p.requantization) {
    row.require(Extent::requant_scale_bits, p.requantization->scale_bits);
    row.require(Extent::requant_shift, p.requantization->shift);
  }
  return std::move(row).take();
}

// The columns of a layer that some row fills, in the order in which the documentation has them.
std::vector<std::string> columns_of(const std::vector<Cells>& rows) {
  std::vector<std::string> order{"name", "op"};
  for (const table::ExtentColumn& column : table::kExtentColumns) order.emplace_back(column.name);
  for (const char* name : {"in_bits", "w_bits", "out_bits"}) order.emplace_back(name);
  std::map<std::string, bool, std::less<>> is_filled;
  for (const Cells& cells : rows) {
    for (const auto& [column, text] : cells) is_filled[column] = true;
  }
  std::erase_if(order, [&](const std::string& column) { return !is_filled.contains(column); });
  // Those of figures and extras come in the order of their names.
  for (const auto& [column, filled] : is_filled) {
    if (std::find(order.begin(), order.end(), column) == order.end()) order.push_back(column);
  }
  return order;
}

std::string csv_text(const std::vector<Cells>& rows) {
  const std::vector<std::string> columns = columns_of(rows);
  std::string text;
  const auto add_line = [&](auto&& cell_of) {
    for (const std::string& column : columns) {
      if (&column != &columns.front()) text += ',';
      text += csv_cell(cell_of(column));
    }
    text += '\n';
  };
  add_line([](const std::string& column) { return column; });
  for (const Cells& cells : rows) {
    add_line([&](const std::string& column) {
      const auto cell = cells.find(column);
      return cell == cells.end() ? std::string() : cell->second;
    });
  }
  return text;
}

}  // namespace

bool has_table_form(const Layer& layer) {
  try {
    Cells cells = cells_of(layer);
    cells["name"] = "layer";
    const LayerTable read = read_layer_table(csv_text({cells}), "layer");
    Layer said = layer;  // as far as columns say it
    const Layer& back = read.graph.nodes.front().layer;
    said.dims = back.dims;
    said.repeat = back.repeat;
    said.precision = back.precision;
    said.precision.bias = layer.precision.bias;
    return said == layer;
  } catch (const InputError&) {
    return false;
  }
}

std::string layer_table(const LayerTable& table) {
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    Cells cells = cells_of(table.graph.nodes[i].layer);
    const TableRow& row = table.rows[i];
    for (const TableFigure& figure : row.expected) cells["expected_" + figure.metric] = number_text(figure.value);
    if (row.expected_status) cells["expected_status"] = *row.expected_status;
    for (const TableFigure& figure : row.measured) cells["measured_" + figure.metric] = number_text(figure.value);
    for (const auto& [column, text] : row.extra) cells["x_" + column] = text;
    rows.push_back(std::move(cells));
  }
  return csv_text(rows);
}

}  // namespace hwcost
