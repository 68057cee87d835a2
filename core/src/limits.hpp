// Limits that every part keeps to. Not installed.
#pragma once

namespace hwcost {

// 2^53: a double counts exactly up to it, and beyond it skips whole numbers.
inline constexpr double kLargestExactCount = 9007199254740992.0;

}  // namespace hwcost
