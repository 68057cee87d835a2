// Limits that every part keeps to. Not installed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "utf8.hpp"

namespace hwcost {

// 2^53: a double counts exactly up to it, and beyond it skips whole numbers.
inline constexpr double kLargestExactCount = 9007199254740992.0;

inline constexpr std::size_t kLongestName = 4096;     // of a layer, a tensor or a model file's node, in bytes
inline constexpr std::size_t kLongestText = 1024;     // of a reason or an assumption, in bytes
inline constexpr std::ptrdiff_t kDeepestModule = 64;  // segments of a module path: reports have a row for each

// Why a text is no line of at most that many bytes, if so.
inline std::optional<std::string> fault_of_text(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return fault_of_line(text);
  return "has " + std::to_string(text.size()) + " characters, more than " + std::to_string(most_bytes);
}
// Why a name is none, if so.
inline std::optional<std::string> fault_of_name(std::string_view name) { return fault_of_text(name, kLongestName); }
// Why a module path is none, if so.
inline std::optional<std::string> fault_of_module(std::string_view path) {
  if (auto fault = fault_of_name(path)) return fault;
  const auto segments = std::count(path.begin(), path.end(), '.') + 1;
  if (segments <= kDeepestModule) return std::nullopt;
  return "has " + std::to_string(segments) + " segments, more than " + std::to_string(kDeepestModule);
}

}  // namespace hwcost
