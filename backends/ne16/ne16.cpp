#include <cmath>

#include "entries.hpp"
#include "hwcost/error.hpp"
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

namespace {

// Sizes of the array, switches and widths are whole numbers; times and rates need not be.
void check_whole_numbers(const Description& description) {
  LayerModel::Params<double> params{};
  LayerModel::Params<double>::visit(params, [&](const Key& key, double&) {
    const bool counts = (key.unit.empty() || key.unit == "bit") && key.high >= 1.0;
    const auto found = description.parameters().find(key.name);
    if (!counts || found == description.parameters().end()) return;
    const Parameter& parameter = found->second;
    if (parameter.value == std::floor(parameter.value)) return;
    throw InputError(parameter.place, "'" + key.name + "' is '" + parameter.text + "', wanted a whole number");
  });
}

}  // namespace

// A description that says how large L1 is prices whole layers; one that does not, jobs on data that is there.
BackendEntry entry() {
  BackendEntry jobs = model_entry<JobModel>("ne16", "NE16 and its family: jobs, and layers tiled through L1");
  BackendEntry layers = model_entry<LayerModel>(jobs.name, jobs.summary);
  jobs.make = [jobs = jobs.make, layers = layers.make](const Description& d) {
    check_whole_numbers(d);
    return d.parameters().contains("l1.capacity") ? layers(d) : jobs(d);
  };
  return jobs;
}

}  // namespace hwcost::ne16
