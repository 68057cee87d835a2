// What a machine says of one layer, kept apart by cause.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "hwcost/dual.hpp"
#include "hwcost/quantity.hpp"

namespace hwcost {

// Cost of one layer by cause, so that a caller can recombine it. Totals are functions of the parts, never stored beside
// them, and every part adds up over layers that run one after the other. A machine fills what it defines
// (BackendTraits::metrics says which); the rest stays 0 and is never reported.
// Also holds derivatives: a Cost whose members are the derivatives of the members by one input.
template <class T = double>
struct Cost {
  Cycles<T> compute{};   // the arithmetic is busy
  Cycles<T> memory{};    // a memory port is busy
  Cycles<T> busy{};      // either of them is: what overlaps counted once; see settled()
  Cycles<T> overhead{};  // set-up and the like that nothing hides
  Seconds<T> elapsed{};  // time of machines that are described or measured in seconds
  Data<T> traffic{};     // reads and writes over the port that `memory` speaks of
  Energy<T> energy{};
  Cycles<T> ideal{};  // compute at full use of the arithmetic; 0 where that has no meaning
  T operations{};     // in the machine's own way of counting
  T figure{};         // value of a user's cost formula

  [[nodiscard]] constexpr Cycles<T> latency() const { return busy + overhead; }
  // Latency in seconds at a clock of so many cycles a second; cycles without a clock (0) have no seconds.
  [[nodiscard]] constexpr T seconds(double clock_hertz) const {
    return clock_hertz == 0.0 ? elapsed.value : elapsed.value + latency().value / T(clock_hertz);
  }

  // With `busy` filled where a formula left it: compute and memory overlap fully (double buffering).
  [[nodiscard]] constexpr Cost settled() const {
    Cost c = *this;
    if (value_of(c.busy.value) == 0.0) c.busy.value = larger(c.compute.value, c.memory.value);
    return c;
  }

  static constexpr std::size_t kCount = 10;
  // The one list of the members: calls f(name, member of each cost...). Sums, derivatives, comparisons and reports
  // follow it.
  template <class F, class... Costs>
  static constexpr void visit_together(F&& f, Costs&... c) {
    f("compute_cycles", c.compute.value...);
    f("memory_cycles", c.memory.value...);
    f("busy_cycles", c.busy.value...);
    f("overhead_cycles", c.overhead.value...);
    f("elapsed_seconds", c.elapsed.value...);
    f("traffic_bits", c.traffic.value...);
    f("energy_joules", c.energy.value...);
    f("ideal_cycles", c.ideal.value...);
    f("operations", c.operations...);
    f("figure", c.figure...);
  }
  template <class Self, class F>
  static constexpr void visit(Self& c, F&& f) {
    visit_together(f, c);
  }

  friend constexpr Cost operator+(Cost a, const Cost& b) {
    visit_together([](std::string_view, T& x, const T& y) { x = x + y; }, a, b);
    return a;
  }
  friend constexpr Cost operator-(Cost a, const Cost& b) {
    visit_together([](std::string_view, T& x, const T& y) { x = x - y; }, a, b);
    return a;
  }
  friend constexpr Cost operator*(Cost a, const T& times) {
    visit_together([&](std::string_view, T& x) { x = x * times; }, a);
    return a;
  }
};
static_assert(sizeof(Cost<double>) == Cost<double>::kCount * sizeof(double), "a member is missing in Cost's list");

}  // namespace hwcost
