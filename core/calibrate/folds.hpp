// Which observations a fit sees and which it is tried on. Private to the component.
#pragma once

#include <cstdint>
#include <vector>

#include "fit.hpp"

namespace hwcost {

// Observations to try a fit on, and those that it may see: none with a network or the shape of those.
struct Split {
  Rows seen, tried;
};

struct Folds {
  std::vector<Split> splits;
  bool by_network = true;  // else by shape alone
};

// Each network, and each shape of no network, in one of `folds` parts, by chance; what is tried in a part are the
// observations that have any of its networks or shapes. Parts that would try nothing, or see nothing, are left out.
// Where some observation would be tried by none then, as where all are of one network, parts are of shapes alone.
// Pre: folds > 0.
Folds folds(const Observations& observations, const Rows& rows, std::size_t folds, std::uint64_t seed);
// About a share of the networks and shapes; of the shapes alone where nothing else would be left to see.
Split hold_out(const Observations& observations, double share, std::uint64_t seed);

}  // namespace hwcost
