#include "hwcost/calibration_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hwcost/work.hpp"

namespace hwcost {
namespace {

struct ShapeFigure {
  std::string_view name;
  double value = 0.0;
  std::optional<double> usual;  // that it has in layers which make no use of it
};

// What a kernel's time depends on: extents, widths, and the amounts of work and data that they make together.
std::vector<ShapeFigure> shape_figures(const Layer& layer) {
  std::vector<ShapeFigure> figures;
  std::visit(
      [&]<class D>(const D& dims) {
        static const D kUsual{};
        for (const auto& member : D::kMembers) {
          if (member.name == "bias" || member.name == "depthwise") continue;  // a flag that the kind of layer covers
          figures.push_back({member.name, dims.*member.pointer, kUsual.*member.pointer});
        }
      },
      layer.dims);
  const Facts f = facts(layer);
  const double macs = std::max(f.macs, 1.0);
  figures.push_back({"input_bits", layer.precision.input.bits, {}});
  figures.push_back({"weight_bits", f.bit_ops / (macs * std::max(layer.precision.input.bits, 1.0)), {}});
  figures.push_back({"macs", f.macs, {}});
  figures.push_back({"weight_bytes", f.weight_bytes, {}});
  figures.push_back({"input_bytes", f.input_bytes, {}});
  figures.push_back({"output_bytes", f.output_bytes, {}});
  return figures;
}

const SeenRange* find_range(const std::vector<SeenRange>& seen, std::string_view figure) {
  const auto it = std::find_if(seen.begin(), seen.end(), [&](const SeenRange& r) { return r.figure == figure; });
  return it == seen.end() ? nullptr : &*it;
}

}  // namespace

std::string layer_kind(const Layer& layer) {
  std::string op(name(layer.op));
  const auto* conv = std::get_if<Convolution<>>(&layer.dims);
  if (conv == nullptr) return op;
  if (conv->is_depthwise()) return op + " depthwise";
  if (conv->groups != 1.0) return op + " grouped";
  return op + (conv->kernel() == 1.0 ? " 1x1" : " dense");
}

const CalibratedKind* CalibrationRecord::find(std::string_view kind) const {
  const auto it = std::find_if(kinds.begin(), kinds.end(), [&](const CalibratedKind& k) { return k.kind == kind; });
  return it == kinds.end() ? nullptr : &*it;
}

std::vector<SeenRange> seen_ranges(const std::vector<const Layer*>& layers) {
  std::vector<SeenRange> ranges;
  if (layers.empty()) return ranges;
  for (const ShapeFigure& figure : shape_figures(*layers.front()))
    ranges.push_back({std::string(figure.name), figure.value, figure.value});
  for (const Layer* layer : layers) {
    const std::vector<ShapeFigure> figures = shape_figures(*layer);
    for (std::size_t i = 0; i < ranges.size() && i < figures.size(); ++i) {
      ranges[i].low = std::min(ranges[i].low, figures[i].value);
      ranges[i].high = std::max(ranges[i].high, figures[i].value);
    }
  }
  const std::vector<ShapeFigure> figures = shape_figures(*layers.front());
  const auto is_usual = [&](const SeenRange& range) {
    const auto& usual = figures[static_cast<std::size_t>(&range - ranges.data())].usual;
    return usual && range.low == *usual && range.high == *usual;
  };
  std::vector<SeenRange> kept;
  std::copy_if(ranges.begin(), ranges.end(), std::back_inserter(kept), [&](const auto& r) { return !is_usual(r); });
  return kept;
}

std::string outside(const std::vector<SeenRange>& seen, const Layer& layer) {
  std::string words;
  for (const ShapeFigure& figure : shape_figures(layer)) {
    const SeenRange* range = find_range(seen, figure.name);
    if (range == nullptr && !figure.usual) continue;
    const double low = range != nullptr ? range->low : *figure.usual;
    const double high = range != nullptr ? range->high : *figure.usual;
    if (figure.value >= low && figure.value <= high) continue;
    const bool is_above = figure.value > high;
    words += fmt::format("{}{} {:.6g} ({} {:.6g} measured)", words.empty() ? "" : ", ", figure.name, figure.value,
                         is_above ? "at most" : "at least", is_above ? high : low);
  }
  return words;
}

}  // namespace hwcost
