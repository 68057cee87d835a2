#include <algorithm>
#include <cstdint>

#include "hwcost/measure/layer_timer.hpp"
#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

// One execution is a run of the whole chain; what each link took is kept beside, until it is known which runs count.
class TimedChain {
 public:
  TimedChain(KernelChain& kernels, const LayerChain& chain, const InstrumentClock& clock)
      : kernels_(kernels), clock_(clock), seconds_(chain.links.size()) {
    for (std::size_t link = 0; link < chain.links.size(); ++link) {
      if (kernels.refusals()[link].empty()) executed_.push_back({link, chain.links[link].repeat});
    }
  }

  void operator()() {
    double before = clock_.now();
    for (const Execution& execution : executed_) {
      for (auto left = static_cast<std::uint64_t>(execution.repeat); left > 0; --left) kernels_.run(execution.link);
      const double after = clock_.now();
      seconds_[execution.link].push_back((after - before) / execution.repeat);
      before = after;
    }
    ++runs_;
  }
  // The runs since the last sample were of this one.
  void sampled(const Sample& sample) { samples_.resize(runs_, sample); }

  [[nodiscard]] bool is_empty() const { return executed_.empty(); }
  // Of the runs that the gate accepts, if it is one that is gated.
  [[nodiscard]] std::vector<double> layer_seconds(const FrequencyGate& gate, const TimingOptions& options) const {
    std::vector<double> all;
    for (const std::vector<double>& of_link : seconds_) {
      std::vector<double> times;
      for (std::size_t run = 0; run < of_link.size(); ++run) {
        if (!options.gated || gate.accepts(samples_[run], options.probe_tolerance)) times.push_back(of_link[run]);
      }
      std::sort(times.begin(), times.end());
      all.push_back(times.empty() ? 0.0 : quantile(times, estimate_percentile(options)));
    }
    return all;
  }

 private:
  struct Execution {
    std::size_t link;
    double repeat;
  };
  KernelChain& kernels_;
  const InstrumentClock& clock_;
  std::vector<Execution> executed_;
  std::vector<std::vector<double>> seconds_;  // of each link, in each run
  std::vector<Sample> samples_;               // of each run
  std::size_t runs_ = 0;
};

}  // namespace

Expected<ChainTiming, Unsupported> LayerTimer::time_chain(const LayerChain& chain) {
  auto kernels = library_->make_chain(chain, options_.threads);
  if (!kernels) return tl::unexpected(std::move(kernels.error()));
  TimedChain timed(**kernels, chain, instrument_.clock());
  const auto time_in_passes = [this](TimedChain& runs, const TimingOptions& options) {
    std::vector<Timing> passes;
    Expected<Timing, std::string> timing = tl::unexpected(std::string());
    for (int pass = 0; pass < options.most_passes; ++pass) {
      auto next = instrument_.time(runs, options);
      if (next) passes.push_back(*next);
      timing = passes.empty() ? std::move(next) : combined(passes);
      if (timing && !wants_pass_after(*timing)) break;
    }
    return timing;
  };
  if (timed.is_empty()) return tl::unexpected(Unsupported{"no layer of the network has a kernel"});
  ChainTiming result;
  TimingOptions options = options_.timing;
  Expected<Timing, std::string> timing = tl::unexpected(std::string());
  result.remarks = run_pinned(options_.threads, [&] { timing = time_in_passes(timed, options); });
  if (!timing && options.gated) {
    // Runs of some milliseconds may never end as fast as they began: what they take is known all the same.
    add_remark(result.remarks, "not gated, since the gate refuses: " + timing.error());
    options.gated = false;
    (void)run_pinned(options_.threads, [&] { timing = time_in_passes(timed, options); });
  }
  if (!timing) return tl::unexpected(Unsupported{std::move(timing.error())});
  add_remark(result.remarks, (*kernels)->remarks());
  result.timing = *timing;
  result.layer_seconds = timed.layer_seconds(instrument_.gate(), options);
  result.refusals = (*kernels)->refusals();
  return result;
}

}  // namespace hwcost
