#include "hwcost/import/kernel_columns.hpp"

#include <fmt/format.h>

#include <vector>

#include "did_you_mean.hpp"

namespace hwcost {
namespace {

constexpr const char* kActivation = "activation";
constexpr const char* kBiasBits = "bias_bits";

// The row's cell; nothing where it is empty or there is no such column.
const std::string* cell_of(const TableRow& row, const char* column) {
  const auto cell = row.extra.find(column);
  return cell == row.extra.end() || cell->second.empty() ? nullptr : &cell->second;
}

[[noreturn]] void refuse(const LayerTable& table, const TableRow& row, const char* column, std::string_view what) {
  throw InputError(place_of(table.graph.file, row),
                   fmt::format("x_{} is {}, which is {}", column, in_quotes(*cell_of(row, column)), what));
}

std::string near_activation(std::string_view text) {
  std::vector<std::string> known;
  for (const OpInfo& op : kOps) {
    if (is_unary(op.op)) known.emplace_back(op.name);
  }
  return did_you_mean(text, known);
}

}  // namespace

Layer kernel_layer(const LayerTable& table, std::size_t row_number) {
  const TableRow& row = table.rows[row_number];
  Layer layer = table.graph.nodes[row_number].layer;
  if (const std::string* text = cell_of(row, kActivation)) {
    layer.fused_activation = op_named(*text);
    if (!layer.fused_activation || !is_unary(*layer.fused_activation))
      refuse(table, row, kActivation, "no activation" + near_activation(*text));
  }
  if (const std::string* text = cell_of(row, kBiasBits)) {
    const auto format = number_format_from(*text);
    if (!format) refuse(table, row, kBiasBits, "no number format, such as 32 or f32");
    layer.precision.bias = *format;
  }
  return layer;
}

std::map<std::string, std::string> kernel_columns(const Layer& layer) {
  std::map<std::string, std::string> columns{{kBiasBits, to_text(layer.precision.bias)}};
  if (layer.fused_activation) columns.emplace(kActivation, name(*layer.fused_activation));
  return columns;
}

}  // namespace hwcost
