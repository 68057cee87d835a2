// Boosted regression trees by XGBoost. Private to the component.
#pragma once

#include <cstdint>
#include <vector>

#include "hwcost/residual.hpp"

namespace hwcost {

// What a tree is to learn: `target` of a layer of these figures.
struct TreeSample {
  ResidualFigures figures;
  double target = 0.0;
  double weight = 1.0;
};

// Trees whose sum is near the targets; the same samples and seed give the same trees. Throws std::runtime_error where
// the library fails, or is not there.
std::vector<ResidualTree> boosted_trees(const std::vector<TreeSample>& samples, std::uint64_t seed);

}  // namespace hwcost
