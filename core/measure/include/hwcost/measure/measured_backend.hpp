// A backend that prices a layer at what it was measured at.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "hwcost/backend.hpp"
#include "hwcost/export.hpp"
#include "hwcost/measure/layer_timer.hpp"
#include "hwcost/registry.hpp"

namespace hwcost {

// What becomes of a layer that the store does not have.
enum class MeasurePolicy {
  never,    // it is refused
  missing,  // it is measured, and put into the store
  always,   // even one that the store has is measured anew
};

// Makes what times layers, once the first is to be timed, or says why it cannot.
using TimerMaker = std::function<Expected<std::unique_ptr<LayerTimer>, Unsupported>()>;

// The machine whose measurements are looked up: what is in a key beside the layer.
struct MeasuredMachine {
  Fingerprint fingerprint;
  Buffers buffers = Buffers::rotated;
  int threads = 1;
  double least_integer_bits = 0.0;  // narrower integers are priced at this width, `approximated`; 0: they are not
};

// A layer costs the seconds of one execution, all of it `elapsed`. There is no formula: a gradient exists only where
// the layers at its knots were measured. Channels of several widths are no single kernel, and refused.
class HWCOST_EXPORT MeasuredBackend final : public Backend {
 public:
  // `store` may be null, and `machine` the reason why this host cannot be it: every layer is then refused for that
  // reason. `make_timer` is not called under MeasurePolicy::never.
  MeasuredBackend(std::string name, std::shared_ptr<MeasurementStore> store,
                  Expected<MeasuredMachine, Unsupported> machine, MeasurePolicy policy, TimerMaker make_timer);

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override;
  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override;
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override;

 private:
  [[nodiscard]] Expected<Measurement, Unsupported> measurement_of(const MeasurementKey& key) const;
  [[nodiscard]] Expected<Measurement, Unsupported> measured(const MeasurementKey& key) const;

  std::string name_;
  std::shared_ptr<MeasurementStore> store_;
  Expected<MeasuredMachine, Unsupported> machine_;
  MeasurePolicy policy_;
  TimerMaker make_timer_;
  BackendTraits traits_;
  mutable std::mutex mutex_;  // of the timer: only one layer is measured at a time
  mutable std::unique_ptr<LayerTimer> timer_;
};

// The same registry with `entry` in the place of its namesake: a measured machine that now has a store.
HWCOST_EXPORT Registry with_entry(const Registry& registry, const BackendEntry& entry);

}  // namespace hwcost
