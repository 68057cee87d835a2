// Learned residuals on top of fits, and whether they help. Private to the component.
#pragma once

#include <cstdint>
#include <vector>

#include "errors.hpp"
#include "fit.hpp"

namespace hwcost {

class ResidualFitter {
 public:
  ResidualFitter(const Problem& problem, const Fitter& fitter, const CalibrationOptions& options, Metric metric)
      : problem_(problem), fitter_(fitter), options_(options), metric_(metric) {}

  // Trained on what the fit `x` leaves of these observations.
  [[nodiscard]] Residual train(const Eigen::VectorXd& x, const Rows& rows) const;
  // predicted / measured of all observations, corrected.
  [[nodiscard]] Eigen::VectorXd values_at(const Eigen::VectorXd& x, const Residual& residual) const;

 private:
  const Problem& problem_;
  const Fitter& fitter_;
  const CalibrationOptions& options_;
  Metric metric_;
};

// The same observations tried without and with a residual, in the same order. `in_use` is left to the caller.
LearnedResidual worth_of_residual(const Observations& observations, const std::vector<Trial>& without,
                                  const std::vector<Trial>& with);
bool helps(const LearnedResidual& residual);

}  // namespace hwcost
