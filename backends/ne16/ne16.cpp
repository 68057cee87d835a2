#include "ne16.hpp"

#include "entries.hpp"

namespace hwcost::ne16 {

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::utilization};
  traits.integers_only = true;
  traits.out_channel_step = p.out_channel_tile;
  traits.depthwise_channel_step = p.depthwise_channel_tile;
  traits.in_channel_step = p.in_channel_tile;
  return traits;
}

BackendEntry entry() { return model_entry<Model>("ne16", "NE16 and its family: cycles of accelerator jobs"); }

}  // namespace hwcost::ne16
