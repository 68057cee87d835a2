#include "gap8.hpp"

#include "entries.hpp"

namespace hwcost::gap8 {

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::utilization};
  traits.integers_only = true;
  traits.out_channel_step = p.out_channel_tile;
  traits.depthwise_channel_step = p.depthwise_channel_tile;
  return traits;
}

BackendEntry entry() { return model_entry<Model>("gap8", "GAP8's eight-core cluster with 8-bit kernels"); }

}  // namespace hwcost::gap8
