#include <algorithm>

#include "hwcost/measure/layer_timer.hpp"
#include "percentile.hpp"

namespace hwcost {
namespace {

// One execution is a run of the whole chain; what each link took is kept beside.
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
      for (double i = 0.0; i < execution.repeat; ++i) kernels_.run(execution.link);
      const double after = clock_.now();
      seconds_[execution.link].push_back((after - before) / execution.repeat);
      before = after;
    }
  }

  [[nodiscard]] bool is_empty() const { return executed_.empty(); }
  [[nodiscard]] std::vector<double> layer_seconds() {
    std::vector<double> all;
    for (std::vector<double>& times : seconds_) {
      std::sort(times.begin(), times.end());
      all.push_back(times.empty() ? 0.0 : measure::percentile(times, 0.10));
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
  std::vector<std::vector<double>> seconds_;
};

// A network is one long execution: more of them than of a layer, since the processor may change its speed in each.
TimingOptions options_for_chain(TimingOptions options) {
  options.least_accepted = std::max<std::size_t>(options.least_accepted, 30);
  return options;
}

}  // namespace

Expected<ChainTiming, Unsupported> LayerTimer::time_chain(const LayerChain& chain) {
  auto kernels = library_->make_chain(chain, options_.threads);
  if (!kernels) return tl::unexpected(std::move(kernels.error()));
  TimedChain timed(**kernels, chain, instrument_.clock());
  const auto time_in_passes = [this](TimedChain& runs, const TimingOptions& options) {
    auto timing = instrument_.time(runs, options);
    for (int pass = 2; timing && pass <= kMostPasses && wants_pass_after(*timing); ++pass) {
      const auto next = instrument_.time(runs, options);
      if (next) timing = combined(*timing, *next);
    }
    return timing;
  };
  if (timed.is_empty()) return tl::unexpected(Unsupported{"no layer of the network has a kernel"});
  ChainTiming result;
  TimingOptions options = options_for_chain(options_.timing);
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
  result.layer_seconds = timed.layer_seconds();
  result.refusals = (*kernels)->refusals();
  return result;
}

}  // namespace hwcost
