#include "residual_fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "boosted_trees.hpp"

namespace hwcost {

using Eigen::Index;
using Eigen::VectorXd;

Residual ResidualFitter::train(const VectorXd& x, const Rows& rows) const {
  const std::vector<ResidualFigures> figures = problem_.figures_at(x);
  const VectorXd ratios = fitter_.values_at(x);
  // One bad measurement is not to be learned: as far off as that counts as no farther.
  const double farthest = 5.0 * options_.robust_at;
  std::vector<TreeSample> samples;
  for (const Index row : rows) {
    samples.push_back({.figures = figures[static_cast<std::size_t>(row)],
                       .target = std::clamp(-std::log(ratios[row]), -farthest, farthest),
                       .weight = fitter_.trust(row)});
  }
  return {metric_, boosted_trees(samples, options_.seed)};
}

VectorXd ResidualFitter::values_at(const VectorXd& x, const Residual& residual) const {
  const std::vector<ResidualFigures> figures = problem_.figures_at(x);
  VectorXd values = fitter_.values_at(x);
  for (Index row = 0; row < values.size(); ++row)
    values[row] *= residual.factor(figures[static_cast<std::size_t>(row)]);
  return values;
}

LearnedResidual worth_of_residual(const Observations& observations, const std::vector<Trial>& without,
                                  const std::vector<Trial>& with) {
  LearnedResidual result;
  result.without = error_report(observations, without);
  result.with = error_report(observations, with);
  struct Sum {
    double gain = 0.0;
    double count = 0.0;
  };
  std::map<std::size_t, Sum> parts;
  Sum all;
  for (std::size_t i = 0; i < with.size(); ++i) {
    const double gain = std::abs(std::log(without[i].ratio)) - std::abs(std::log(with[i].ratio));
    for (Sum* sum : {&parts[with[i].part], &all}) {
      sum->gain += gain;
      sum->count += 1.0;
    }
  }
  if (all.count == 0.0) return result;
  result.gain = all.gain / all.count;
  // Layers of one part share a fit and networks: parts are what varies independently.
  double squares = 0.0;
  for (const auto& [part, sum] : parts) squares += std::pow(sum.gain - result.gain * sum.count, 2);
  const auto n = static_cast<double>(parts.size());
  result.gain_error = n > 1.0 ? std::sqrt(squares * n / (n - 1.0)) / all.count : std::abs(result.gain);
  return result;
}

bool helps(const LearnedResidual& residual) {
  return residual.gain > residual.gain_error && residual.with.all.share_near >= residual.without.all.share_near;
}

}  // namespace hwcost
