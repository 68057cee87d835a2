// The columns of tables of measurements, x_activation and x_bias_bits, that say which kernel runs a layer beside what
// its own columns say.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "hwcost/export.hpp"
#include "hwcost/import/table.hpp"

namespace hwcost {

// The row's layer with what these columns say; an empty one says nothing. Throws InputError with file and line where
// one names nothing.
[[nodiscard]] HWCOST_EXPORT Layer kernel_layer(const LayerTable& table, std::size_t row);

// Their cells, for TableRow::extra, which kernel_layer() reads back to the same layer.
[[nodiscard]] HWCOST_EXPORT std::map<std::string, std::string> kernel_columns(const Layer& layer);

}  // namespace hwcost
