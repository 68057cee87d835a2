#include "least_squares.hpp"

#include <Eigen/Cholesky>

#include <vector>

namespace hwcost {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// An active set: unknowns are free or stand at an end.
class Solver {
 public:
  Solver(const MatrixXd& normal, const VectorXd& right, const VectorXd& low, const VectorXd& high)
      : normal_(normal), right_(right), low_(low), high_(high), x_(low), is_free_(low.size(), false) {}

  VectorXd solved() {
    const Index turns = 10 * (x_.size() + 1);
    for (Index turn = 0; turn < turns && free_the_best(); ++turn) move_to_the_least();
    return x_;
  }

 private:
  // Frees the unknown whose way into its range makes the sum fall most; false where none does.
  bool free_the_best() {
    const double tolerance = 1e-13 * right_.cwiseAbs().sum();
    const VectorXd slope = right_ - normal_ * x_;
    Index best = -1;
    double most = tolerance;
    for (Index i = 0; i < x_.size(); ++i) {
      if (is_free_[static_cast<std::size_t>(i)] || low_[i] >= high_[i]) continue;
      const double inwards = x_[i] >= high_[i] ? -slope[i] : slope[i];
      if (inwards <= most) continue;
      most = inwards;
      best = i;
    }
    if (best >= 0) is_free_[static_cast<std::size_t>(best)] = true;
    return best >= 0;
  }

  // To the least sum in the free unknowns; the first that meets an end on the way stays there, and on from there.
  void move_to_the_least() {
    for (;;) {
      const VectorXd next = least();
      double step = 1.0;
      Index stopped = -1;
      for (Index i = 0; i < x_.size(); ++i) {
        if (!is_free_[static_cast<std::size_t>(i)] || (next[i] >= low_[i] && next[i] <= high_[i])) continue;
        const double reach = (end_towards(next, i) - x_[i]) / (next[i] - x_[i]);
        if (stopped >= 0 && reach >= step) continue;
        step = reach;
        stopped = i;
      }
      if (stopped < 0) {
        x_ = next;
        return;
      }
      const double end = end_towards(next, stopped);
      x_ += step * (next - x_);
      x_[stopped] = end;
      is_free_[static_cast<std::size_t>(stopped)] = false;
    }
  }
  [[nodiscard]] double end_towards(const VectorXd& next, Index i) const {
    return next[i] < low_[i] ? low_[i] : high_[i];
  }

  // The solution in the free unknowns alone, the others as they are.
  [[nodiscard]] VectorXd least() const {
    std::vector<Index> free;
    for (Index i = 0; i < x_.size(); ++i) {
      if (is_free_[static_cast<std::size_t>(i)]) free.push_back(i);
    }
    VectorXd pinned = x_;
    for (const Index i : free) pinned[i] = 0.0;
    const VectorXd rest = right_ - normal_ * pinned;
    const MatrixXd part = normal_(free, free);
    const VectorXd values = part.ldlt().solve(VectorXd(rest(free)));
    VectorXd result = x_;
    result(free) = values;
    return result;
  }

  const MatrixXd& normal_;
  const VectorXd& right_;
  const VectorXd& low_;
  const VectorXd& high_;
  VectorXd x_;
  std::vector<bool> is_free_;
};

}  // namespace

VectorXd bounded_least_squares(const MatrixXd& normal, const VectorXd& right, const VectorXd& low,
                               const VectorXd& high) {
  return Solver(normal, right, low, high).solved();
}

}  // namespace hwcost
