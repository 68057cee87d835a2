#include "extents.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace hwcost::onnx {

std::optional<double> elements(const Shape& shape, std::size_t from, std::size_t to) {
  double product = 1.0;
  for (std::size_t k = from; k < to; ++k) {
    if (shape[k] < 0) return std::nullopt;
    product *= static_cast<double>(shape[k]);
    if (product > kLargestExtent) return std::nullopt;
  }
  return product;
}

std::optional<double> elements(const Shape& shape) { return elements(shape, 0, shape.size()); }

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const std::size_t offset = longer.size() - shorter.size();
  for (std::size_t k = 0; k < shorter.size(); ++k) {
    std::int64_t& extent = result[offset + k];
    if (extent == shorter[k] || shorter[k] == 1) continue;
    if (extent != 1) return std::nullopt;
    extent = shorter[k];
  }
  return result;
}

std::optional<std::size_t> normal_axis(std::int64_t axis, std::size_t rank) {
  const auto extent = static_cast<std::int64_t>(rank);
  if (axis < -extent || axis >= extent) return std::nullopt;
  return static_cast<std::size_t>(axis < 0 ? axis + extent : axis);
}

std::string to_text(const Shape& shape) {
  std::vector<std::string> extents;
  for (const std::int64_t extent : shape) {
    const bool is_count = std::fabs(static_cast<double>(extent)) <= kLargestExtent;
    extents.push_back(is_count ? fmt::format("{}", extent) : extent > 0 ? "beyond 2^53" : "below -2^53");
  }
  return fmt::format("[{}]", fmt::join(extents, ", "));
}

}  // namespace hwcost::onnx
