// Models that are not linear in their parameters, by Ceres.
#include <ceres/ceres.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "fit.hpp"

namespace hwcost {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// All residuals in one block, since the machine is made anew at every point. A residual is the square root of its
// pseudo-Huber loss, so that the sum of squares is the robust sum.
class Residuals final : public ceres::CostFunction {
 public:
  // `trust` is the weight of each observation, `prior` that of the pull of each parameter towards its start.
  Residuals(const Problem& problem, const Rows& rows, const std::vector<bool>& kept, const VectorXd& trust,
            double robust_at, double prior)
      : problem_(problem), rows_(rows), kept_(kept), trust_(trust), robust_at_(robust_at), prior_(std::sqrt(prior)) {
    set_num_residuals(static_cast<int>(rows.size()) + static_cast<int>(problem.start().size()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(problem.start().size()));
  }

  bool Evaluate(double const* const* parameters, double* residuals, double** jacobians) const override {
    const Index n = problem_.start().size();
    const VectorXd x = VectorXd::Map(parameters[0], n);
    const bool wants_slope = jacobians != nullptr && jacobians[0] != nullptr;
    const Linearised here = wants_slope ? problem_.at(x) : Linearised{problem_.values_at(x), {}};
    if (!here.value.allFinite() || !here.slope.allFinite()) return false;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double trust = std::sqrt(trust_[rows_[i]]);
      const double error = here.value[rows_[i]] - 1.0;
      const double r = error / robust_at_;
      const double root = std::sqrt(1.0 + r * r);
      // loss = 2 d^2 (root - 1), written so that small errors keep their digits.
      residuals[i] = trust * error * std::sqrt(2.0 / (1.0 + root));
      if (!wants_slope) continue;
      const double rise = trust * std::sqrt((1.0 + root) / 2.0) / root;
      for (Index k = 0; k < n; ++k) {
        jacobians[0][static_cast<Index>(i) * n + k] =
            kept_[static_cast<std::size_t>(k)] ? 0.0 : rise * here.slope(rows_[i], k);
      }
    }
    for (Index k = 0; k < n; ++k) {
      const auto row = static_cast<Index>(rows_.size()) + k;
      residuals[row] = prior_ * (x[k] - problem_.start()[k]);
      for (Index column = 0; wants_slope && column < n; ++column)
        jacobians[0][row * n + column] = column == k && !kept_[static_cast<std::size_t>(k)] ? prior_ : 0.0;
    }
    return true;
  }

  // The robust sum that is to be least; infinite where the model has no number.
  [[nodiscard]] double cost_at(const VectorXd& x) const {
    VectorXd residuals(num_residuals());
    const double* parameters = x.data();
    return Evaluate(&parameters, residuals.data(), nullptr) ? residuals.squaredNorm()
                                                            : std::numeric_limits<double>::infinity();
  }

 private:
  const Problem& problem_;
  const Rows& rows_;
  const std::vector<bool>& kept_;
  const VectorXd& trust_;
  double robust_at_;
  double prior_;
};

// Where a parameter has the best of its grid values, the others being as they are in x; one parameter after the other.
VectorXd searched(const Problem& problem, const Residuals& residuals, VectorXd x,
                  const std::vector<Index>& parameters) {
  double least = residuals.cost_at(x);
  for (const Index k : parameters) {
    VectorXd other = x;
    for (const double value : problem.grid(k)) {
      other[k] = value;
      const double cost = residuals.cost_at(other);
      if (!(cost < least)) continue;
      least = cost;
      x = other;
    }
  }
  return x;
}

std::vector<Index> free_ones(const std::vector<bool>& kept) {
  std::vector<Index> free;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    if (!kept[k]) free.push_back(static_cast<Index>(k));
  }
  return free;
}

// Levenberg and Marquardt's way down from x; nothing where the model has no number there.
std::optional<Fit> descended(const Problem& problem, Residuals& residuals, const std::vector<bool>& kept, VectorXd x) {
  ceres::Problem::Options ownership;
  ownership.cost_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
  ceres::Problem solved(ownership);
  solved.AddResidualBlock(&residuals, nullptr, x.data());
  std::vector<int> constant;
  for (int k = 0; k < static_cast<int>(x.size()); ++k) {
    if (kept[static_cast<std::size_t>(k)]) constant.push_back(k);
    solved.SetParameterLowerBound(x.data(), k, problem.low()[k]);
    solved.SetParameterUpperBound(x.data(), k, problem.high()[k]);
  }
  if (!constant.empty())
    solved.SetManifold(x.data(), new ceres::SubsetManifold(static_cast<int>(x.size()), constant));  // owned by Ceres
  ceres::Solver::Options options;
  options.logging_type = ceres::SILENT;
  options.num_threads = 1;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.function_tolerance = 1e-14;
  options.parameter_tolerance = 1e-12;
  options.gradient_tolerance = 1e-14;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &solved, &summary);
  if (!summary.IsSolutionUsable() || !x.allFinite()) return std::nullopt;
  return Fit{x, summary.termination_type == ceres::CONVERGENCE};
}

}  // namespace

// Down from the description's values, and from where each parameter in turn has the best of its grid's. A parameter
// that nothing depends on at the end of a way may be beyond a bend of the model: it is looked for along its range, and
// the way goes on from there.
Fit Fitter::fit_nonlinear(const Rows& rows, const std::vector<bool>& kept) const {
  constexpr int kMostTurns = 4;
  const std::vector<Index> free = free_ones(kept);
  if (free.empty()) return {problem_.start(), true};
  Residuals residuals(problem_, rows, kept, trust_, robust_at_, prior(rows));
  std::optional<Fit> best;
  double least = std::numeric_limits<double>::infinity();
  for (VectorXd x : {problem_.start(), searched(problem_, residuals, problem_.start(), free)}) {
    for (int turn = 0; turn < kMostTurns; ++turn) {
      const std::optional<Fit> found = descended(problem_, residuals, kept, x);
      if (!found) break;
      const double cost = residuals.cost_at(found->x);
      if (cost < least) {
        least = cost;
        best = found;
      }
      const MatrixXd slope = problem_.at(found->x).slope(rows, free);
      std::vector<Index> untold;
      for (std::size_t i = 0; i < free.size(); ++i) {
        if (slope.col(static_cast<Index>(i)).isZero(0.0)) untold.push_back(free[i]);
      }
      x = searched(problem_, residuals, found->x, untold);
      if (x == found->x) break;
    }
  }
  if (!best)
    throw InputError({problem_.file(), 0}, "cannot be fitted: no finite price at the values that it starts from");
  return *best;
}

}  // namespace hwcost
