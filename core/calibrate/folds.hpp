// Which observations a fit sees and which it is tried on. Private to the component.
#pragma once

#include <cstdint>
#include <vector>

#include "fit.hpp"

namespace hwcost {

// A share of the observations to try a fit on, and those that it may see: none with a network or the shape of those.
struct Split {
  Rows seen, tried;
};

// Each network and each shape of no network in one of `folds` parts, by chance; what is tried in a part are the
// observations that have any of its networks or shapes. Parts that would try nothing, or see nothing, are left out.
std::vector<Split> folds(const Observations& observations, const Rows& rows, std::size_t folds, std::uint64_t seed);
// About a share of the networks and shapes.
Split hold_out(const Observations& observations, double share, std::uint64_t seed);

}  // namespace hwcost
