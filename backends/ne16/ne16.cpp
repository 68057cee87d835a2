#include "entries.hpp"
#include "job_model.hpp"
#include "layer_model.hpp"

namespace hwcost::ne16 {

BackendTraits JobModel::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::utilization};
  traits.integers_only = true;
  traits.out_channel_step = p.out_channel_tile;
  traits.depthwise_channel_step = p.depthwise_channel_tile;
  traits.in_channel_step = p.in_channel_tile;
  return traits;
}

// A description that says how large L1 is prices whole layers; one that does not, jobs on data that is there.
BackendEntry entry() {
  BackendEntry jobs = model_entry<JobModel>("ne16", "NE16 and its family: jobs, and layers tiled through L1");
  BackendEntry layers = model_entry<LayerModel>(jobs.name, jobs.summary);
  jobs.make = [jobs = jobs.make, layers = layers.make](const Description& d) {
    return d.parameters().contains("l1.capacity") ? layers(d) : jobs(d);
  };
  return jobs;
}

}  // namespace hwcost::ne16
