// What the columns of a layer table mean to each operator.
#pragma once

#include "extents.hpp"
#include "hwcost/dims.hpp"
#include "hwcost/op.hpp"

namespace hwcost::table {

// The operator's extents from the row's columns. Throws InputError where a column that it needs is missing, one that
// follows from others differs, or the operator has no form in tables.
Dims dims_of_row(Op op, RowExtents& row);

}  // namespace hwcost::table
