#include "csv.hpp"

#include <algorithm>

namespace hwcost::table {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t";

constexpr bool ends_plain_cell(char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; }

int line_of(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

}  // namespace

CsvReader::CsvReader(std::string_view text, const std::string& file) : text_(text), file_(file) {
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) throw InputError({file, line_of(text, nul)}, "a NUL byte: this is no CSV text");
  if (text_.starts_with(kByteOrderMark)) position_ = kByteOrderMark.size();
}

bool CsvReader::next(std::vector<std::string_view>& cells) {
  while (!at_end()) {
    read_record(cells);
    if (cells.size() > 1 || !cells.front().empty()) return true;  // no blank line
  }
  return false;
}

void CsvReader::read_record(std::vector<std::string_view>& cells) {
  cells.clear();
  unescaped_.clear();
  record_line_ = line_;
  for (;;) {
    skip_blanks();
    cells.push_back(at('"') ? quoted_cell() : plain_cell());
    if (end_line()) return;
    if (!at(',')) fail("text behind a quoted cell, where a comma or the line's end belongs");
    ++position_;
  }
}

std::string_view CsvReader::quoted_cell() {
  const std::size_t begin = ++position_;
  bool has_escapes = false;
  for (;; ++position_) {
    if (at_end()) throw InputError(place(), "a quoted cell of this record has no closing quote");
    if (text_[position_] == '\n') ++line_;
    if (text_[position_] != '"') continue;
    if (text_.substr(position_ + 1, 1) != "\"") break;
    has_escapes = true;
    ++position_;
  }
  const std::string_view inner = text_.substr(begin, position_ - begin);
  ++position_;
  skip_blanks();
  if (!has_escapes) return inner;
  std::string& cell = unescaped_.emplace_back();
  for (std::size_t i = 0; i < inner.size(); ++i) {
    cell += inner[i];
    if (inner[i] == '"') ++i;  // the second of a pair
  }
  return cell;
}

std::string_view CsvReader::plain_cell() {
  const std::size_t begin = position_;
  while (!at_end() && !ends_plain_cell(text_[position_])) ++position_;
  if (at('"')) fail("a quote inside a cell that does not begin with one");
  const std::string_view cell = text_.substr(begin, position_ - begin);
  return cell.substr(0, cell.find_last_not_of(kBlanks) + 1);
}

void CsvReader::skip_blanks() { position_ = std::min(text_.find_first_not_of(kBlanks, position_), text_.size()); }

// Steps over a line end, where there is one; true at the text's end too.
bool CsvReader::end_line() {
  if (at_end()) return true;
  if (at('\r')) {
    if (text_.substr(position_ + 1, 1) != "\n") fail("a carriage return without a line feed behind it");
    ++position_;
  }
  if (!at('\n')) return false;
  ++position_;
  ++line_;
  return true;
}

void CsvReader::fail(const char* what) const { throw InputError({file_, line_}, what); }

}  // namespace hwcost::table
