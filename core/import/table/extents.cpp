#include "extents.hpp"

#include <fmt/format.h>

namespace hwcost::table {

void RowExtents::start(int line) {
  line_ = line;
  given_.reset();
  taken_.reset();
}

void RowExtents::set(Extent extent, double value) {
  values_[index_of(extent)] = value;
  given_.set(index_of(extent));
}

double RowExtents::take(Extent extent) {
  return take_given(extent).value_or(kExtentColumns[index_of(extent)].standard);
}

std::optional<double> RowExtents::take_given(Extent extent) {
  taken_.set(index_of(extent));
  if (!given_.test(index_of(extent))) return std::nullopt;
  return values_[index_of(extent)];
}

double RowExtents::require(Extent extent, Op op) {
  const std::optional<double> value = take_given(extent);
  if (!value) fail(extent, fmt::format("missing, and {} needs it", name(op)));
  return *value;
}

void RowExtents::expect(Extent extent, double value) {
  const std::optional<double> given = take_given(extent);
  if (given && *given != value) fail(extent, fmt::format("is {}, but the other columns give {}", *given, value));
}

void RowExtents::refuse_unused(Op op) const {
  for (const ExtentColumn& column : kExtentColumns) {
    const std::size_t i = index_of(column.extent);
    if (!given_.test(i) || taken_.test(i) || values_[i] == column.standard) continue;
    fail(column.extent,
         fmt::format("is {}, but {} has none: wanted {} or an empty cell", values_[i], name(op), column.standard));
  }
}

void RowExtents::fail(Extent extent, const std::string& what) const {
  Cell{.text = {}, .column = kExtentColumns[index_of(extent)].name, .file = file_, .line = line_}.fail(what);
}

}  // namespace hwcost::table
