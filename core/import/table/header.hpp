// The header row of a table and the rows that must be as long as it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "csv.hpp"
#include "hwcost/error.hpp"

namespace hwcost::table {

class Header {
 public:
  // Reads the first record. Throws InputError: no record, a column without name, a repeated one, or no column
  // `required`.
  Header(CsvReader& reader, std::string_view required);

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const SourcePlace& place() const { return place_; }
  // The cells of the next row; false at the end. Throws InputError where there are more or fewer than columns.
  bool next_row(CsvReader& reader, std::vector<std::string_view>& cells) const;

 private:
  std::vector<std::string> names_;
  SourcePlace place_;
};

// Throws InputError "unknown column 'kernel_g'; did you mean 'kernel_h'?".
[[noreturn]] void refuse_column(std::string_view name, const std::vector<std::string>& known, const SourcePlace& place);

}  // namespace hwcost::table
