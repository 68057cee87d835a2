// How far predictions are off. Private to the component.
#pragma once

#include <vector>

#include "observations.hpp"

namespace hwcost {

// A prediction of an observation, relative to what was measured.
struct Trial {
  std::size_t observation = 0;
  double ratio = 1.0;    // predicted / measured
  std::size_t part = 0;  // of the cross-validation that it is from
};

// Errors of trials; where an observation was tried more than once, each counts. A network's sum is of one part, which
// has all its layers.
ErrorReport error_report(const Observations& observations, const std::vector<Trial>& trials);

}  // namespace hwcost
