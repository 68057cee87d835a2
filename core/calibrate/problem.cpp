#include "problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace hwcost {

using Eigen::Index;
using Eigen::VectorXd;

std::vector<std::string> free_keys(const Description& description) {
  std::vector<std::string> keys;
  for (const auto& [key, parameter] : description.parameters()) {
    if (parameter.free) keys.push_back(key);
  }
  if (keys.empty()) {
    throw InputError({description.file(), 0},
                     "no parameter is free: { source \"...\" kind ... free \"LOW HIGH\" } marks those to be fitted");
  }
  return keys;
}

Problem::Problem(const Description& description, const Registry& registry, const Observations& observations)
    : description_(description), registry_(registry), observations_(observations), keys_(free_keys(description)) {
  std::vector<double> start, low, high;
  for (const std::string& key : keys_) {
    const Parameter& parameter = description.parameters().at(key);
    start.push_back(parameter.value);
    low.push_back(parameter.free->low);
    high.push_back(parameter.free->high);
  }
  const auto n = static_cast<Index>(keys_.size());
  scale_.resize(n);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    scale_[i] = start[k] != 0.0 ? std::abs(start[k]) : high[k] - low[k];
  }
  start_ = VectorXd::Map(start.data(), n).cwiseQuotient(scale_);
  low_ = VectorXd::Map(low.data(), n).cwiseQuotient(scale_);
  high_ = VectorXd::Map(high.data(), n).cwiseQuotient(scale_);
  spreads_.resize(static_cast<Index>(observations.all.size()));
  for (const Observation& o : observations.all) {
    spreads_[static_cast<Index>(layers_.size())] = o.spread;
    layers_.push_back(o.layer);
    facts_.push_back(facts(o.layer));
  }
  check_ranges();
  at_start_ = at(start_);
  check_derivatives(at_start_);
  is_linear_ = follows_its_slope();
}

std::unique_ptr<const Backend> Problem::machine_at(const VectorXd& x) const {
  std::map<std::string, double> values;
  for (std::size_t i = 0; i < keys_.size(); ++i)
    values.emplace(keys_[i], in_base_units(static_cast<Index>(i), x[static_cast<Index>(i)]));
  return registry_.make(description_.with_values(values));
}

double Problem::relative(const Cost<>& cost, std::size_t row, double clock_hertz) const {
  const auto figure = value(observations_.metric, cost, facts_[row], clock_hertz);
  return figure.value_or(0.0) / observations_.all[row].value;
}

Linearised Problem::at(const VectorXd& x) const {
  const auto machine = machine_at(x);
  const double clock = machine->traits().clock_hertz;
  Linearised result{VectorXd(static_cast<Index>(layers_.size())),
                    Eigen::MatrixXd(static_cast<Index>(layers_.size()), static_cast<Index>(keys_.size()))};
  const auto gradients = machine->parameter_gradients(layers_, keys_);
  for (std::size_t row = 0; row < gradients.size(); ++row) {
    if (!gradients[row]) throw InputError({description_.file(), 0}, gradients[row].error().reason);
    const auto r = static_cast<Index>(row);
    result.value[r] = relative(gradients[row]->value, row, clock);
    for (std::size_t k = 0; k < keys_.size(); ++k) {
      const auto column = static_cast<Index>(k);
      result.slope(r, column) = relative(gradients[row]->partial[k], row, clock) * scale_[column];
    }
  }
  return result;
}

VectorXd Problem::values_at(const VectorXd& x) const {
  const auto machine = machine_at(x);
  VectorXd values(static_cast<Index>(layers_.size()));
  for (std::size_t row = 0; row < layers_.size(); ++row) {
    const auto estimate = machine->estimate(layers_[row]);
    if (!estimate) throw InputError({description_.file(), 0}, estimate.error().reason);
    values[static_cast<Index>(row)] = relative(estimate->cost, row, machine->traits().clock_hertz);
  }
  return values;
}

std::vector<double> Problem::grid(Index parameter) const {
  constexpr int kSteps = 16;
  constexpr double kFinest = 1e-8;  // of a range that begins at 0 or below
  const double low = low_[parameter];
  const double high = high_[parameter];
  const double first = low > 0.0 ? low : kFinest * (high - low);
  std::vector<double> values;
  if (low <= 0.0) values.push_back(low);
  for (int i = 0; i <= kSteps; ++i)
    values.push_back(std::min(high, first * std::pow(high / first, i / double{kSteps})));
  return values;
}

std::vector<ResidualFigures> Problem::figures_at(const VectorXd& x) const {
  const auto machine = machine_at(x);
  std::vector<ResidualFigures> figures;
  for (std::size_t row = 0; row < layers_.size(); ++row) {
    const auto estimate = machine->estimate(layers_[row]);
    if (!estimate) throw InputError({description_.file(), 0}, estimate.error().reason);
    const auto price = value(observations_.metric, estimate->cost, facts_[row], machine->traits().clock_hertz);
    figures.push_back(residual_figures(layers_[row], estimate->cost, price.value_or(0.0)));
  }
  return figures;
}

// The model itself says which values it takes, at the line of the parameter.
void Problem::check_ranges() const {
  for (Index i = 0; i < start_.size(); ++i) {
    for (const double end : {low_[i], high_[i]}) {
      VectorXd x = start_;
      x[i] = end;
      (void)machine_at(x);
    }
  }
}

// At points near and far the predictions are where the slopes at the start point to. Far ones tell a sum from the
// longest of several parts.
bool Problem::follows_its_slope() const {
  constexpr std::array kFactors{0.3, 1.01, 4.0};
  for (std::size_t point = 0; point < kFactors.size(); ++point) {
    VectorXd x = start_;
    for (Index i = 0; i < x.size(); ++i) {
      const double factor = kFactors[(point + static_cast<std::size_t>(i)) % kFactors.size()];
      const double moved = x[i] == 0.0 ? low_[i] + 1e-3 * factor * (high_[i] - low_[i]) : x[i] * factor;
      x[i] = std::clamp(moved, low_[i], high_[i]);
    }
    const VectorXd expected = at_start_.value + at_start_.slope * (x - start_);
    const VectorXd found = values_at(x);
    if (!((found - expected).cwiseAbs().maxCoeff() <= 1e-9 * found.cwiseAbs().maxCoeff())) return false;  // nor if NaN
  }
  return true;
}

// What a formula rounds by or decides by has a derivative that leads nowhere; so has a clock that turns cycles into
// seconds behind the formula's back.
void Problem::check_derivatives(const Linearised& here) const {
  constexpr Index kLayers = 40;
  const Index rows = here.value.size();
  const Index stride = std::max<Index>(1, rows / kLayers);
  for (Index k = 0; k < start_.size(); ++k) {
    const double step = 1e-4 * std::min(1.0, high_[k] - low_[k]);
    VectorXd x = start_;
    const double sign = start_[k] + step <= high_[k] ? 1.0 : -1.0;
    x[k] += sign * step;
    const auto machine = machine_at(x);
    double off = 0.0;
    double size = 0.0;
    for (Index row = 0; row < rows; row += stride) {
      const auto r = static_cast<std::size_t>(row);
      const auto estimate = machine->estimate(layers_[r]);
      if (!estimate) continue;
      const double change = relative(estimate->cost, r, machine->traits().clock_hertz) - here.value[row];
      off = std::max(off, std::abs(change - sign * step * here.slope(row, k)));
      size = std::max(size, std::abs(change));
    }
    if (off > 0.01 * size + 1e-12) {
      const std::string& key = keys_[static_cast<std::size_t>(k)];
      throw InputError(
          description_.parameters().at(key).place,
          fmt::format("'{}' cannot be fitted: the formula has no derivative by it that follows the price", key));
    }
  }
}

}  // namespace hwcost
