// Shape arithmetic that says no instead of wrapping: every extent and every product is at most 2^53.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model.hpp"

namespace hwcost::onnx {

inline constexpr double kLargestExtent = 9007199254740992.0;  // 2^53: what a double counts exactly
inline constexpr std::size_t kLargestRank = 32;

// Product of all extents, 1 for a scalar; nothing beyond 2^53 or with a negative extent.
std::optional<double> elements(const Shape& shape);
// Product of the extents [from, to).
std::optional<double> elements(const Shape& shape, std::size_t from, std::size_t to);

// The common shape of two operands by ONNX's (numpy's) broadcasting; nothing where they do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

// An axis in [0, rank) from one that may count from the end.
std::optional<std::size_t> normal_axis(std::int64_t axis, std::size_t rank);

// "[1, 3, 224]"; what no extent can be is "beyond 2^53".
std::string to_text(const Shape& shape);

}  // namespace hwcost::onnx
