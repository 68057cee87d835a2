// Forward-mode derivatives: a value and its partial derivatives by N seeded inputs, and the few functions that
// formulas use on both `double` and `Dual`.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace hwcost {

template <std::size_t N>
struct Dual {
  double value = 0.0;
  std::array<double, N> partial{};  // d value / d input[i]

  constexpr Dual() = default;
  constexpr Dual(double v) : value(v) {}  // NOLINT(google-explicit-constructor): a constant is a Dual
  // The i-th independent variable.
  static constexpr Dual variable(double v, std::size_t i) {
    Dual d(v);
    d.partial[i] = 1.0;
    return d;
  }

  friend constexpr Dual operator+(const Dual& a, const Dual& b) { return chain(a.value + b.value, a, 1.0, b, 1.0); }
  friend constexpr Dual operator-(const Dual& a, const Dual& b) { return chain(a.value - b.value, a, 1.0, b, -1.0); }
  friend constexpr Dual operator*(const Dual& a, const Dual& b) {
    return chain(a.value * b.value, a, b.value, b, a.value);
  }
  friend constexpr Dual operator/(const Dual& a, const Dual& b) {
    return chain(a.value / b.value, a, 1.0 / b.value, b, -a.value / (b.value * b.value));
  }
  friend constexpr bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend constexpr bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  friend constexpr bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  friend constexpr bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  friend constexpr bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }

 private:
  static constexpr Dual chain(double v, const Dual& a, double da, const Dual& b, double db) {
    Dual r(v);
    for (std::size_t i = 0; i < N; ++i) r.partial[i] = da * a.partial[i] + db * b.partial[i];
    return r;
  }
};

// A value without derivatives, that knows on which of 64 inputs it may depend: a formula of it is cheap, and says by
// which inputs derivatives are worth a run of the formula.
template <>
struct Dual<0> {
  double value = 0.0;
  std::uint64_t inputs = 0;  // bit i: input i

  constexpr Dual() = default;
  constexpr Dual(double v) : value(v) {}  // NOLINT(google-explicit-constructor): a constant is a Dual
  // The i-th independent variable.
  static constexpr Dual variable(double v, std::size_t i) { return Dual(v, std::uint64_t{1} << i); }

  friend constexpr Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.inputs | b.inputs}; }
  friend constexpr Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.inputs | b.inputs}; }
  friend constexpr Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.inputs | b.inputs}; }
  friend constexpr Dual operator/(Dual a, Dual b) { return {a.value / b.value, a.inputs | b.inputs}; }
  friend constexpr bool operator<(Dual a, Dual b) { return a.value < b.value; }
  friend constexpr bool operator>(Dual a, Dual b) { return a.value > b.value; }
  friend constexpr bool operator<=(Dual a, Dual b) { return a.value <= b.value; }
  friend constexpr bool operator>=(Dual a, Dual b) { return a.value >= b.value; }
  friend constexpr bool operator==(Dual a, Dual b) { return a.value == b.value; }

 private:
  constexpr Dual(double v, std::uint64_t i) : value(v), inputs(i) {}
};

// The plain value of a formula's number: what conditions and table look-ups go by.
constexpr double value_of(double x) { return x; }
template <std::size_t N>
constexpr double value_of(const Dual<N>& x) {
  return x.value;
}

// Whole tiles, and what is left of the last one; exact for counts below 2^53.
//
// On Dual the derivative is straight-through, as searches define it (docs/decisions/0004): 1 with respect to the
// numerator, so that every channel is charged a full tile; none with respect to the tile. The true derivative is zero
// wherever it exists and would tell a search nothing.
inline double ceil_div(double a, double b) { return std::ceil(a / b); }
inline double floor_div(double a, double b) { return std::floor(a / b); }
inline double remainder(double a, double b) { return a - b * std::floor(a / b); }
template <std::size_t N>
Dual<N> ceil_div(Dual<N> a, const Dual<N>& b) {
  a.value = ceil_div(a.value, b.value);
  return a;
}
template <std::size_t N>
Dual<N> floor_div(Dual<N> a, const Dual<N>& b) {
  a.value = floor_div(a.value, b.value);
  return a;
}
template <std::size_t N>
Dual<N> remainder(Dual<N> a, const Dual<N>& b) {
  a.value = remainder(a.value, b.value);
  return a;
}

// The next whole number, with the derivative of the argument itself: for rounding that is no tiling (bits to bytes).
inline double rounded_up(double x) { return std::ceil(x); }
template <std::size_t N>
Dual<N> rounded_up(Dual<N> x) {
  x.value = std::ceil(x.value);
  return x;
}

// The larger and the smaller; of equal ones the first, with its derivative.
template <class T>
constexpr T larger(const T& a, const T& b) {
  return a < b ? b : a;
}
template <class T>
constexpr T smaller(const T& a, const T& b) {
  return b < a ? b : a;
}

}  // namespace hwcost
