// Assignment tables: `layer,w_bits,in_bits`.
#include <fmt/format.h>

#include "cell.hpp"
#include "header.hpp"
#include "hwcost/import/table.hpp"
#include "text_file.hpp"

namespace hwcost {
namespace {

using table::Cell;

struct Column {
  std::string_view name;
  void (*read)(Assignment&, const Cell&);
};

constexpr std::array kColumns{
    Column{"layer", [](Assignment& a, const Cell& cell) { a.layer = cell.text; }},
    Column{"w_bits", [](Assignment& a, const Cell& cell) { a.weight = table::weight_format(cell); }},
    Column{"in_bits", [](Assignment& a, const Cell& cell) { a.input = table::activation_format(cell); }},
};

const Column& column_named(std::string_view name, const SourcePlace& place) {
  const auto* it = std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& c) { return c.name == name; });
  if (it == kColumns.end()) table::refuse_column(name, {"layer", "w_bits", "in_bits"}, place);
  return *it;
}

}  // namespace

std::vector<Assignment> read_assignments(std::string_view text, const std::string& file) {
  table::CsvReader reader(text, file);
  const table::Header header(reader, "layer");
  std::vector<const Column*> columns;
  for (const std::string& name : header.names()) columns.push_back(&column_named(name, header.place()));
  std::vector<Assignment> assignments;
  std::vector<std::string_view> cells;
  while (header.next_row(reader, cells)) {
    Assignment assignment;
    assignment.place = reader.place();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i].empty()) columns[i]->read(assignment, {cells[i], columns[i]->name, file, reader.line()});
    }
    if (assignment.layer.empty()) Cell{{}, "layer", file, reader.line()}.fail("is empty");
    assignments.push_back(std::move(assignment));
  }
  return assignments;
}

std::vector<Assignment> read_assignments(const std::filesystem::path& file) {
  return read_assignments(read_text_file(file, table::kMostTableBytes), file.string());
}

}  // namespace hwcost
