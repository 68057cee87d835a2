#include "diana.hpp"

#include "entries.hpp"

namespace hwcost::diana {

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::latency_seconds, Metric::utilization};
  traits.clock_hertz = p.clock.value;
  traits.integers_only = true;
  traits.out_channel_step = p.digital_columns;
  return traits;
}

BackendEntry entry() { return model_entry<Model>("diana", "DIANA's digital and analog arrays"); }

}  // namespace hwcost::diana
