// One fit of a problem to some of its observations. Private to the component.
#pragma once

#include <Eigen/Core>

#include <string>
#include <vector>

#include "problem.hpp"

namespace hwcost {

using Rows = std::vector<Eigen::Index>;  // of observations, ascending

// How well the scaled parameters of a fit are known. NaN and 0 of those that are kept, stand at an end of their range
// or have a value that no measurement depends on.
struct Certainty {
  // By each observation's own residual as it would be without it (HC3: MacKinnon and White, 1985), so that noise need
  // not be equal, or by the residuals of all where that is more.
  Eigen::VectorXd standard_error;
  Eigen::VectorXd told_by;   // as many observations of equal influence would tell it as well
  std::vector<bool> at_end;  // of its range
};

struct Fit {
  Eigen::VectorXd x;        // scaled parameters
  bool has_settled = true;  // false: steps were still going down when they were broken off
};

class Fitter {
 public:
  Fitter(const Problem& problem, double robust_at) : problem_(problem), robust_at_(robust_at) {
    if (problem.is_linear()) linear_ = problem.at(problem.start());
    trust_ = problem.spreads().unaryExpr([&](double spread) { return trust_in(spread, robust_at); });
  }

  // Weight of an observation by its spread.
  [[nodiscard]] double trust(Eigen::Index row) const { return trust_[row]; }
  // Parameters of `kept` are as they are at the start. Throws InputError where the model has no finite price there.
  [[nodiscard]] Fit fit(const Rows& rows, const std::vector<bool>& kept) const;
  // predicted / measured of all observations.
  [[nodiscard]] Eigen::VectorXd values_at(const Eigen::VectorXd& x) const;
  [[nodiscard]] Linearised at(const Eigen::VectorXd& x) const;

  struct Unknown {
    Eigen::Index parameter;
    std::string reason;
  };
  // Parameters that these observations cannot tell, one a set of those that look alike; of a model that is not linear,
  // where a fit of all parameters ends.
  [[nodiscard]] std::vector<Unknown> unknown(const Rows& rows) const;
  [[nodiscard]] Certainty certainty(const Eigen::VectorXd& x, const Rows& rows, const std::vector<bool>& kept) const;

 private:
  // Whether some value of its range moves a prediction, the other parameters being as they are in x.
  [[nodiscard]] bool moves_any(Eigen::Index parameter, const Eigen::VectorXd& x, const Rows& rows) const;
  [[nodiscard]] Fit fit_linear(const Rows& rows, const std::vector<bool>& kept) const;
  [[nodiscard]] Fit fit_nonlinear(const Rows& rows, const std::vector<bool>& kept) const;
  // Pull of an observation: 1 near 0, falling as its error grows (pseudo-Huber).
  [[nodiscard]] double pull(double residual) const;
  // Weight of an observation by the spread of what was measured: a spread far below the model's own errors changes
  // nothing.
  static double trust_in(double spread, double robust_at) {
    return robust_at * robust_at / (robust_at * robust_at + spread * spread);
  }
  // Weight of the pull towards the description's values: as of one measurement that is off by as much as is usual when
  // a parameter is off by all its size. None where there are several measurements a parameter.
  [[nodiscard]] double prior(const Rows& rows) const {
    constexpr std::size_t kEnough = 4;
    const bool are_enough = rows.size() >= kEnough * static_cast<std::size_t>(problem_.start().size());
    return are_enough ? 0.0 : robust_at_ * robust_at_;
  }

  const Problem& problem_;
  double robust_at_;
  Linearised linear_;      // of a linear problem, at the start
  Eigen::VectorXd trust_;  // in each observation
};

}  // namespace hwcost
