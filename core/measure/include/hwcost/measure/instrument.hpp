// Clock, probe and pinning of the machine that the program runs on, and what is lost where one of them is missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/measure/timing.hpp"

namespace hwcost {

// Time in seconds since it was made: the processor's time-stamp counter where that runs at one rate whatever the
// processor does, else the system's monotonic clock, whose reading takes longer and is coarser.
class HWCOST_EXPORT InstrumentClock {
 public:
  enum class Kind { time_stamp_counter, monotonic };
  // The best that the machine has.
  InstrumentClock();
  explicit InstrumentClock(Kind kind);

  [[nodiscard]] double now() const {
    if (kind_ == Kind::time_stamp_counter) return static_cast<double>(ticks() - first_tick_) * seconds_per_tick_;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - first_time_).count();
  }
  [[nodiscard]] Kind kind() const { return kind_; }
  static bool has_time_stamp_counter();

 private:
  static std::uint64_t ticks() {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
  }
  void count_ticks_a_second();
  Kind kind_;
  std::chrono::steady_clock::time_point first_time_;
  std::uint64_t first_tick_ = 0;
  double seconds_per_tick_ = 0.0;
};

// A loop of independent additions that fills the core's width, so that both a lower clock and a busy neighbour on the
// same core make it longer. Always the same instructions, so that readings of all processes on a machine compare:
// 1 to 3 us.
struct ThroughputProbe {
  HWCOST_EXPORT void operator()() const;
};

// The calling thread stays on the processor that it runs on, while this lives.
class HWCOST_EXPORT Pinned {
 public:
  Pinned();
  ~Pinned();
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  // Why it is not pinned; empty where it is.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  std::vector<unsigned char> former_mask_;  // empty: there is nothing to give back
  std::string failure_;
};

// What measures: made once a process and kept, since its gate learns. For one thread at a time.
class HWCOST_EXPORT Instrument {
 public:
  explicit Instrument(const TimingOptions& timing,
                      InstrumentClock::Kind clock = InstrumentClock::Kind::time_stamp_counter);

  // Times the kernel in one pass; see take_sample() for what a kernel is. It is told of each sample where it wants to
  // know: `kernel.sampled(sample)`.
  template <class Kernel>
  [[nodiscard]] Expected<Timing, std::string> time(Kernel& kernel, const TimingOptions& options) {
    const SampleSource source = [&](std::size_t iterations) {
      const Sample sample = take_sample(clock_, probe_, kernel, iterations);
      if constexpr (requires { kernel.sampled(sample); }) kernel.sampled(sample);
      return sample;
    };
    return time_pass(
        source, [this] { return clock_.now(); }, gate_, options);
  }
  // Seconds that `work()` takes once.
  template <class Work>
  [[nodiscard]] double seconds_of(Work&& work) const {
    const double start = clock_.now();
    work();
    return clock_.now() - start;
  }

  [[nodiscard]] const TimingOptions& timing() const { return timing_; }
  [[nodiscard]] const FrequencyGate& gate() const { return gate_; }
  [[nodiscard]] const InstrumentClock& clock() const { return clock_; }
  // What a measurement of this instrument lacks, one sentence each; empty where nothing does.
  [[nodiscard]] const std::vector<std::string>& losses() const { return losses_; }

 private:
  TimingOptions timing_;
  InstrumentClock clock_;
  ThroughputProbe probe_;
  FrequencyGate gate_;
  std::vector<std::string> losses_;
};

}  // namespace hwcost
