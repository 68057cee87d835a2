// Multilinear interpolation between knots.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hwcost {

// Knots of a count: 0, the multiples of `step`, and `own`, beyond which the last piece goes on. A hard count has one.
struct KnotAxis {
  double step = 1.0;
  double own = 0.0;
  bool is_soft = false;
};

inline constexpr std::uint32_t kOwnKnot = 0xffffffff;

// The piece of an axis that a count lies on, the one below where it lies on a knot.
struct Piece {
  double low = 0.0, high = 0.0;
  std::uint32_t low_knot = kOwnKnot, high_knot = kOwnKnot;  // their numbers
  double share = 1.0;                                       // of `high`
  bool is_soft = false;

  [[nodiscard]] double length() const { return high - low; }
  [[nodiscard]] double at(bool is_high) const { return is_high ? high : low; }
  [[nodiscard]] std::uint32_t knot(bool is_high) const { return is_high ? high_knot : low_knot; }
};

inline Piece piece_at(const KnotAxis& axis, double count) {
  if (!axis.is_soft || axis.own <= 0.0) return {axis.own, axis.own, kOwnKnot, kOwnKnot, 1.0, false};
  const double last = std::ceil(axis.own / axis.step) - 1.0;
  const double knot = std::clamp(std::ceil(count / axis.step) - 1.0, 0.0, last);
  Piece piece;
  piece.low = knot * axis.step;
  piece.high = knot == last ? axis.own : piece.low + axis.step;
  piece.low_knot = static_cast<std::uint32_t>(knot);
  piece.high_knot = knot == last ? kOwnKnot : piece.low_knot + 1;
  piece.share = (count - piece.low) / piece.length();
  piece.is_soft = true;
  return piece;
}

inline constexpr std::size_t kMostAxes = 9;

// A corner of the box that the pieces span: whether it is at the high end of each.
using Corner = std::array<bool, kMostAxes>;

// Calls f(corner, its weight, the derivative of its weight by each count) for every corner.
template <class F>
void for_each_corner(std::span<const Piece> pieces, F&& f) {
  for (std::size_t bits = 0; bits < std::size_t{1} << pieces.size(); ++bits) {
    Corner corner{};
    bool is_there = true;
    std::array<double, kMostAxes> share{};
    for (std::size_t k = 0; k < pieces.size(); ++k) {
      corner[k] = (bits >> k & 1u) != 0;
      is_there = is_there && (corner[k] || pieces[k].is_soft);
      share[k] = corner[k] ? pieces[k].share : 1.0 - pieces[k].share;
    }
    if (!is_there) continue;
    double weight = 1.0;
    std::array<double, kMostAxes> slopes{};
    for (std::size_t k = 0; k < pieces.size(); ++k) {
      weight *= share[k];
      if (!pieces[k].is_soft) continue;
      slopes[k] = (corner[k] ? 1.0 : -1.0) / pieces[k].length();
      for (std::size_t other = 0; other < pieces.size(); ++other) {
        if (other != k) slopes[k] *= share[other];
      }
    }
    f(corner, weight, slopes);
  }
}

}  // namespace hwcost
