#include "header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "did_you_mean.hpp"

namespace hwcost::table {

Header::Header(CsvReader& reader, std::string_view required) {
  std::vector<std::string_view> cells;
  if (!reader.next(cells))
    throw InputError({reader.place().file, 0}, "is empty: wanted a header row and rows below it");
  place_ = reader.place();
  std::unordered_set<std::string_view> seen;
  for (const std::string_view cell : cells) {
    if (cell.empty()) throw InputError(place_, fmt::format("column {} of the header has no name", names_.size() + 1));
    if (!seen.insert(cell).second) throw InputError(place_, fmt::format("column {} is there twice", in_quotes(cell)));
    names_.emplace_back(cell);
  }
  if (!seen.contains(required))
    throw InputError(place_, fmt::format("no column '{}', which every table needs", required));
}

bool Header::next_row(CsvReader& reader, std::vector<std::string_view>& cells) const {
  if (!reader.next(cells)) return false;
  if (cells.size() != names_.size()) {
    throw InputError(reader.place(), fmt::format("{} cells where the header has {}", cells.size(), names_.size()));
  }
  return true;
}

void refuse_column(std::string_view name, const std::vector<std::string>& known, const SourcePlace& place) {
  throw InputError(place, fmt::format("unknown column {}{}", in_quotes(name), did_you_mean(name, known)));
}

}  // namespace hwcost::table
