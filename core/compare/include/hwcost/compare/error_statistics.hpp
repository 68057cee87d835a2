// How far predictions are off, and whether they are in the right order: pure functions of numbers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hwcost/export.hpp"

namespace hwcost {

// Predictions within this share of what was measured count as near.
inline constexpr double kNear = 0.1;

// Of relative errors, predicted / measured - 1, of layers of one kind. All are shares: 0.03 is 3 %.
struct ErrorStatistics {
  std::string kind;               // "conv2d 1x1", "linear"; "all"
  std::size_t count = 0;          // of errors; the rest is 0 where there are none
  double median = 0.0;            // of the errors without their sign, as are the next four
  double mean = 0.0;              //
  double ninetieth = 0.0;         // the 90th percentile
  double largest = 0.0;           //
  double share_near = 0.0;        // of errors of at most kNear
  double bias = 0.0;              // the median with sign: above 0 where most predictions are too high
  double logarithmic_bias = 0.0;  // exp of the mean of log(predicted / measured), less 1; -1 where a prediction is 0

  // The one list of the figures: calls f(name, figure).
  template <class Self, class F>
  static constexpr void visit(Self& s, F&& f) {
    f("median_error", s.median);
    f("mean_error", s.mean);
    f("p90_error", s.ninetieth);
    f("largest_error", s.largest);
    f("within_10_percent", s.share_near);
    f("bias", s.bias);
    f("logarithmic_bias", s.logarithmic_bias);
  }
};

// Pre: every error is at least -1.
[[nodiscard]] HWCOST_EXPORT ErrorStatistics error_statistics(std::string kind, const std::vector<double>& errors);

// Kendall's tau-b of two rankings of the same things (M. G. Kendall, The treatment of ties in ranking problems,
// Biometrika 33, 1945): 1 where all pairs are in the same order, -1 where none is; ties count neither way. In
// n log n steps (W. R. Knight, JASA 61, 1966). 0 where all values of a side are equal or there is no pair.
// Pre: of one size, no value is NaN.
[[nodiscard]] HWCOST_EXPORT double kendall_tau(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace hwcost
