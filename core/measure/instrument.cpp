#include "hwcost/measure/instrument.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace hwcost {
bool InstrumentClock::has_time_stamp_counter() {
#if defined(__x86_64__)
  // CPUID 0x80000007, EDX bit 8: the counter has one rate in every state of the processor.
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) != 0 && (d >> 8 & 1u) != 0;
#else
  return false;
#endif
}

InstrumentClock::InstrumentClock() : InstrumentClock(Kind::time_stamp_counter) {}

InstrumentClock::InstrumentClock(Kind kind)
    : kind_(has_time_stamp_counter() ? kind : Kind::monotonic), first_time_(std::chrono::steady_clock::now()) {
  if (kind_ == Kind::time_stamp_counter) count_ticks_a_second();
}

// The rate of the counter beside the monotonic clock over 20 ms: 1e-5 of error where each end is known to 100 ns.
void InstrumentClock::count_ticks_a_second() {
  using std::chrono::steady_clock;
  first_tick_ = ticks();
  first_time_ = steady_clock::now();
  const auto end = first_time_ + std::chrono::milliseconds(20);
  auto time = first_time_;
  while ((time = steady_clock::now()) < end) {
  }
  const std::uint64_t tick = ticks();
  seconds_per_tick_ =
      std::chrono::duration<double>(time - first_time_).count() / static_cast<double>(tick - first_tick_);
}

void ThroughputProbe::operator()() const {
  std::uint64_t loops = 3000;
#if defined(__x86_64__)
  // Eight independent chains of one addition a loop.
  std::uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  asm volatile(
      "1:\n\t"
      "add $1, %1\n\tadd $1, %2\n\tadd $1, %3\n\tadd $1, %4\n\t"
      "add $1, %5\n\tadd $1, %6\n\tadd $1, %7\n\tadd $1, %8\n\t"
      "dec %0\n\tjnz 1b"
      : "+r"(loops), "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h)
      :
      : "cc");
#else
  std::uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  for (; loops > 0; --loops) {
    ++a, ++b, ++c, ++d, ++e, ++f, ++g, ++h;
    asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h));
  }
#endif
}

Pinned::Pinned() {
  cpu_set_t former;
  if (sched_getaffinity(0, sizeof former, &former) != 0) {
    failure_ = "sched_getaffinity: " + std::generic_category().message(errno);
    return;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  const int here = sched_getcpu();
  if (here >= 0) CPU_SET(static_cast<std::size_t>(here), &one);
  if (here < 0 || sched_setaffinity(0, sizeof one, &one) != 0) {
    failure_ = "sched_setaffinity: " + std::generic_category().message(errno);
    return;
  }
  former_mask_.resize(sizeof former);
  std::memcpy(former_mask_.data(), &former, sizeof former);
}

Pinned::~Pinned() {
  if (former_mask_.empty()) return;
  cpu_set_t former;
  std::memcpy(&former, former_mask_.data(), sizeof former);
  sched_setaffinity(0, sizeof former, &former);
}

Instrument::Instrument(const TimingOptions& timing, InstrumentClock::Kind clock) : timing_(timing), clock_(clock) {
  if (clock_.kind() == InstrumentClock::Kind::monotonic)
    losses_.emplace_back("timed by the system's clock: no time-stamp counter of one rate");
  if (!timing_.gated) losses_.emplace_back("not gated: times of a slowed-down processor count too");
  if (timing_.gated) watch(gate_, clock_, probe_, timing_.watch_seconds);
}

}  // namespace hwcost
