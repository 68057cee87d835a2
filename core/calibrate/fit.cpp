#include "fit.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "least_squares.hpp"

namespace hwcost {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// Adds weight · row' row to the upper triangle; rows are mostly zeros.
void add_square(const Eigen::Ref<const Eigen::RowVectorXd>& row, double weight, std::vector<Index>& filled,
                MatrixXd& normal) {
  filled.clear();
  for (Index i = 0; i < row.size(); ++i) {
    if (row[i] != 0.0) filled.push_back(i);
  }
  for (const Index i : filled) {
    const double scaled = weight * row[i];
    for (const Index j : filled) normal(i, j) += scaled * row[j];
  }
}

MatrixXd normal_matrix(const MatrixXd& slope, const Rows& rows, const VectorXd& weight) {
  MatrixXd normal = MatrixXd::Zero(slope.cols(), slope.cols());
  std::vector<Index> filled;
  for (const Index row : rows) add_square(slope.row(row), weight[row], filled, normal);
  return normal;
}

}  // namespace

double Fitter::pull(double residual) const {
  const double r = residual / robust_at_;
  return 1.0 / std::sqrt(1.0 + r * r);
}

Fit Fitter::fit(const Rows& rows, const std::vector<bool>& kept) const {
  return problem_.is_linear() ? fit_linear(rows, kept) : fit_nonlinear(rows, kept);
}

Linearised Fitter::at(const VectorXd& x) const {
  if (!problem_.is_linear()) return problem_.at(x);
  return {values_at(x), linear_.slope};
}

VectorXd Fitter::values_at(const VectorXd& x) const {
  if (!problem_.is_linear()) return problem_.values_at(x);
  return linear_.value + linear_.slope * (x - problem_.start());
}

// Least squares again and again, each observation with the pull that its last residual leaves it.
Fit Fitter::fit_linear(const Rows& rows, const std::vector<bool>& kept) const {
  VectorXd low = problem_.low();
  VectorXd high = problem_.high();
  for (Index i = 0; i < low.size(); ++i) {
    if (kept[static_cast<std::size_t>(i)]) low[i] = high[i] = problem_.start()[i];
  }
  const VectorXd constant = linear_.value - linear_.slope * problem_.start();  // predicted where all parameters are 0
  VectorXd weight = trust_;
  const double drawn = prior(rows);
  // Unknowns of one length, so that the normal equations are as well posed as they can be.
  VectorXd length(low.size());
  for (Index i = 0; i < low.size(); ++i) {
    double sum = 0.0;
    for (const Index row : rows) sum += linear_.slope(row, i) * linear_.slope(row, i);
    length[i] = sum > 0.0 ? std::sqrt(sum) : 1.0;
  }
  const MatrixXd slope = linear_.slope * length.cwiseInverse().asDiagonal();
  const VectorXd scaled_low = low.cwiseProduct(length);
  const VectorXd scaled_high = high.cwiseProduct(length);
  Fit fit{problem_.start(), false};
  for (int turn = 0; turn < 50 && !fit.has_settled; ++turn) {
    MatrixXd normal = normal_matrix(slope, rows, weight);
    VectorXd right = VectorXd::Zero(low.size());
    for (const Index row : rows) right += weight[row] * (1.0 - constant[row]) * slope.row(row).transpose();
    for (Index i = 0; i < low.size(); ++i) {
      normal(i, i) += drawn / (length[i] * length[i]);
      right[i] += drawn * problem_.start()[i] / length[i];
    }
    fit.x = bounded_least_squares(normal, right, scaled_low, scaled_high).cwiseQuotient(length);
    const VectorXd residual = values_at(fit.x).array() - 1.0;
    double change = 0.0;
    for (const Index row : rows) {
      const double next = trust_[row] * pull(residual[row]);
      change = std::max(change, std::abs(next - weight[row]));
      weight[row] = next;
    }
    fit.has_settled = change < 1e-6;
  }
  return fit;
}

bool Fitter::moves_any(Index parameter, const VectorXd& x, const Rows& rows) const {
  if (problem_.is_linear()) return false;  // its slope is 0 everywhere
  const VectorXd here = values_at(x)(rows);
  const std::vector<double> grid = problem_.grid(parameter);
  return std::any_of(grid.begin(), grid.end(), [&](double value) {
    VectorXd other = x;
    other[parameter] = value;
    return here != VectorXd(values_at(other)(rows));
  });
}

std::vector<Fitter::Unknown> Fitter::unknown(const Rows& rows) const {
  const std::vector<bool> none(problem_.keys().size(), false);
  const VectorXd x = problem_.is_linear() ? problem_.start() : fit(rows, none).x;
  const Linearised here = at(x);
  MatrixXd normal = normal_matrix(here.slope, rows, VectorXd::Ones(here.value.size()));
  std::vector<Unknown> result;
  std::vector<Index> told;
  for (Index i = 0; i < normal.rows(); ++i) {
    if (normal(i, i) > 0.0) {
      told.push_back(i);
    } else if (!moves_any(i, x, rows)) {
      result.push_back({i, "no measurement depends on it"});
    }
  }
  // Of the parameters in a combination that changes nothing, the one with the largest part is kept; then again.
  constexpr double kNothing = 1e-10;
  while (told.size() > 1) {
    const VectorXd length = normal.diagonal()(told).cwiseSqrt();
    const MatrixXd alike =
        length.cwiseInverse().asDiagonal() * MatrixXd(normal(told, told)) * length.cwiseInverse().asDiagonal();
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(alike);
    if (solver.eigenvalues()[0] > kNothing) break;
    const VectorXd part = solver.eigenvectors().col(0).cwiseAbs();
    Index largest = 0;
    part.maxCoeff(&largest);
    std::string others;
    for (Index i = 0; i < part.size(); ++i) {
      if (i == largest || part[i] < 0.1 * part[largest]) continue;
      others +=
          (others.empty() ? "" : ", ") + problem_.keys()[static_cast<std::size_t>(told[static_cast<std::size_t>(i)])];
    }
    result.push_back({told[static_cast<std::size_t>(largest)], "the measurements cannot tell it from " + others});
    told.erase(told.begin() + largest);
  }
  return result;
}

Certainty Fitter::certainty(const VectorXd& x, const Rows& rows, const std::vector<bool>& kept) const {
  const Linearised here = at(x);
  std::vector<Index> inner;
  std::vector<bool> at_end(kept.size(), false);
  for (Index i = 0; i < x.size(); ++i) {
    const double margin = 1e-9 * (problem_.high()[i] - problem_.low()[i]);
    const bool is_inside = x[i] > problem_.low()[i] + std::min(margin, 1e-9) && x[i] < problem_.high()[i] - margin;
    const bool is_told = !here.slope.col(i)(rows).isZero(0.0);
    at_end[static_cast<std::size_t>(i)] = !is_inside;
    if (is_inside && is_told && !kept[static_cast<std::size_t>(i)]) inner.push_back(i);
  }
  Certainty result{VectorXd::Constant(x.size(), std::numeric_limits<double>::quiet_NaN()), VectorXd::Zero(x.size()),
                   std::move(at_end)};
  if (inner.empty() || rows.size() <= inner.size()) return result;

  const auto n = static_cast<Index>(rows.size());
  const MatrixXd slope = here.slope(rows, inner);
  VectorXd weight(n);
  VectorXd drawn(n);      // what each observation draws the fit with
  VectorXd curvature(n);  // and how that falls as the fit follows
  for (Index i = 0; i < n; ++i) {
    const Index row = rows[static_cast<std::size_t>(i)];
    const double residual = here.value[row] - 1.0;
    const double own_pull = pull(residual);
    weight[i] = trust_[row] * own_pull;
    drawn[i] = weight[i] * residual;
    curvature[i] = trust_[row] * own_pull * own_pull * own_pull;
  }
  MatrixXd normal = slope.transpose() * curvature.asDiagonal() * slope;
  normal.diagonal().array() += prior(rows);
  const MatrixXd inverse = normal.ldlt().solve(MatrixXd::Identity(normal.rows(), normal.cols()));
  const MatrixXd influence = slope * inverse;  // of each observation's draw on each parameter
  // What an observation would draw with, had the fit not followed it.
  const VectorXd leverage = (influence.array() * slope.array()).rowwise().sum() * curvature.array();
  const VectorXd unseen = drawn.cwiseQuotient((1.0 - leverage.array()).max(0.05).matrix());
  const double common = drawn.squaredNorm() / static_cast<double>(n - slope.cols());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const VectorXd squares = influence.col(static_cast<Index>(i)).cwiseAbs2();
    const double own = squares.dot(unseen.cwiseAbs2());
    result.standard_error[inner[i]] = std::sqrt(std::max(own, common * squares.sum()));
    const VectorXd shares = squares.cwiseProduct(weight.cwiseAbs2());
    result.told_by[inner[i]] = shares.sum() * shares.sum() / shares.cwiseAbs2().sum();
  }
  return result;
}

}  // namespace hwcost
