#include "hwcost/compare/measured_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "hwcost/error.hpp"
#include "hwcost/import/kernel_columns.hpp"
#include "hwcost/op.hpp"
#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

// The same text for layers that run the same kernel on operands of the same sizes.
std::string operands_of(const Layer& layer) {
  std::string text(name(layer.op));
  std::visit(
      [&]<class D>(const D& dims) {
        for (const auto& member : D::kMembers) {
          if (member.name != "depthwise") text += fmt::format(" {}", dims.*member.pointer);
        }
      },
      layer.dims);
  if (const auto* conv = std::get_if<Convolution<>>(&layer.dims)) text += conv->is_depthwise() ? " depthwise" : "";
  return text + fmt::format(" {} {}", to_text(layer.precision.input), to_text(layer.precision.weight));
}
// What is done on the way out.
std::string epilogue_of(const Layer& layer) {
  const Precision& p = layer.precision;
  std::string text = fmt::format("{} {}", to_text(p.output), to_text(p.bias));
  if (p.requantization) text += fmt::format(" {} {}", p.requantization->scale_bits, p.requantization->shift);
  if (layer.fused_activation) text += fmt::format(" {}", name(*layer.fused_activation));
  return text;
}

class Index {
 public:
  explicit Index(const std::vector<MeasuredLayer>& measured) {
    for (const MeasuredLayer& layer : measured)
      by_operands_[operands_of(layer.layer)][epilogue_of(layer.layer)].push_back(&layer);
  }

  [[nodiscard]] MeasuredFigure find(const Layer& layer, const std::string& source) const {
    const auto same_operands = by_operands_.find(operands_of(layer));
    if (same_operands == by_operands_.end()) return {std::nullopt, {}, fmt::format("{} does not have it", source)};
    const auto& epilogues = same_operands->second;
    const auto same_epilogue = epilogues.find(epilogue_of(layer));
    if (same_epilogue != epilogues.end()) return median_of(same_epilogue->second);
    std::vector<const MeasuredLayer*> others;
    for (const auto& [epilogue, layers] : epilogues) others.insert(others.end(), layers.begin(), layers.end());
    MeasuredFigure figure = median_of(others);
    figure.origin += ", with another activation, output or bias";
    return figure;
  }

 private:
  static MeasuredFigure median_of(const std::vector<const MeasuredLayer*>& layers) {
    std::vector<double> values;
    for (const MeasuredLayer* layer : layers) values.push_back(layer->value);
    std::sort(values.begin(), values.end());
    const std::string more = layers.size() > 1 ? fmt::format(" and {} more, the median", layers.size() - 1) : "";
    return {quantile(values, 0.5), layers.front()->origin + more, {}};
  }

  std::map<std::string, std::map<std::string, std::vector<const MeasuredLayer*>>> by_operands_;
};

// All rows that have a figure were measured in one way.
void check_conditions(const LayerTable& table, const std::vector<MeasuredFigure>& figures) {
  const TableRow* first = nullptr;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (!figures[i].value) continue;
    const TableRow& row = table.rows[i];
    if (first == nullptr) first = &row;
    if (conditions_of(row) == conditions_of(*first)) continue;
    throw InputError(place_of(table.graph.file, row),
                     fmt::format("measured on or with '{}', and {} on or with '{}': measurements of one machine, "
                                 "library and way of measuring are wanted",
                                 conditions_of(row), name_of(*first), conditions_of(*first)));
  }
}

std::string origin_of(const LayerTable& table, const TableRow& row) {
  return fmt::format("{}:{}", std::filesystem::path(table.graph.file).filename().string(), row.line);
}

}  // namespace

const std::vector<Metric>& comparable_metrics() {
  static const std::vector<Metric> kMetrics{Metric::latency_seconds, Metric::latency_cycles, Metric::energy_joules};
  return kMetrics;
}

MetricSet measured_metrics(const LayerTable& table) {
  MetricSet metrics;
  for (const TableRow& row : table.rows) {
    for (const TableFigure& figure : row.measured) {
      for (const Metric metric : comparable_metrics()) {
        if (figure.metric == name(metric)) metrics.insert(metric);
      }
    }
  }
  return metrics;
}

std::vector<MeasuredFigure> measured_rows(const LayerTable& table, Metric metric) {
  std::vector<MeasuredFigure> figures;
  for (const TableRow& row : table.rows) {
    MeasuredFigure& found = figures.emplace_back();
    found.origin = origin_of(table, row);
    found.why_not = fmt::format("measured_{} is empty in its row", name(metric));
    for (const TableFigure& figure : row.measured) {
      if (figure.metric != name(metric)) continue;
      if (!(figure.value > 0.0) || !std::isfinite(figure.value)) {
        throw InputError(place_of(table.graph.file, row),
                         fmt::format("measured_{} is {}; wanted a number above 0", name(metric), figure.value));
      }
      found.value = figure.value;
      found.why_not.clear();
    }
  }
  check_conditions(table, figures);
  return figures;
}

std::vector<MeasuredLayer> measured_layers(const LayerTable& table, Metric metric) {
  const std::vector<MeasuredFigure> figures = measured_rows(table, metric);
  std::vector<MeasuredLayer> layers;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].value) layers.push_back({kernel_layer(table, i), *figures[i].value, figures[i].origin});
  }
  return layers;
}

std::vector<std::string> networks_of(const TableRow& row) {
  std::vector<std::string> networks;
  const auto column = row.extra.find("network");
  if (column == row.extra.end()) return networks;
  std::string_view rest = column->second;
  while (!rest.empty()) {
    const std::string_view network = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), network.size() + 1));
    if (!network.empty() && network != "random") networks.emplace_back(network);
  }
  return networks;
}

std::string conditions_of(const TableRow& row) {
  std::string text;
  for (const char* column : {"processor", "isa", "caches", "library", "governor", "threads", "buffers"}) {
    const auto cell = row.extra.find(column);
    if (cell != row.extra.end() && !cell->second.empty())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", column, cell->second);
  }
  return text;
}

std::vector<MeasuredFigure> figures_of(const NetworkReport& other, Metric metric) {
  std::vector<MeasuredFigure> figures;
  for (const LayerReport& layer : other.layers) {
    MeasuredFigure& figure = figures.emplace_back();
    figure.origin = layer.machine;
    const auto value = layer.status == Status::unsupported ? std::nullopt : layer.metric(metric);
    if (value && *value > 0.0)
      figure.value = *value / layer.repeat;
    else if (!layer.reason.empty())
      figure.why_not = fmt::format("{}: {}", other.hardware.name, layer.reason);
    else
      figure.why_not = fmt::format("{} has no {} of it", other.hardware.name, name(metric));
  }
  return figures;
}

std::vector<MeasuredFigure> look_up(const Graph& graph, const NetworkReport& report,
                                    const std::vector<MeasuredLayer>& measured, const std::string& source) {
  const Index index(measured);
  std::vector<MeasuredFigure> figures;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Layer layer = graph.nodes[i].layer;
    layer.precision = report.layers[i].precision;
    figures.push_back(index.find(layer, source));
  }
  return figures;
}

}  // namespace hwcost
