// What a layer's latency is made of, and how the machine runs it.
#include <fmt/format.h>

#include <algorithm>

#include "numbers.hpp"
#include "report_output.hpp"
#include "report_parts.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

// The names of all figures, in the order in which they first come.
std::vector<std::string_view> mapping_names(const NetworkReport& report) {
  std::vector<std::string_view> names;
  for (const LayerReport& layer : report.layers) {
    for (const Mapping& part : layer.mapping) {
      for (const MappingFigure& figure : part.figures) {
        if (std::find(names.begin(), names.end(), figure.name) == names.end()) names.push_back(figure.name);
      }
    }
  }
  return names;
}

void add_mapping(const Mapping& part, const std::vector<std::string_view>& names, std::vector<std::string>& cells) {
  cells.push_back(fmt::format("{} bit", exact(part.weight_bits)));
  for (const std::string_view name : names) {
    const auto figure =
        std::find_if(part.figures.begin(), part.figures.end(), [&](const MappingFigure& f) { return f.name == name; });
    cells.push_back(figure == part.figures.end() ? "" : grouped(figure->value));
  }
}

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

// A row a layer that costs something, and one more for each further weight width of it.
std::string breakdown_table(const NetworkReport& report) {
  std::vector<TextTable::Column> columns{
      {"layer", Align::left}, {"machine", Align::left},  {"cycles"}, {"compute"}, {"exposed memory"},
      {"overhead"},           {"bound by", Align::left}, {"weights"}};
  const std::vector<std::string_view> names = mapping_names(report);
  for (const std::string_view name : names) columns.push_back({words(name)});
  TextTable table(columns);
  for (const LayerReport& layer : report.layers) {
    const Cost<>& cost = layer.cost;
    if (layer.status == Status::unsupported || cost.latency().value == 0.0) continue;
    std::vector<std::string> cells{layer.name,
                                   layer.machine,
                                   grouped(cost.latency().value),
                                   grouped(cost.compute.value),
                                   grouped((cost.busy - cost.compute).value),
                                   grouped(cost.overhead.value),
                                   std::string(bottleneck(cost))};
    std::size_t rows = 0;
    for (const Mapping& part : layer.mapping) {
      if (rows++ > 0) cells.assign(7, "");
      add_mapping(part, names, cells);
      table.add_row(std::exchange(cells, {}));
    }
    if (rows > 0) continue;
    cells.resize(columns.size());
    table.add_row(std::move(cells));
  }
  return table.text();
}

}  // namespace

std::string breakdown_tables(const std::vector<PricedRun>& runs) {
  std::string text;
  for (const PricedRun& run : runs) {
    for (const NetworkReport& report : run.reports) {
      if (!text.empty()) text += '\n';
      if (run.input_shape) text += printable(*run.input_shape) + '\n';
      text += head(report) + breakdown_table(report) + '\n' + foot(report);
    }
  }
  return text;
}

}  // namespace hwcost::command
