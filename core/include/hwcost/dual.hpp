// Forward-mode derivatives: a value and its partial derivatives by N seeded inputs, and the few functions that
// formulas use on both `double` and `Dual`.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
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

// The plain value of a formula's number: what conditions and table look-ups go by.
constexpr double value_of(double x) { return x; }
template <std::size_t N>
constexpr double value_of(const Dual<N>& x) {
  return x.value;
}

// ceil(a / b): exact for integers below 2^53.
// On Dual the derivative is that of a / b (straight-through): the true one is zero wherever it exists and would
// tell a search nothing.
inline double ceil_div(double a, double b) { return std::ceil(a / b); }
template <std::size_t N>
Dual<N> ceil_div(const Dual<N>& a, const Dual<N>& b) {
  Dual<N> r = a / b;
  r.value = std::ceil(r.value);
  return r;
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
