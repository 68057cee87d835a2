// CSV (RFC 4180) split into records of cells.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/error.hpp"

namespace hwcost::table {

inline constexpr std::size_t kMostTableBytes = std::size_t{1} << 30;

// Reads records one by one from text that outlives it. LF and CRLF end lines; a UTF-8 byte order mark and blank lines
// are skipped; blanks around an unquoted cell do not belong to it; quoted cells may hold commas, line ends and "".
class CsvReader {
 public:
  // Throws InputError: a NUL byte.
  CsvReader(std::string_view text, const std::string& file);

  // The next record's cells; false at the end. The views hold until the next call.
  // Throws InputError: a stray quote or carriage return, a quoted cell without end.
  bool next(std::vector<std::string_view>& cells);
  // Where the last record begins; lines count from 1.
  [[nodiscard]] SourcePlace place() const { return {file_, record_line_}; }
  [[nodiscard]] int line() const { return record_line_; }

 private:
  void read_record(std::vector<std::string_view>& cells);
  std::string_view quoted_cell();
  std::string_view plain_cell();
  void skip_blanks();
  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  [[nodiscard]] bool at(char c) const { return !at_end() && text_[position_] == c; }
  bool end_line();
  [[noreturn]] void fail(const char* what) const;

  std::string_view text_;
  const std::string& file_;
  std::size_t position_ = 0;
  int line_ = 1;
  int record_line_ = 1;
  std::deque<std::string> unescaped_;  // cells of this record that are no part of the text as they stand
};

}  // namespace hwcost::table
