#include "text_table.hpp"

#include <algorithm>
#include <utility>

namespace hwcost::command {
namespace {

constexpr std::string_view kGap = "  ";

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

// Characters, not bytes.
std::size_t width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_a_character));
}

void append_cell(std::string& line, std::string_view cell, std::size_t to_width, Align align) {
  const std::string padding(to_width - width(cell), ' ');
  line += align == Align::right ? padding : "";
  line += cell;
  line += align == Align::left ? padding : "";
}

}  // namespace

// Control characters are one byte (C0, DEL) or two in UTF-8 (C1: U+0080 to U+009F).
std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t k = 0; k < text.size(); ++k) {
    const auto byte = static_cast<unsigned char>(text[k]);
    const bool is_c1 =
        byte == 0xC2u && k + 1 < text.size() && (static_cast<unsigned char>(text[k + 1]) & 0xE0u) == 0x80u;
    result += byte < 0x20u || byte == 0x7Fu || is_c1 ? '?' : text[k];
    if (is_c1) ++k;
  }
  return result;
}

std::string TextTable::text() const {
  std::vector<std::vector<std::string>> rows = rows_;
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      row[c] = printable(row[c]);
      widths[c] = std::max(widths[c], width(row[c]));
    }
  }
  std::string rule;
  std::vector<std::string> titles;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    titles.push_back(columns_[c].title);
    if (widths[c] == 0) continue;
    widths[c] = std::max(widths[c], width(columns_[c].title));
    rule += (rule.empty() ? "" : std::string(kGap)) + std::string(widths[c], '-');
  }
  std::string text;
  const auto append_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (widths[c] == 0) continue;
      if (!line.empty()) line += kGap;
      append_cell(line, cells[c], widths[c], columns_[c].align);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  append_row(titles);
  text += rule + '\n';
  for (const auto& row : rows) row.empty() ? void(text += rule + '\n') : append_row(row);
  return text;
}

}  // namespace hwcost::command
