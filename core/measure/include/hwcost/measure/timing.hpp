// Times of a kernel on a noisy machine: samples count only while the processor runs at full speed.
//
// A core that is shared (an SMT neighbour, a host of virtual machines) has speeds that last for seconds. No statistic
// of the samples repairs that; a probe of known instructions before and after each sample tells which of them to keep.
// What is left (where the operands came to lie, what neighbours do to shared caches) drifts over seconds too, so that
// many short passes apart in time are worth more than a long one.
// The protocol knows neither clock nor kernel: it asks a SampleSource, which take_sample() fills on a real machine and
// a simulation in tests.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"

namespace hwcost {

// One sample: `iterations` executions of the kernel one after the other, between two probes.
struct Sample {
  double seconds = 0.0;               // of all iterations together
  double probe_before_seconds = 0.0;  // of a fixed number of known instructions
  double probe_after_seconds = 0.0;
};

// Takes a sample. `clock.now()` is in seconds, `probe()` executes the known instructions, `kernel()` one execution;
// `kernel.prepare()`, where there is one, comes before each sample and is not timed (it empties the caches). A kernel
// may have pushed the probe's own code out of the caches: it is executed once before it is timed.
template <class Clock, class Probe, class Kernel>
Sample take_sample(Clock& clock, Probe& probe, Kernel& kernel, std::size_t iterations) {
  const auto probe_seconds = [&] {
    probe();
    const double start = clock.now();
    probe();
    return clock.now() - start;
  };
  if constexpr (requires { kernel.prepare(); }) kernel.prepare();
  Sample sample;
  sample.probe_before_seconds = probe_seconds();
  const double start = clock.now();
  for (std::size_t i = 0; i < iterations; ++i) kernel();
  sample.seconds = clock.now() - start;
  sample.probe_after_seconds = probe_seconds();
  return sample;
}

// Gives a sample of so many iterations.
using SampleSource = std::function<Sample(std::size_t iterations)>;
// Seconds since some moment.
using WallClock = std::function<double()>;

struct TimingOptions {
  double sample_seconds = 20e-6;    // least length of a sample: short kernels are looped; 0: one execution a sample
  double accepted_seconds = 20e-3;  // of accepted samples that end a pass
  double wall_seconds = 2.0;        // that end a pass at the latest; a kernel so long that `least_accepted` executions
                                    // do not fit gets the time for them
  std::size_t least_accepted = 10;  // samples, else the pass is refused
  double least_acceptance = 0.3;    // share of samples, else the pass is refused
  double probe_tolerance = 0.05;    // a probe is of the fast state when it takes at most this share longer
  double watch_seconds = 0.5;       // of probes alone before the first kernel: states last for seconds
  double passes = 8.0;              // of a kernel, each of which sees other drifts
  double most_passes = 12.0;        // where those do not agree
  double passes_agree_within = 0.04;  // the slowest and the mean of those that count
  bool gated = true;                  // false: every sample counts, and a pass's estimate is its median
};

// Which percentile of a pass's samples is its estimate, as a share.
[[nodiscard]] inline double estimate_percentile(const TimingOptions& options) { return options.gated ? 0.10 : 0.50; }

// What is known of a kernel's time after one or more passes.
struct Timing {
  double seconds = 0.0;               // of one execution: a pass's 10th percentile (ungated: its median), the mean of
                                      // those passes that count
  double slowest_pass_seconds = 0.0;  // of the slowest of them: how far they are apart
  double p10_seconds = 0.0, p25_seconds = 0.0, p50_seconds = 0.0, p75_seconds = 0.0, p90_seconds = 0.0;  // means too
  double samples = 0.0;             // taken in all passes
  double accepted = 0.0;            // of them, while the processor was fast
  double iterations = 0.0;          // executions a sample
  double passes = 0.0;              // apart in time, where the caller arranges it
  double fast_probe_seconds = 0.0;  // of the probe in the fast state that samples were judged by; 0: not gated

  [[nodiscard]] double acceptance() const { return samples > 0.0 ? accepted / samples : 0.0; }
  [[nodiscard]] bool gated() const { return fast_probe_seconds > 0.0; }
  // How far the slowest pass is above the mean, as a share.
  [[nodiscard]] double spread_of_passes() const { return slowest_pass_seconds / seconds - 1.0; }

  // The one list of the members: calls f(name, member); the store's and the table's columns follow it.
  template <class Self, class F>
  static constexpr void visit(Self& t, F&& f) {
    f("seconds", t.seconds);
    f("slowest_pass_seconds", t.slowest_pass_seconds);
    f("p10_seconds", t.p10_seconds);
    f("p25_seconds", t.p25_seconds);
    f("p50_seconds", t.p50_seconds);
    f("p75_seconds", t.p75_seconds);
    f("p90_seconds", t.p90_seconds);
    f("samples", t.samples);
    f("accepted", t.accepted);
    f("iterations", t.iterations);
    f("passes", t.passes);
    f("fast_probe_seconds", t.fast_probe_seconds);
  }
  static constexpr std::size_t kCount = 12;
  friend bool operator==(const Timing&, const Timing&) = default;
};
static_assert(sizeof(Timing) == Timing::kCount * sizeof(double), "a member is missing in Timing's list");

// Which probes are of the fast state. It learns what fast is from the probes that it sees, so that one gate should
// live as long as the process: the fast state is the first percentile of all of them (and at least the fourth
// shortest), which a few readings that are too short (a clock that jumps) do not move, however many they become.
class HWCOST_EXPORT FrequencyGate {
 public:
  void see(const Sample& sample);
  [[nodiscard]] bool accepts(const Sample& sample, double tolerance) const;
  // The fast state's probe; infinite before anything was seen.
  [[nodiscard]] double fast_probe_seconds() const { return fast_; }

 private:
  void see(double probe_seconds);
  std::vector<std::size_t> counts_;  // of probes by length, in bins as wide as kBinWidth says
  std::size_t seen_ = 0;
  std::size_t shortest_ = 0;  // bin
  double fast_ = HUGE_VAL;
};

// Lets the gate see probes alone for so long: a process that begins in a slow state would take that for the fast one.
template <class Clock, class Probe>
void watch(FrequencyGate& gate, Clock& clock, Probe& probe, double seconds) {
  for (const double end = clock.now() + seconds; clock.now() < end;) {
    const auto nothing = [] {};
    gate.see(take_sample(clock, probe, nothing, 0));
  }
}

// Times the kernel in one pass: as many iterations a sample as make it long enough, as many samples as are wanted.
// Or says why the machine was too noisy to tell.
[[nodiscard]] HWCOST_EXPORT Expected<Timing, std::string> time_pass(const SampleSource& sample, const WallClock& now,
                                                                    FrequencyGate& gate, const TimingOptions& options);

// What passes of the same kernel say together, one or more: the mean of the faster three quarters, since whatever
// disturbs a pass makes it slower. Passes that were judged by a slow state, taken for the fast one, do not count once
// there is one that was judged by a faster state. A timing of several passes (from a store) counts as that many.
[[nodiscard]] HWCOST_EXPORT Timing combined(std::span<const Timing> passes);

// Whether the kernel should be timed once more: there are fewer passes than wanted, or they do not agree, or the gate
// has since seen a faster state than the one that they were judged by.
[[nodiscard]] HWCOST_EXPORT bool wants_another_pass(const Timing& timing, const FrequencyGate& gate,
                                                    const TimingOptions& options);

}  // namespace hwcost
