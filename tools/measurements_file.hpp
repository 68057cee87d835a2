// Files of measured layers, whatever their kind, as a layer table.
#pragma once

#include <string>
#include <vector>

#include "hwcost/import/table.hpp"

namespace hwcost::command {

// A layer table .csv or a store of measurements .db. `only` are conditions COLUMN=TEXT on x_ columns ("isa=avx2"),
// which all rows that stay fulfil. Throws InputError: another ending, a store where this build reads none, no row that
// fulfils the conditions, what the readers throw.
LayerTable read_measurements(const std::string& file, const std::vector<std::string>& only);

}  // namespace hwcost::command
