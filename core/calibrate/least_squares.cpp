#include "least_squares.hpp"

#include <Eigen/Cholesky>

#include <vector>

namespace hwcost {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// The solution in the unknowns of `chosen` alone, the others 0.
VectorXd solved(const MatrixXd& normal, const VectorXd& right, const std::vector<Index>& chosen) {
  VectorXd x = VectorXd::Zero(right.size());
  if (chosen.empty()) return x;
  const MatrixXd part = normal(chosen, chosen);
  const VectorXd values = part.ldlt().solve(right(chosen));
  for (std::size_t i = 0; i < chosen.size(); ++i) x[chosen[i]] = values[static_cast<Index>(i)];
  return x;
}

// x >= 0.
VectorXd non_negative(const MatrixXd& normal, const VectorXd& right) {
  const Index n = right.size();
  const double tolerance = 1e-13 * right.cwiseAbs().sum();
  VectorXd x = VectorXd::Zero(n);
  std::vector<bool> is_free(static_cast<std::size_t>(n), false);
  const auto chosen = [&] {
    std::vector<Index> all;
    for (Index i = 0; i < n; ++i) {
      if (is_free[static_cast<std::size_t>(i)]) all.push_back(i);
    }
    return all;
  };
  for (Index turn = 0; turn < 10 * n; ++turn) {
    const VectorXd slope = right - normal * x;
    Index best = -1;
    for (Index i = 0; i < n; ++i) {
      const bool may_grow = !is_free[static_cast<std::size_t>(i)] && slope[i] > tolerance;
      if (may_grow && (best < 0 || slope[i] > slope[best])) best = i;
    }
    if (best < 0) break;
    is_free[static_cast<std::size_t>(best)] = true;
    VectorXd next = solved(normal, right, chosen());
    // Back to where the first unknown becomes 0 and leaves, until none is negative.
    for (;;) {
      double step = 1.0;
      Index leaving = -1;
      for (const Index i : chosen()) {
        if (next[i] >= 0.0) continue;
        const double reach = x[i] / (x[i] - next[i]);
        if (leaving >= 0 && reach >= step) continue;
        step = reach;
        leaving = i;
      }
      if (leaving < 0) break;
      x += step * (next - x);
      x[leaving] = 0.0;
      is_free[static_cast<std::size_t>(leaving)] = false;
      next = solved(normal, right, chosen());
    }
    x = next;
  }
  return x;
}

}  // namespace

VectorXd bounded_least_squares(const MatrixXd& normal, const VectorXd& right, const VectorXd& low,
                               const VectorXd& high) {
  const Index n = right.size();
  std::vector<bool> is_full(static_cast<std::size_t>(n), false);
  for (;;) {
    // What stands at its upper end is moved to the right-hand side, its unknown to 0.
    VectorXd base = low;
    for (Index i = 0; i < n; ++i) {
      if (is_full[static_cast<std::size_t>(i)]) base[i] = high[i];
    }
    MatrixXd reduced = normal;
    VectorXd rest = right - normal * base;
    for (Index i = 0; i < n; ++i) {
      if (!is_full[static_cast<std::size_t>(i)]) continue;
      reduced.row(i).setZero();
      reduced.col(i).setZero();
      reduced(i, i) = 1.0;
      rest[i] = 0.0;
    }
    VectorXd x = base + non_negative(reduced, rest);
    bool grew = false;
    for (Index i = 0; i < n; ++i) {
      if (x[i] <= high[i]) continue;
      is_full[static_cast<std::size_t>(i)] = true;
      grew = true;
    }
    if (!grew) return x;
  }
}

}  // namespace hwcost
