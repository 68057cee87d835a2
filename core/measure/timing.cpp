#include "hwcost/measure/timing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

// Probes are told apart by this share of their length, from the shortest that a clock can tell.
constexpr double kBinWidth = 0.0025;
constexpr double kShortestProbeSeconds = 1e-8;
constexpr std::size_t kBins = 8192;  // up to some seconds

std::size_t bin_of(double probe_seconds) {
  const double bin = std::log(probe_seconds / kShortestProbeSeconds) / std::log1p(kBinWidth);
  return static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(kBins - 1)));
}
double seconds_of_bin(std::size_t bin) {
  return kShortestProbeSeconds * std::exp((static_cast<double>(bin) + 0.5) * std::log1p(kBinWidth));
}

// Two passes were judged by different states when their fast probes are further apart than this.
constexpr double kSameState = 1.05;
// Of the passes, the fastest first.
constexpr double kCountedShare = 0.75;
constexpr std::array kMeans{&Timing::seconds,           &Timing::p10_seconds, &Timing::p25_seconds,
                            &Timing::p50_seconds,       &Timing::p75_seconds, &Timing::p90_seconds,
                            &Timing::fast_probe_seconds};

// Samples of one pass. What is fast may be learned late, so that all are kept and judged again at every look.
class PassInProgress {
 public:
  PassInProgress(FrequencyGate& gate, const TimingOptions& options, std::size_t iterations)
      : gate_(gate), options_(options), iterations_(iterations) {}

  void add(const Sample& sample) {
    gate_.see(sample);
    // Nothing is to be learned before the processor is fast; how long that takes says nothing of what comes then.
    if (samples_.empty() && !is_accepted(sample)) {
      ++waited_;
      return;
    }
    samples_.push_back(sample);
    if (gate_.fast_probe_seconds() != judged_by_)
      judge_again();
    else
      judge(sample);
  }

  [[nodiscard]] bool is_enough() const {
    return accepted_ >= options_.least_accepted && accepted_seconds_ >= options_.accepted_seconds && has_acceptance();
  }
  [[nodiscard]] bool is_usable() const { return accepted_ >= options_.least_accepted && has_acceptance(); }

  [[nodiscard]] std::string refusal(double seconds) const {
    return fmt::format(
        "machine too noisy: {:.0f} % of {} samples accepted in {:.1f} s, wanted {:.0f} % and at least {}",
        100.0 * static_cast<double>(accepted_) / static_cast<double>(samples_.size() + waited_),
        samples_.size() + waited_, seconds, 100.0 * options_.least_acceptance, options_.least_accepted);
  }

  [[nodiscard]] Timing timing() const {
    std::vector<double> times;
    for (const Sample& sample : samples_) {
      if (is_accepted(sample)) times.push_back(sample.seconds / static_cast<double>(iterations_));
    }
    std::sort(times.begin(), times.end());
    Timing timing;
    timing.p10_seconds = quantile(times, 0.10);
    timing.p25_seconds = quantile(times, 0.25);
    timing.p50_seconds = quantile(times, 0.50);
    timing.p75_seconds = quantile(times, 0.75);
    timing.p90_seconds = quantile(times, 0.90);
    timing.seconds = quantile(times, estimate_percentile(options_));
    timing.slowest_pass_seconds = timing.seconds;
    timing.samples = static_cast<double>(samples_.size());
    timing.accepted = static_cast<double>(accepted_);
    timing.iterations = static_cast<double>(iterations_);
    timing.passes = 1.0;
    timing.fast_probe_seconds = options_.gated ? gate_.fast_probe_seconds() : 0.0;
    return timing;
  }

 private:
  [[nodiscard]] bool is_accepted(const Sample& sample) const {
    return !options_.gated || gate_.accepts(sample, options_.probe_tolerance);
  }
  void judge(const Sample& sample) {
    if (!is_accepted(sample)) return;
    ++accepted_;
    accepted_seconds_ += sample.seconds;
  }
  void judge_again() {
    judged_by_ = gate_.fast_probe_seconds();
    accepted_ = 0;
    accepted_seconds_ = 0.0;
    for (const Sample& sample : samples_) judge(sample);
  }
  [[nodiscard]] double acceptance() const {
    return static_cast<double>(accepted_) / std::max(1.0, static_cast<double>(samples_.size()));
  }
  [[nodiscard]] bool has_acceptance() const { return acceptance() >= options_.least_acceptance; }

  FrequencyGate& gate_;
  const TimingOptions& options_;
  std::size_t iterations_;
  std::vector<Sample> samples_;
  std::size_t waited_ = 0;  // samples before the first that was accepted
  std::size_t accepted_ = 0;
  double accepted_seconds_ = 0.0;
  double judged_by_ = 0.0;
};

// How many executions make a sample long enough; the kernel's own time goes to `execution_seconds`.
std::size_t iterations_for(const SampleSource& sample, FrequencyGate& gate, const TimingOptions& options,
                           double& execution_seconds) {
  constexpr int kWarmUps = 3;  // the first fills caches and wakes threads up; the shortest is near the kernel's time
  constexpr std::size_t kMostIterations = 1'000'000;
  std::size_t iterations = 1;
  for (;;) {
    double shortest = HUGE_VAL;
    for (int i = 0; i < kWarmUps; ++i) {
      const Sample taken = sample(iterations);
      gate.see(taken);
      shortest = std::min(shortest, taken.seconds);
    }
    execution_seconds = shortest / static_cast<double>(iterations);
    if (shortest >= options.sample_seconds || iterations >= kMostIterations) return iterations;
    // Long enough in a faster state too. A clock may be too coarse to see one execution: at most 100 times more at
    // once.
    constexpr double kReserve = 1.7;
    const double factor = std::clamp(kReserve * options.sample_seconds / std::max(shortest, 1e-12), 1.0, 100.0);
    const double wanted = std::ceil(factor * static_cast<double>(iterations));
    iterations = std::min(kMostIterations, std::max(iterations + 1, static_cast<std::size_t>(wanted)));
  }
}

}  // namespace

void FrequencyGate::see(const Sample& sample) {
  see(sample.probe_before_seconds);
  see(sample.probe_after_seconds);
}

void FrequencyGate::see(double probe_seconds) {
  constexpr std::size_t kLeastRank = 4;
  constexpr std::size_t kProbesARank = 100;  // the first percentile
  if (!(probe_seconds > 0.0)) return;
  if (counts_.empty()) counts_.resize(kBins, 0);
  const std::size_t bin = bin_of(probe_seconds);
  shortest_ = seen_ == 0 ? bin : std::min(shortest_, bin);
  ++counts_[bin];
  ++seen_;
  const std::size_t rank = std::max(kLeastRank, seen_ / kProbesARank);
  if (seen_ < rank) return;
  std::size_t fast = shortest_;
  for (std::size_t below = counts_[fast]; below < rank; below += counts_[fast]) ++fast;
  fast_ = seconds_of_bin(fast);
}

bool FrequencyGate::accepts(const Sample& sample, double tolerance) const {
  const double longest = fast_probe_seconds() * (1.0 + tolerance);
  return sample.probe_before_seconds <= longest && sample.probe_after_seconds <= longest;
}

Expected<Timing, std::string> time_pass(const SampleSource& sample, const WallClock& now, FrequencyGate& gate,
                                        const TimingOptions& options) {
  const double start = now();
  double execution_seconds = 0.0;
  const std::size_t iterations = iterations_for(sample, gate, options, execution_seconds);
  const double least_seconds =
      execution_seconds * static_cast<double>(options.least_accepted) / options.least_acceptance;
  const double most_seconds = std::max(options.wall_seconds, least_seconds);
  PassInProgress pass(gate, options, iterations);
  double elapsed = 0.0;
  do {
    pass.add(sample(iterations));
    elapsed = now() - start;
  } while (!pass.is_enough() && elapsed < most_seconds);
  if (!pass.is_usable()) return tl::unexpected(pass.refusal(elapsed));
  return pass.timing();
}

Timing combined(std::span<const Timing> passes) {
  std::vector<Timing> counted(passes.begin(), passes.end());
  double fast = HUGE_VAL;
  for (const Timing& pass : counted) fast = pass.gated() ? std::min(fast, pass.fast_probe_seconds) : fast;
  std::erase_if(counted, [&](const Timing& pass) { return pass.fast_probe_seconds > fast * kSameState; });
  std::stable_sort(counted.begin(), counted.end(),
                   [](const Timing& a, const Timing& b) { return a.seconds < b.seconds; });
  Timing sum;
  sum.iterations = counted.front().iterations;
  for (const Timing& pass : counted) {
    sum.samples += pass.samples;
    sum.accepted += pass.accepted;
    sum.passes += pass.passes;
  }
  double weight = 0.0;
  for (const Timing& pass : counted) {
    if (weight >= kCountedShare * sum.passes) break;
    weight += pass.passes;
    for (const auto figure : kMeans) sum.*figure += (pass.*figure - sum.*figure) * (pass.passes / weight);
    sum.slowest_pass_seconds = std::max(sum.slowest_pass_seconds, pass.slowest_pass_seconds);
  }
  return sum;
}

bool wants_another_pass(const Timing& timing, const FrequencyGate& gate, const TimingOptions& options) {
  const double longest = gate.fast_probe_seconds() * (1.0 + options.probe_tolerance);
  if (timing.gated() && timing.fast_probe_seconds > longest) return true;
  if (timing.passes < options.passes) return true;
  return timing.passes < options.most_passes && timing.spread_of_passes() > options.passes_agree_within;
}

}  // namespace hwcost
