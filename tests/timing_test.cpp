// The timing protocol on a simulated machine: two speeds, interruptions, and a clock that is never read.
#include "hwcost/measure/timing.hpp"

#include <gtest/gtest.h>

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "hwcost/measure/instrument.hpp"

namespace hwcost {
namespace {

constexpr double kProbeSeconds = 2.5e-6;
constexpr double kSlowdown = 1.54;  // between a core of one's own and one that is shared

// A processor whose speed changes every now and then, and that is interrupted at random. Its time passes only as work
// is done on it, so that a test of seconds takes none.
class SimulatedMachine {
 public:
  double share_of_fast = 0.5;       // of its states
  double state_seconds = 0.005;     // mean length of a state
  double interruption_rate = 50.0;  // a second
  double jitter = 0.002;            // of each piece of work
  double tick = 0.0;                // of its clock: readings are whole multiples; 0: exact

  explicit SimulatedMachine(unsigned seed) : random_(seed) {}

  void work(double seconds) {
    if (time_ >= state_end_) change_state();
    double taken = seconds * (fast_ ? 1.0 : kSlowdown) * (1.0 + jitter * uniform());
    if (uniform() < interruption_rate * taken) taken += 30e-6 * (0.5 + uniform());
    time_ += taken;
  }
  [[nodiscard]] double now() const { return tick == 0.0 ? time_ : std::floor(time_ / tick) * tick; }
  void start_in_slow_state(double seconds) {
    fast_ = false;
    state_end_ = seconds;
  }

 private:
  double uniform() { return std::uniform_real_distribution<>(0.0, 1.0)(random_); }
  void change_state() {
    fast_ = uniform() < share_of_fast;
    state_end_ = time_ + state_seconds * (0.5 + uniform());
  }
  std::mt19937 random_;
  double time_ = 0.0;
  double state_end_ = 0.0;
  bool fast_ = true;
};

struct SimulatedKernel {
  SimulatedMachine& machine;
  double seconds;
  std::size_t executions = 0;
  void operator()() {
    ++executions;
    machine.work(seconds);
  }
};

// Emptying the caches takes a while, which is no part of the sample.
struct ColdKernel {
  SimulatedMachine& machine;
  double seconds;
  void prepare() { machine.work(1e-3); }
  void operator()() { machine.work(seconds); }
};

// One pass on the simulated machine.
template <class Kernel>
Expected<Timing, std::string> time_on(SimulatedMachine& machine, Kernel& kernel, FrequencyGate& gate,
                                      const TimingOptions& options = {}) {
  auto probe = [&machine] { machine.work(kProbeSeconds); };
  return time_pass([&](std::size_t iterations) { return take_sample(machine, probe, kernel, iterations); },
                   [&machine] { return machine.now(); }, gate, options);
}

// A gate that has watched the machine for as long as a dozen of its states.
FrequencyGate watching(SimulatedMachine& machine) {
  FrequencyGate gate;
  auto probe = [&machine] { machine.work(kProbeSeconds); };
  watch(gate, machine, probe, 0.08);
  return gate;
}

Expected<Timing, std::string> timed(SimulatedMachine& machine, double seconds, const TimingOptions& options = {}) {
  FrequencyGate gate = watching(machine);
  SimulatedKernel kernel{machine, seconds};
  return time_on(machine, kernel, gate, options);
}

double error(const Timing& timing, double seconds) { return std::abs(timing.seconds / seconds - 1.0); }

TEST(Timing, GateRecoversTheTrueTimeOfAMachineWithTwoSpeeds) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    for (const double seconds : {150e-9, 1e-6, 7.3e-6, 250e-6, 3e-3}) {
      SimulatedMachine machine(seed);
      const auto timing = timed(machine, seconds);
      ASSERT_TRUE(timing.has_value()) << seed << " " << seconds << ": " << timing.error();
      EXPECT_LT(error(*timing, seconds), 0.005) << seed << " " << seconds;
      EXPECT_TRUE(timing->gated());
    }
  }
}

// What the gate is for: without it the same machine is off by as much as its speeds are apart.
TEST(Timing, WithoutTheGateTheMedianIsThatOfTheSlowState) {
  TimingOptions ungated;
  ungated.gated = false;
  double worst = 0.0;
  for (unsigned seed = 0; seed < 10; ++seed) {
    SimulatedMachine machine(seed);
    machine.share_of_fast = 0.4;
    const auto timing = timed(machine, 7.3e-6, ungated);
    ASSERT_TRUE(timing.has_value());
    EXPECT_FALSE(timing->gated());
    EXPECT_EQ(timing->acceptance(), 1.0);
    worst = std::max(worst, error(*timing, 7.3e-6));
  }
  EXPECT_GT(worst, 0.4);
}

TEST(Timing, NoisyMachineIsRefusedInWords) {
  SimulatedMachine quiet(1);
  FrequencyGate gate = watching(quiet);
  SimulatedMachine noisy(2);
  noisy.share_of_fast = 0.1;
  noisy.start_in_slow_state(0.5);
  SimulatedKernel slowed{noisy, 7.3e-6};
  const auto timing = time_on(noisy, slowed, gate);
  ASSERT_FALSE(timing.has_value());
  EXPECT_NE(timing.error().find("machine too noisy"), std::string::npos) << timing.error();
  EXPECT_NE(timing.error().find("% of"), std::string::npos);
  EXPECT_NE(timing.error().find("accepted in 2.0 s, wanted 30 %"), std::string::npos) << timing.error();
}

// What is fast is not known while the machine is slow; what was taken then is judged again.
TEST(Timing, SamplesOfASlowBeginningAreDroppedOnceTheFastStateIsSeen) {
  SimulatedMachine machine(3);
  machine.start_in_slow_state(0.01);
  machine.share_of_fast = 1.0;
  FrequencyGate gate;
  SimulatedKernel kernel{machine, 20e-6};
  const auto timing = time_on(machine, kernel, gate);
  ASSERT_TRUE(timing.has_value()) << timing.error();
  EXPECT_LT(error(*timing, 20e-6), 0.005);
  EXPECT_LT(timing->acceptance(), 0.9);
}

TEST(Timing, SameMachineGivesTheSameBits) {
  SimulatedMachine one(4), other(4);
  EXPECT_EQ(timed(one, 5e-6).value(), timed(other, 5e-6).value());
}

TEST(Timing, ShortKernelIsLoopedAndALongOneIsNot) {
  SimulatedMachine machine(5);
  const Timing brief = timed(machine, 1e-6).value();
  EXPECT_GE(brief.iterations * 1e-6, 20e-6);
  EXPECT_LE(brief.iterations * 1e-6, 80e-6);
  EXPECT_EQ(timed(machine, 1e-3).value().iterations, 1.0);
}

// A clock that ticks every half microsecond cannot see an execution of 100 ns; it can see 20 us of them.
TEST(Timing, CoarseClockIsMetByLongerSamples) {
  SimulatedMachine machine(6);
  machine.tick = 0.5e-6;
  machine.share_of_fast = 1.0;
  TimingOptions options;
  options.sample_seconds = 1e-3;
  options.probe_tolerance = 0.5;  // of a probe of five ticks or six
  const Timing timing = timed(machine, 100e-9, options).value();
  EXPECT_GE(timing.iterations, 5000.0);
  EXPECT_LT(error(timing, 100e-9), 0.01);
}

TEST(Timing, KernelOfHalfASecondGetsTheTimeForItsSamples) {
  SimulatedMachine machine(7);
  machine.share_of_fast = 1.0;
  const auto timing = timed(machine, 0.5);
  ASSERT_TRUE(timing.has_value()) << timing.error();
  EXPECT_GE(timing->accepted, 10.0);
  EXPECT_LT(error(*timing, 0.5), 0.005);
}

TEST(Timing, ColdKernelIsExecutedOnceASampleAndItsPreparationIsNotTimed) {
  SimulatedMachine machine(8);
  machine.share_of_fast = 1.0;
  TimingOptions options;
  options.sample_seconds = 0.0;
  options.accepted_seconds = 1e-3;
  FrequencyGate gate;
  ColdKernel kernel{machine, 2e-6};
  const auto timing = time_on(machine, kernel, gate, options);
  ASSERT_TRUE(timing.has_value()) << timing.error();
  EXPECT_EQ(timing->iterations, 1.0);
  EXPECT_LT(error(*timing, 2e-6), 0.005);
}

TEST(Timing, PercentilesAscend) {
  SimulatedMachine machine(9);
  const Timing t = timed(machine, 3e-6).value();
  EXPECT_LE(t.p10_seconds, t.p25_seconds);
  EXPECT_LE(t.p25_seconds, t.p50_seconds);
  EXPECT_LE(t.p50_seconds, t.p75_seconds);
  EXPECT_LE(t.p75_seconds, t.p90_seconds);
  EXPECT_LE(t.accepted, t.samples);
  EXPECT_GE(t.accepted * t.iterations * t.p90_seconds, 0.8 * TimingOptions().accepted_seconds);
}

// One pass that took so long, judged by such a state.
Timing pass_of(double seconds, double fast_probe_seconds = kProbeSeconds) {
  Timing pass;
  pass.seconds = pass.slowest_pass_seconds = seconds;
  pass.samples = 20;
  pass.accepted = 10;
  pass.passes = 1;
  pass.fast_probe_seconds = fast_probe_seconds;
  return pass;
}

TEST(Timing, MeanOfTheFasterThreeQuartersOfThePassesCounts) {
  const Timing four =
      combined(std::vector{pass_of(1.1e-6), pass_of(0.9e-6), pass_of(5e-6) /* disturbed */, pass_of(1.0e-6)});
  EXPECT_DOUBLE_EQ(four.seconds, 1.0e-6);
  EXPECT_NEAR(four.spread_of_passes(), 0.1, 1e-12);
  EXPECT_EQ(four.samples, 80.0);
  EXPECT_EQ(four.accepted, 40.0);
  EXPECT_EQ(four.passes, 4.0);
  const Timing both = combined(std::vector{pass_of(1.0e-6), pass_of(1.1e-6)});
  EXPECT_DOUBLE_EQ(both.seconds, 1.05e-6);
  EXPECT_EQ(combined(std::vector{both}), both);
}

// What a store has is several passes already.
TEST(Timing, TimingOfSeveralPassesCountsAsThatMany) {
  Timing stored = pass_of(1.0e-6);
  stored.passes = 7;
  EXPECT_EQ(combined(std::vector{stored, pass_of(2.0e-6)}).seconds, 1.0e-6);
  EXPECT_DOUBLE_EQ(combined(std::vector{stored, pass_of(0.2e-6)}).seconds, 0.9e-6);
}

// A pass that took the slow state for the fast one says nothing of the kernel.
TEST(Timing, PassesJudgedByASlowStateAreDropped) {
  const Timing slow = pass_of(1.5e-6, 1.5 * kProbeSeconds), fast = pass_of(1.0e-6);
  EXPECT_EQ(combined(std::vector{slow, fast, slow}), fast);
}

TEST(Timing, MorePassesAreWantedWhereThoseSoFarDoNotAgree) {
  TimingOptions options;
  options.passes = 2;
  options.most_passes = 3;
  const FrequencyGate gate;
  const Timing ungated = pass_of(1.0e-6, 0.0);
  EXPECT_TRUE(wants_another_pass(ungated, gate, options));
  EXPECT_FALSE(wants_another_pass(combined(std::vector{ungated, pass_of(1.02e-6, 0.0)}), gate, options));
  EXPECT_TRUE(wants_another_pass(combined(std::vector{ungated, pass_of(1.2e-6, 0.0)}), gate, options));
  const Timing three = combined(std::vector{ungated, pass_of(1.2e-6, 0.0), pass_of(1.2e-6, 0.0)});
  EXPECT_FALSE(wants_another_pass(three, gate, options)) << "these are the most";
}

// A clock that jumps makes one probe too short: it must not become the reference that no honest probe reaches.
TEST(FrequencyGate, OneReadingThatIsTooShortDoesNotMislead) {
  FrequencyGate gate;
  const Sample honest{20e-6, 2.5e-6, 2.5e-6};
  for (int i = 0; i < 10; ++i) gate.see(honest);
  gate.see({20e-6, 1.0e-6, 2.5e-6});
  EXPECT_TRUE(gate.accepts(honest, 0.05));
  EXPECT_FALSE(gate.accepts({20e-6, 2.5e-6, 3.8e-6}, 0.05));
  EXPECT_FALSE(gate.accepts({20e-6, 3.8e-6, 2.5e-6}, 0.05));
}

// A process that runs for long sees ever more such readings; the level must not grow stricter for it.
TEST(FrequencyGate, FewReadingsThatAreTooShortDoNotMisleadHoweverLongItRuns) {
  FrequencyGate gate;
  const Sample honest{20e-6, 2.5e-6, 2.5e-6};
  for (int i = 0; i < 100'000; ++i) gate.see(i % 200 == 0 ? Sample{20e-6, 2.2e-6, 2.5e-6} : honest);
  EXPECT_TRUE(gate.accepts(honest, 0.05));
  EXPECT_NEAR(gate.fast_probe_seconds(), 2.5e-6, 0.01e-6);
}

// A pass that saw the slow state alone is confident and wrong; once the gate knows better, it is timed again.
TEST(Timing, PassJudgedByASlowStateIsWantedAgainOnceAFasterOneIsSeen) {
  SimulatedMachine machine(10);
  machine.start_in_slow_state(10.0);
  FrequencyGate gate;
  SimulatedKernel kernel{machine, 5e-6};
  const Timing slow = time_on(machine, kernel, gate).value();
  EXPECT_GT(error(slow, 5e-6), 0.5);
  TimingOptions options;
  options.passes = 2;
  const Timing twice = combined(std::vector{slow, slow});
  EXPECT_FALSE(wants_another_pass(twice, gate, options));
  SimulatedMachine later(11);
  const FrequencyGate wiser = watching(later);
  EXPECT_TRUE(wants_another_pass(twice, wiser, options));
}

// The real instrument works whichever clock there is, and says what it lacks.
TEST(Instrument, MeasuresWithoutTheTimeStampCounterAndSaysSo) {
  TimingOptions options;
  options.gated = false;  // a test must pass on any machine
  options.accepted_seconds = 1e-3;
  Instrument instrument(options, InstrumentClock::Kind::monotonic);
  double sum = 0.0;
  auto kernel = [&sum] {
    for (int i = 0; i < 100; ++i) sum = sum + 1.0;
  };
  const auto timing = instrument.time(kernel, options);
  ASSERT_TRUE(timing.has_value()) << timing.error();
  EXPECT_GT(timing->seconds, 0.0);
  EXPECT_LT(timing->seconds, 1e-3);
  ASSERT_EQ(instrument.losses().size(), 2u);
  EXPECT_NE(instrument.losses()[0].find("clock"), std::string::npos);
  EXPECT_NE(instrument.losses()[1].find("not gated"), std::string::npos);
}

TEST(Instrument, PinnedThreadGetsItsProcessorsBack) {
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  {
    const Pinned pinned;
    cpu_set_t during;
    ASSERT_EQ(sched_getaffinity(0, sizeof during, &during), 0);
    EXPECT_TRUE(!pinned.failure().empty() || CPU_COUNT(&during) == 1) << pinned.failure();
  }
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace hwcost
