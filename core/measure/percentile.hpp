#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace hwcost::measure {

// The value below which that share of the sorted values lies, interpolated. Pre: there is one.
inline double percentile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - std::floor(position)) * (sorted[above] - sorted[below]);
}

}  // namespace hwcost::measure
