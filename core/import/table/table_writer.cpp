// Assignments as the CSV table that read_assignments reads.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hwcost/import/table.hpp"

namespace hwcost {
namespace {

// Blanks at a cell's ends are no part of it unless it is quoted.
bool needs_quotes(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  return text.find_first_of(",\"\r\n") != std::string_view::npos ||
         (!text.empty() && (kBlanks.find(text.front()) != std::string_view::npos ||
                            kBlanks.find(text.back()) != std::string_view::npos));
}

// "4", "2:16|8:48", or the width of each channel "8,8,0,4".
std::string widths_text(const WeightFormat& weight) {
  return weight.by_channel.size() < 2 ? to_text(weight) : fmt::format("{}", fmt::join(weight.by_channel, ","));
}

}  // namespace

std::string csv_cell(std::string_view text) {
  if (!needs_quotes(text)) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
  return cell + '"';
}

std::string assignment_table(const std::vector<Assignment>& assignments) {
  std::string text = "layer,w_bits,in_bits\n";
  for (const Assignment& a : assignments) {
    text += fmt::format("{},{},{}\n", csv_cell(a.layer), a.weight ? csv_cell(widths_text(*a.weight)) : "",
                        a.input ? to_text(*a.input) : "");
  }
  return text;
}

}  // namespace hwcost
