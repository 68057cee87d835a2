// One fit of a problem to some of its observations. Private to the component.
#pragma once

#include <Eigen/Core>

#include <string>
#include <vector>

#include "problem.hpp"

namespace hwcost {

using Rows = std::vector<Eigen::Index>;  // of observations, ascending

class Fitter {
 public:
  Fitter(const Problem& problem, double robust_at) : problem_(problem), robust_at_(robust_at) {
    if (problem.is_linear()) linear_ = problem.at(problem.start());
  }

  // Scaled parameters, those of `kept` as they are at the start.
  [[nodiscard]] Eigen::VectorXd fit(const Rows& rows, const std::vector<bool>& kept) const;
  // predicted / measured of all observations.
  [[nodiscard]] Eigen::VectorXd values_at(const Eigen::VectorXd& x) const;
  [[nodiscard]] Linearised at(const Eigen::VectorXd& x) const;

  struct Unknown {
    Eigen::Index parameter;
    std::string reason;
  };
  // Parameters that these observations cannot tell, one a set of those that look alike.
  [[nodiscard]] std::vector<Unknown> unknown(const Rows& rows) const;
  // Standard errors of the scaled parameters; NaN of those that are kept or stand at an end of their range. Each
  // observation's own residual stands for its variance (White, 1980), so noise need not be equal.
  [[nodiscard]] Eigen::VectorXd standard_errors(const Eigen::VectorXd& x, const Rows& rows,
                                                const std::vector<bool>& kept) const;

 private:
  [[nodiscard]] Eigen::VectorXd fit_linear(const Rows& rows, const std::vector<bool>& kept) const;
  [[nodiscard]] Eigen::VectorXd fit_nonlinear(const Rows& rows, const std::vector<bool>& kept) const;
  // Pull of an observation: 1 near 0, falling as its error grows (pseudo-Huber).
  [[nodiscard]] double pull(double residual) const;

  const Problem& problem_;
  double robust_at_;
  Linearised linear_;  // of a linear problem, at the start
};

}  // namespace hwcost
