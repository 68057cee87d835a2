// How far predictions are off. Private to the component.
#pragma once

#include <string>
#include <vector>

#include "observations.hpp"

namespace hwcost {

// A prediction of an observation, relative to what was measured.
struct Trial {
  std::size_t observation = 0;
  double ratio = 1.0;    // predicted / measured
  std::size_t part = 0;  // of the cross-validation that it is from
};

// What the layers of a network add up to.
struct NetworkSum {
  std::string network;
  double predicted = 0.0;
  double measured = 0.0;
};
// Of the networks of which one part tried all layers; once for each such part.
std::vector<NetworkSum> network_sums(const Observations& observations, const std::vector<Trial>& trials);

// Errors of trials; where an observation was tried more than once, each counts.
ErrorReport error_report(const Observations& observations, const std::vector<Trial>& trials);

}  // namespace hwcost
