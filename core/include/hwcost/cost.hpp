// What a machine says of one layer, kept apart by cause.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "hwcost/dual.hpp"
#include "hwcost/quantity.hpp"

namespace hwcost {

// Cost of one layer by cause, so that a caller can recombine it. Totals are functions of the parts, never stored beside
// them. A machine fills what it defines (BackendTraits::metrics says which); the rest stays 0 and is never reported.
// Also holds derivatives: a Cost whose members are the derivatives of the members by one input.
template <class T = double>
struct Cost {
  Cycles<T> compute{};   // the arithmetic is busy
  Cycles<T> memory{};    // a memory port is busy, overlapping compute
  Cycles<T> overhead{};  // set-up and the like that nothing hides
  Seconds<T> elapsed{};  // time of machines that are described or measured in seconds
  Data<T> traffic{};     // reads and writes over the port that `memory` speaks of
  Energy<T> energy{};
  Cycles<T> ideal{};  // compute at full use of the arithmetic; 0 where that has no meaning
  T operations{};     // in the machine's own way of counting
  T figure{};         // value of a user's cost formula

  // Compute and memory overlap fully (double buffering); overhead overlaps with nothing.
  [[nodiscard]] constexpr Cycles<T> latency() const {
    return Cycles<T>{larger(compute.value, memory.value)} + overhead;
  }

  static constexpr std::size_t kCount = 9;
  // The one list of the members: sums, derivatives and comparisons follow it.
  template <class Self, class F>
  static constexpr void visit(Self& c, F&& f) {
    f("compute_cycles", c.compute.value);
    f("memory_cycles", c.memory.value);
    f("overhead_cycles", c.overhead.value);
    f("elapsed_seconds", c.elapsed.value);
    f("traffic_bits", c.traffic.value);
    f("energy_joules", c.energy.value);
    f("ideal_cycles", c.ideal.value);
    f("operations", c.operations);
    f("figure", c.figure);
  }

  friend constexpr Cost operator+(const Cost& a, const Cost& b) {
    return {a.compute + b.compute, a.memory + b.memory,         a.overhead + b.overhead,
            a.elapsed + b.elapsed, a.traffic + b.traffic,       a.energy + b.energy,
            a.ideal + b.ideal,     a.operations + b.operations, a.figure + b.figure};
  }
  friend constexpr Cost operator*(const Cost& a, T times) {
    return {a.compute * times, a.memory * times, a.overhead * times,   a.elapsed * times, a.traffic * times,
            a.energy * times,  a.ideal * times,  a.operations * times, a.figure * times};
  }
};
static_assert(sizeof(Cost<double>) == Cost<double>::kCount * sizeof(double), "a member is missing in Cost's lists");

}  // namespace hwcost
