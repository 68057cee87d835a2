// What a check writes down while it runs.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "hwcost/conformance.hpp"

namespace hwcost::testing {

// Counts the cases of one check and keeps the worst breach.
class Recorder {
 public:
  explicit Recorder(ConformanceCheck check) { finding_.check = check; }

  // One case. `words` is called where it does not hold; of several breaches the worst is kept, of equally bad ones the
  // first.
  template <class Words>
  void expect(bool holds, Words&& words, double badness = std::numeric_limits<double>::infinity()) {
    ++finding_.cases;
    if (holds) return;
    if (++finding_.breaches > 1 && !(badness > worst_)) return;
    worst_ = badness;
    finding_.words = std::forward<Words>(words)();
  }
  // Two numbers that agree to a relative tolerance (absolute below 1).
  template <class Words>
  void expect_near(double found, double wanted, double tolerance, Words&& words) {
    const double error = std::abs(found - wanted) / std::max(1.0, std::abs(wanted));
    expect(error <= tolerance, std::forward<Words>(words), std::isnan(error) ? HUGE_VAL : error);
  }

  void breach(std::string words) {
    expect(false, [&] { return std::move(words); });
  }
  // Nothing is compared, for this reason.
  void leave_untested(std::string words) { finding_.words = std::move(words); }

  [[nodiscard]] ConformanceFinding finding() && {
    using Outcome = ConformanceFinding::Outcome;
    finding_.outcome = finding_.breaches > 0 ? Outcome::broken
                       : finding_.cases > 0  ? Outcome::holds
                                             : Outcome::untested;
    if (finding_.outcome == Outcome::untested && finding_.words.empty()) finding_.words = "none of the layers shows it";
    return std::move(finding_);
  }

 private:
  ConformanceFinding finding_;
  double worst_ = 0.0;
};

}  // namespace hwcost::testing
