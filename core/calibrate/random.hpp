// Numbers by chance, the same everywhere for a seed. Private to the component.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>

namespace hwcost {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  double log_uniform(double low, double high) { return std::round(low * std::pow(high / low, uniform())); }
  double channels(double high) {
    const double count = log_uniform(3.0, high);
    return uniform() < 0.5 && count > 8.0 ? std::round(count / 8.0) * 8.0 : count;
  }
  template <std::size_t N>
  double one_of(const std::array<double, N>& values) {
    return values[below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace hwcost
