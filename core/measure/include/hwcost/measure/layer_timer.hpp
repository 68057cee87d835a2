// Times layers with a library's kernels, networks as a whole, and whole lists of layers into a store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/measure/instrument.hpp"
#include "hwcost/measure/kernel.hpp"
#include "hwcost/measure/store.hpp"

namespace hwcost {

struct MeasuringOptions {
  Buffers buffers = Buffers::rotated;
  int threads = 1;
  TimingOptions timing;
};

// A network run as a whole.
struct ChainTiming {
  Timing timing;                      // of a run of all layers that have a kernel, as often as they repeat
  std::vector<double> layer_seconds;  // of one execution within these runs, a link each ; 0: no kernel
  std::vector<std::string> refusals;  // a link each: why it has no kernel; empty where it has one
  std::string remarks;                // what a real run would do besides, what the instrument lacked
};

// One thread at a time.
class HWCOST_EXPORT LayerTimer {
 public:
  LayerTimer(std::unique_ptr<KernelLibrary> library, const MeasuringOptions& options);

  [[nodiscard]] MeasurementKey key_of(const Layer& measurable_layer) const;
  // One pass, or the reason why there is no time.
  [[nodiscard]] Expected<Measurement, Unsupported> time(const MeasurementKey& key);
  // As many passes as are wanted, one right after the other: for a layer that is asked for by itself.
  [[nodiscard]] Expected<Measurement, Unsupported> time_in_full(const MeasurementKey& key);
  // Runs the network's layers in sequence, again and again; refused where no layer has a kernel.
  [[nodiscard]] Expected<ChainTiming, Unsupported> time_chain(const LayerChain& chain);
  [[nodiscard]] const TimingOptions& timing() const { return options_.timing; }
  // Whether the measurement should have a further pass, which combined() adds.
  [[nodiscard]] bool wants_another_pass(const Measurement& measurement) const;

 private:
  // Does the work on one processor where the threads allow it. What a time of it lacks, one remark.
  [[nodiscard]] std::string run_pinned(int threads, const std::function<void()>& work) const;
  [[nodiscard]] bool wants_pass_after(const Timing& timing) const;

  std::unique_ptr<KernelLibrary> library_;
  MeasuringOptions options_;
  Instrument instrument_;
};

// What passes of one key say together, one or more; see combined() of timings.
HWCOST_EXPORT Measurement combined(const std::vector<Measurement>& passes);

// What became of one layer of a list.
struct LayerOutcome {
  std::optional<Measurement> measurement;  // what the store now has of it; nothing where there is none
  std::string reason;                      // why there is none, or why it has fewer passes than are wanted
  bool complete = false;                   // it has all the passes that are wanted
};

// Where a run of measure_layers() is. Layers of one key count once.
struct MeasuringStep {
  int pass = 1;
  const Layer& layer;
  std::size_t done = 0, left = 0;  // passes of layers; a further pass that turns out to be wanted is not foreseen
};

struct MeasuringCalls {
  std::function<bool()> out_of_time;                    // asked before each pass of a layer
  std::function<void(const MeasuringStep&)> beginning;  // of a pass of a layer
};

// Times the layers into the store: all of them once, then all that want it again, so that the passes of a layer are
// apart in time. What the store has is not timed again unless `anew`. Every pass is stored at once, so that a run that
// is broken off goes on where it was. Layers of one key share their outcome.
HWCOST_EXPORT std::vector<LayerOutcome> measure_layers(const std::vector<Layer>& layers, LayerTimer& timer,
                                                       MeasurementStore& store, bool anew, const MeasuringCalls& calls);

}  // namespace hwcost
