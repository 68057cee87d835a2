// CSV while it is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "figures.hpp"
#include "hwcost/import/table.hpp"
#include "numbers.hpp"

namespace hwcost::command {

class CsvText {
 public:
  void add(std::string_view cell) {
    if (!at_line_start_) text_ += ',';
    at_line_start_ = false;
    text_ += csv_cell(cell);
  }
  void add(std::optional<double> number) { add(number ? exact(*number) : std::string()); }
  void add_count(std::size_t count) { add(std::to_string(count)); }
  void add_names(const std::vector<Figure>& figures) {
    for (const Figure& figure : figures) add(figure.name);
  }
  void add_values(const std::vector<Figure>& figures) {
    for (const Figure& figure : figures) figure.text.empty() ? add(figure.number) : add(figure.text);
  }
  void end_line() {
    text_ += '\n';
    at_line_start_ = true;
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
  bool at_line_start_ = true;
};

}  // namespace hwcost::command
