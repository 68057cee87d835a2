#include "hwcost/calibrate/plan.hpp"

#include <Eigen/Core>

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "hwcost/work.hpp"
#include "problem.hpp"
#include "random.hpp"

namespace hwcost {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Metric first_metric(const Backend& backend) {
  for (const Metric metric : {Metric::latency_seconds, Metric::latency_cycles}) {
    if (backend.traits().metrics.contains(metric)) return metric;
  }
  return Metric::energy_joules;
}

// The layers that the machine prices, each with its price for what was measured: slopes are relative to it then.
class Candidates {
 public:
  explicit Candidates(const Backend& backend) : backend_(backend) { observations_.metric = first_metric(backend); }

  // Whether the layer is new and has a price.
  bool add(const Layer& layer) {
    std::string shape = shape_of(layer);
    if (known_.contains(shape)) return false;
    const auto estimate = backend_.estimate(layer);
    if (!estimate) return false;
    const double clock = backend_.traits().clock_hertz;
    const double price = value(observations_.metric, estimate->cost, facts(layer), clock).value_or(0.0);
    if (!(price > 0.0)) return false;
    known_.insert(shape);
    observations_.all.push_back({.layer = layer, .value = price, .shape = std::move(shape)});
    return true;
  }
  [[nodiscard]] const Observations& observations() const { return observations_; }
  [[nodiscard]] std::size_t size() const { return observations_.all.size(); }

 private:
  const Backend& backend_;
  Observations observations_;
  std::set<std::string> known_;
};

// The inverse of the information that rows make together, kept up to date row by row. Rows are mostly zeros.
class Information {
 public:
  // Each parameter is known beforehand as well as a hundredth of a typical row tells it.
  explicit Information(const MatrixXd& rows) : rows_(rows), filled_(static_cast<std::size_t>(rows.rows())) {
    constexpr double kKnownBefore = 0.01;
    inverse_ = MatrixXd::Identity(rows.cols(), rows.cols()) / kKnownBefore;
    for (Index row = 0; row < rows.rows(); ++row) {
      for (Index i = 0; i < rows.cols(); ++i) {
        if (rows(row, i) != 0.0) filled_[static_cast<std::size_t>(row)].push_back(i);
      }
    }
  }
  // How much the determinant would grow.
  [[nodiscard]] double gain(Index row) const {
    double sum = 0.0;
    const std::vector<Index>& filled = filled_[static_cast<std::size_t>(row)];
    for (const Index i : filled) {
      for (const Index j : filled) sum += rows_(row, i) * inverse_(i, j) * rows_(row, j);
    }
    return sum;
  }
  void add(Index row) {
    const VectorXd moved = inverse_ * rows_.row(row).transpose();
    const double grown = 1.0 + rows_.row(row).dot(moved);
    inverse_ -= moved * moved.transpose() / grown;
  }

 private:
  const MatrixXd& rows_;
  std::vector<std::vector<Index>> filled_;
  MatrixXd inverse_;
};

// Columns of one length: a parameter's unit does not make it matter more.
MatrixXd normalised(MatrixXd slope) {
  for (Index i = 0; i < slope.cols(); ++i) {
    const double length = slope.col(i).norm();
    const auto used = static_cast<double>((slope.col(i).array() != 0.0).count());
    if (length > 0.0) slope.col(i) *= std::sqrt(used) / length;
  }
  return slope;
}

}  // namespace

std::vector<Layer> plan(const Description& description, const Registry& registry, const std::vector<Layer>& pool,
                        const std::vector<Layer>& measured, const PlanOptions& options) {
  const auto backend = registry.make(description);
  Candidates candidates(*backend);
  for (const Layer& layer : measured) candidates.add(layer);
  const std::size_t known = candidates.size();
  for (const Layer& layer : pool) candidates.add(layer);
  if (candidates.size() == known)
    throw InputError({options.pool, 0}, "no layer is left to measure: each has no price here or is measured already");

  const Problem problem(description, registry, candidates.observations());
  const MatrixXd slope = normalised(problem.at(problem.start()).slope);
  Information information(slope);
  for (std::size_t i = 0; i < known; ++i) information.add(static_cast<Index>(i));

  std::vector<Index> left;
  for (std::size_t i = known; i < candidates.size(); ++i) left.push_back(static_cast<Index>(i));
  const std::size_t wanted = std::min(options.layers, left.size());
  const auto random_ones = static_cast<std::size_t>(options.random_share * static_cast<double>(wanted));
  Random random(options.seed);
  std::vector<Layer> chosen;
  while (chosen.size() < wanted) {
    auto best = left.begin() + static_cast<std::ptrdiff_t>(random.below(left.size()));
    if (chosen.size() + random_ones < wanted) {
      double most = -1.0;
      for (auto it = left.begin(); it != left.end(); ++it) {
        const double gain = information.gain(*it);
        if (gain > most) {
          most = gain;
          best = it;
        }
      }
    }
    information.add(*best);
    chosen.push_back(candidates.observations().all[static_cast<std::size_t>(*best)].layer);
    left.erase(best);
  }
  return chosen;
}

}  // namespace hwcost
