// What is fitted: a description's free parameters and what the machine predicts of the observations at values of them.
// Private to the component.
#pragma once

#include <Eigen/Core>

#include <memory>
#include <string>
#include <vector>

#include "hwcost/registry.hpp"
#include "observations.hpp"

namespace hwcost {

// Rows are observations, columns parameters. Parameters are scaled: each by its value in the description, or, where
// that is 0, by its range.
struct Linearised {
  Eigen::VectorXd value;  // predicted / measured
  Eigen::MatrixXd slope;  // by each scaled parameter
};

// Of the parameters that the description marks free, in order. Throws InputError where there is none.
std::vector<std::string> free_keys(const Description& description);

class Problem {
 public:
  // Throws InputError at the description where nothing is free, where a parameter has no derivative, or where an end of
  // its range is none that the model takes.
  Problem(const Description& description, const Registry& registry, const Observations& observations);

  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }
  [[nodiscard]] const Eigen::VectorXd& start() const { return start_; }
  [[nodiscard]] const Eigen::VectorXd& low() const { return low_; }
  [[nodiscard]] const Eigen::VectorXd& high() const { return high_; }
  [[nodiscard]] double in_base_units(Eigen::Index parameter, double scaled) const { return scaled * scale_[parameter]; }
  // Values all over the parameter's range, ascending, as many a decade.
  [[nodiscard]] std::vector<double> grid(Eigen::Index parameter) const;
  // Of the description.
  [[nodiscard]] const std::string& file() const { return description_.file(); }
  // Of each observation's repeated measurements, as a share.
  [[nodiscard]] const Eigen::VectorXd& spreads() const { return spreads_; }
  // Predictions are linear in the parameters.
  [[nodiscard]] bool is_linear() const { return is_linear_; }
  [[nodiscard]] Linearised at(const Eigen::VectorXd& x) const;
  [[nodiscard]] Eigen::VectorXd values_at(const Eigen::VectorXd& x) const;
  // Of each observation, as a learned residual sees it.
  [[nodiscard]] std::vector<ResidualFigures> figures_at(const Eigen::VectorXd& x) const;

 private:
  [[nodiscard]] std::unique_ptr<const Backend> machine_at(const Eigen::VectorXd& x) const;
  [[nodiscard]] double relative(const Cost<>& cost, std::size_t row, double clock_hertz) const;
  void check_ranges() const;
  void check_derivatives(const Linearised& here) const;
  [[nodiscard]] bool follows_its_slope() const;

  const Description& description_;
  const Registry& registry_;
  const Observations& observations_;
  std::vector<Layer> layers_;
  std::vector<Facts> facts_;
  std::vector<std::string> keys_;
  Eigen::VectorXd scale_, start_, low_, high_;
  Eigen::VectorXd spreads_;
  Linearised at_start_;
  bool is_linear_ = false;
};

}  // namespace hwcost
