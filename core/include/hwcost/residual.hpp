// A learned correction of prices: boosted regression trees over a layer's figures and its analytic price.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/cost.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/metric.hpp"

namespace hwcost {

// A layer as the trees see it: its extents by name, widths, work, bytes, and the price with its causes' shares. NaN
// where a layer has no figure of that name: trees know which way such layers go.
inline constexpr std::size_t kMostResidualFigures = 128;
struct ResidualFigures {
  std::array<float, kMostResidualFigures> values{};
};
[[nodiscard]] HWCOST_EXPORT std::span<const std::string_view> residual_figure_names();
// `price` is the metric's value of `cost`.
[[nodiscard]] HWCOST_EXPORT ResidualFigures residual_figures(const Layer& layer, const Cost<>& cost, double price);

// A node of a tree: a leaf, or a question whether a figure is below a threshold.
struct ResidualNode {
  int figure = -1;    // index into residual_figure_names(); -1: a leaf
  float value = 0.0;  // the threshold; of a leaf what it adds
  int below = 0;      // node behind this one for figures below the threshold,
  int above = 0;      // for the others,
  int missing = 0;    // and for layers that have no such figure
};
using ResidualTree = std::vector<ResidualNode>;  // the first is the root

class HWCOST_EXPORT Residual {
 public:
  Residual(Metric metric, std::vector<ResidualTree> trees) : metric_(metric), trees_(std::move(trees)) {}
  // Throws InputError at `file`, whatever the bytes are: no such JSON, a figure that nobody knows, nodes that lead
  // nowhere or back, numbers that are none.
  static Residual from_text(std::string_view text, const std::string& file);
  [[nodiscard]] std::string text() const;

  [[nodiscard]] Metric metric() const { return metric_; }  // that is corrected
  [[nodiscard]] std::size_t tree_count() const { return trees_.size(); }
  // measured / price, as learned: the exponential of the sum of the trees' leaves.
  [[nodiscard]] double factor(const ResidualFigures& figures) const;

 private:
  Metric metric_;
  std::vector<ResidualTree> trees_;
};

}  // namespace hwcost
