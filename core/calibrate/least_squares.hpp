// Least squares with bounds, for problems of a hundred unknowns. Private to the component.
#pragma once

#include <Eigen/Core>

namespace hwcost {

// The x in [low, high] that makes x' H x - 2 f' x least; H symmetric, positive definite where the unknowns can be told
// apart. By an active set (Lawson and Hanson, 1974; with two ends: Stark and Parker, 1995), on the normal equations:
// scale the unknowns alike.
Eigen::VectorXd bounded_least_squares(const Eigen::MatrixXd& normal, const Eigen::VectorXd& right,
                                      const Eigen::VectorXd& low, const Eigen::VectorXd& high);

}  // namespace hwcost
