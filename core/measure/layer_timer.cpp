#include "hwcost/measure/layer_timer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "key_text.hpp"

namespace hwcost {
namespace {

// What Instrument times.
struct TimedKernel {
  Kernel& kernel;
  void prepare() { kernel.prepare(); }
  void operator()() { kernel.run(); }
};

// An execution from cold buffers is short and not repeated in a sample.
TimingOptions options_for(Buffers buffers, TimingOptions options) {
  if (buffers == Buffers::cold) {
    options.sample_seconds = 0.0;
    options.accepted_seconds = std::min(options.accepted_seconds, 5e-3);
  }
  return options;
}

// The layers of one key are timed once.
struct Job {
  MeasurementKey key;
  LayerOutcome outcome;
  std::vector<Measurement> passes;  // of this run, behind what the store had
  bool refused = false;             // it is no layer that can be measured; one that was too noisy gets its other passes
};

// So many passes that the gate refuses are tried again later.
constexpr int kMostRefusals = 4;

class MeasuringRun {
 public:
  MeasuringRun(LayerTimer& timer, MeasurementStore& store, const MeasuringCalls& calls)
      : timer_(timer), store_(store), calls_(calls) {}

  // Index of the layer's job, which is made where there is none.
  std::size_t add(const Layer& layer, bool anew) {
    const auto bare = measurable(layer);
    Job job;
    if (!bare) {
      job.outcome.reason = bare.error().reason;
      job.refused = true;
      jobs_.push_back(std::move(job));
      return jobs_.size() - 1;
    }
    job.key = timer_.key_of(*bare);
    const measure::LayerText text = measure::layer_text(*bare);
    const auto [known, is_new] =
        index_.emplace(fmt::format("{}|{}|{}|{}", text.op, text.extents, text.widths, text.epilogue), jobs_.size());
    if (!is_new) return known->second;
    if (!anew) job.outcome.measurement = store_.find(job.key);
    if (job.outcome.measurement) job.passes.push_back(*job.outcome.measurement);
    jobs_.push_back(std::move(job));
    return jobs_.size() - 1;
  }

  void run() {
    std::size_t done = 0;
    const int most_passes = static_cast<int>(timer_.timing().most_passes) + kMostRefusals;
    for (int pass = 1; pass <= most_passes; ++pass) {
      for (Job& job : jobs_) {
        if (!wants_pass(job)) continue;
        if (calls_.out_of_time()) return;
        calls_.beginning({pass, job.key.layer, done, passes_left()});
        time(job);
        ++done;
      }
    }
  }

  LayerOutcome outcome(std::size_t job) const {
    LayerOutcome outcome = jobs_[job].outcome;
    outcome.complete = outcome.measurement && !timer_.wants_another_pass(*outcome.measurement);
    if (!outcome.complete && outcome.reason.empty())
      outcome.reason = outcome.measurement ? "its passes do not agree, or time ran out" : "time ran out";
    return outcome;
  }

 private:
  bool wants_pass(const Job& job) const {
    return !job.refused && (!job.outcome.measurement || timer_.wants_another_pass(*job.outcome.measurement));
  }
  // Passes that are wanted as far as is known now.
  std::size_t passes_left() const {
    double left = 0.0;
    for (const Job& job : jobs_) {
      if (!wants_pass(job)) continue;
      const double done = job.outcome.measurement ? job.outcome.measurement->timing.passes : 0.0;
      left += std::max(1.0, timer_.timing().passes - done);
    }
    return static_cast<std::size_t>(left);
  }
  void time(Job& job) {
    const auto pass = timer_.time(job.key);
    if (!pass) {
      job.outcome.reason = pass.error().reason;
      return;
    }
    job.outcome.reason.clear();
    job.passes.push_back(*pass);
    job.outcome.measurement = combined(job.passes);
    store_.put(*job.outcome.measurement);
  }

  LayerTimer& timer_;
  MeasurementStore& store_;
  const MeasuringCalls& calls_;
  std::vector<Job> jobs_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

LayerTimer::LayerTimer(std::unique_ptr<KernelLibrary> library, const MeasuringOptions& options)
    : library_(std::move(library)), options_(options), instrument_(options.timing) {}

MeasurementKey LayerTimer::key_of(const Layer& layer) const {
  return {layer, options_.buffers, options_.threads, library_->machine()};
}

Expected<Measurement, Unsupported> LayerTimer::time(const MeasurementKey& key) {
  auto kernel = library_->make(key.layer, key.buffers, key.threads);
  if (!kernel) return tl::unexpected(std::move(kernel.error()));
  Measurement m;
  m.key = key;
  m.remarks = (*kernel)->remarks();
  Expected<Timing, std::string> timing = tl::unexpected(std::string());
  TimedKernel timed{**kernel};
  add_remark(m.remarks, run_pinned(key.threads, [&] {
               timing = instrument_.time(timed, options_for(key.buffers, options_.timing));
             }));
  if (!timing) return tl::unexpected(Unsupported{std::move(timing.error())});
  m.timing = *timing;
  m.creation_seconds = (*kernel)->creation_seconds();
  m.reorder_seconds = (*kernel)->reorder_seconds();
  m.kernel = (*kernel)->name();
  m.measured_at = utc_now();
  return m;
}

std::string LayerTimer::run_pinned(int threads, const std::function<void()>& work) const {
  std::string remarks;
  for (const std::string& loss : instrument_.losses()) add_remark(remarks, loss);
  if (threads == 1) {
    const Pinned pinned;
    if (!pinned.failure().empty()) add_remark(remarks, "not pinned: " + pinned.failure());
    work();
  } else {
    add_remark(remarks, "not pinned: several threads");
    work();
  }
  return remarks;
}

Expected<Measurement, Unsupported> LayerTimer::time_in_full(const MeasurementKey& key) {
  std::vector<Measurement> passes;
  do {
    auto next = time(key);
    if (!next) return next;
    passes.push_back(std::move(*next));
  } while (static_cast<double>(passes.size()) < options_.timing.most_passes && wants_another_pass(combined(passes)));
  return combined(passes);
}

bool LayerTimer::wants_pass_after(const Timing& timing) const {
  return hwcost::wants_another_pass(timing, instrument_.gate(), options_.timing);
}

bool LayerTimer::wants_another_pass(const Measurement& m) const { return wants_pass_after(m.timing); }

Measurement combined(const std::vector<Measurement>& passes) {
  Measurement sum = passes.back();
  std::vector<Timing> timings;
  for (const Measurement& pass : passes) {
    timings.push_back(pass.timing);
    sum.creation_seconds = std::min(sum.creation_seconds, pass.creation_seconds);
    sum.reorder_seconds = std::min(sum.reorder_seconds, pass.reorder_seconds);
  }
  sum.timing = combined(timings);
  return sum;
}

std::vector<LayerOutcome> measure_layers(const std::vector<Layer>& layers, LayerTimer& timer, MeasurementStore& store,
                                         bool anew, const MeasuringCalls& calls) {
  MeasuringRun run(timer, store, calls);
  std::vector<std::size_t> jobs;
  for (const Layer& layer : layers) jobs.push_back(run.add(layer, anew));
  run.run();
  std::vector<LayerOutcome> outcomes;
  for (const std::size_t job : jobs) outcomes.push_back(run.outcome(job));
  return outcomes;
}

}  // namespace hwcost
