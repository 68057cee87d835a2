// Tables of how sensitive each output channel is: `layer,channel,score`.
#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

#include "cell.hpp"
#include "did_you_mean.hpp"
#include "header.hpp"
#include "hwcost/import/table.hpp"
#include "text_file.hpp"

namespace hwcost {
namespace {

using table::Cell;

struct Column {
  std::string_view name;
  void (*read)(ChannelScore&, const Cell&);
};

constexpr std::array kColumns{
    Column{"layer", [](ChannelScore& s, const Cell& cell) { s.layer = cell.text; }},
    Column{"channel", [](ChannelScore& s, const Cell& cell) { s.channel = table::count(cell); }},
    Column{"score", [](ChannelScore& s, const Cell& cell) { s.score = table::number(cell); }},
};

// The reader of each of the file's columns; all three must be there.
std::vector<const Column*> columns_of(const table::Header& header) {
  std::vector<const Column*> columns;
  for (const std::string& name : header.names()) {
    const auto* it = std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& c) { return c.name == name; });
    if (it == kColumns.end()) table::refuse_column(name, {"layer", "channel", "score"}, header.place());
    columns.push_back(it);
  }
  for (const Column& column : kColumns) {
    if (std::find(columns.begin(), columns.end(), &column) == columns.end()) {
      throw InputError(header.place(), fmt::format("no column '{}', which every table of scores needs", column.name));
    }
  }
  return columns;
}

}  // namespace

std::vector<ChannelScore> read_scores(std::string_view text, const std::string& file) {
  table::CsvReader reader(text, file);
  const table::Header header(reader, "layer");
  const std::vector<const Column*> columns = columns_of(header);
  std::vector<ChannelScore> scores;
  std::set<std::pair<std::string, double>> seen;
  std::vector<std::string_view> cells;
  while (header.next_row(reader, cells)) {
    ChannelScore score;
    score.place = reader.place();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Cell cell{cells[i], columns[i]->name, file, reader.line()};
      if (cells[i].empty()) cell.fail("is empty");
      columns[i]->read(score, cell);
    }
    if (!seen.emplace(score.layer, score.channel).second) {
      throw InputError(score.place, fmt::format("channel {} of layer {} has a score already", score.channel,
                                                in_quotes(score.layer)));
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

std::vector<ChannelScore> read_scores(const std::filesystem::path& file) {
  return read_scores(read_text_file(file, table::kMostTableBytes), file.string());
}

}  // namespace hwcost
