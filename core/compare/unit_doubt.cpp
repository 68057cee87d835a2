#include "hwcost/compare/unit_doubt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

// Figures this far from what is expected are of another unit.
constexpr double kOtherUnit = 300.0;

bool is_far(double ratio) { return ratio > kOtherUnit || ratio < 1.0 / kOtherUnit; }

// The power of a thousand that is nearest to the ratio or to its inverse.
double factor_between_units(double ratio) {
  return std::pow(1000.0, std::max(1.0, std::round(std::abs(std::log10(ratio)) / 3.0)));
}

}  // namespace

std::optional<UnitDoubt> unit_doubt(Metric metric, const std::vector<double>& ratios) {
  if (ratios.empty()) return std::nullopt;
  const double typical = median(ratios);
  if (is_far(typical)) {
    return UnitDoubt{std::nullopt, fmt::format("measured_{} is {:.3g} times what the description predicts, for half of "
                                               "the layers: are the units mixed up, by a factor of {}?",
                                               name(metric), typical, factor_between_units(typical))};
  }
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    const double off = ratios[i] / typical;
    if (!is_far(off)) continue;
    return UnitDoubt{i, fmt::format("measured_{} is {:.3g} times what the other lines let expect: is it of another "
                                    "unit?",
                                    name(metric), off)};
  }
  return std::nullopt;
}

std::optional<std::string> unit_doubt(const Comparison& comparison) {
  std::vector<double> ratios;
  std::vector<const ComparedLayer*> layers;
  for (const ComparedLayer& layer : comparison.layers) {
    if (layer.pairing != Pairing::compared || !(*layer.predicted > 0.0)) continue;
    ratios.push_back(*layer.measured / *layer.predicted);
    layers.push_back(&layer);
  }
  const auto doubt = unit_doubt(comparison.metric, ratios);
  if (!doubt) return std::nullopt;
  return fmt::format("{}: {}", doubt->index ? layers[*doubt->index]->origin : comparison.against, doubt->sentence);
}

}  // namespace hwcost
