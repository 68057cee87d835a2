// Models that are not linear in their parameters, by Ceres.
#include <ceres/ceres.h>

#include <cmath>
#include <vector>

#include "fit.hpp"

namespace hwcost {
namespace {

using Eigen::Index;
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

 private:
  const Problem& problem_;
  const Rows& rows_;
  const std::vector<bool>& kept_;
  const VectorXd& trust_;
  double robust_at_;
  double prior_;
};

}  // namespace

VectorXd Fitter::fit_nonlinear(const Rows& rows, const std::vector<bool>& kept) const {
  VectorXd x = problem_.start();
  ceres::Problem problem;
  auto* residuals = new Residuals(problem_, rows, kept, trust_, robust_at_, prior(rows));  // Ceres owns it
  problem.AddResidualBlock(residuals, nullptr, x.data());
  std::vector<int> constant;
  for (int k = 0; k < static_cast<int>(x.size()); ++k) {
    if (kept[static_cast<std::size_t>(k)]) constant.push_back(k);
    problem.SetParameterLowerBound(x.data(), k, problem_.low()[k]);
    problem.SetParameterUpperBound(x.data(), k, problem_.high()[k]);
  }
  if (constant.size() == static_cast<std::size_t>(x.size())) return x;
  if (!constant.empty())
    problem.SetManifold(x.data(), new ceres::SubsetManifold(static_cast<int>(x.size()), constant));  // owned by Ceres
  ceres::Solver::Options options;
  options.logging_type = ceres::SILENT;
  options.num_threads = 1;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.function_tolerance = 1e-14;
  options.parameter_tolerance = 1e-12;
  options.gradient_tolerance = 1e-14;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return x;
}

}  // namespace hwcost
