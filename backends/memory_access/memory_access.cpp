#include "memory_access.hpp"

#include "entries.hpp"

namespace hwcost::memory_access {

BackendTraits Model::traits(const Params<double>&) {
  BackendTraits traits;
  traits.metrics = {Metric::traffic_bytes, Metric::memory_access_balance, Metric::arithmetic_intensity_macs_per_byte};
  traits.widths_add_up = false;  // inputs are read once for all widths
  return traits;
}

BackendEntry entry() {
  return model_entry<Model>("memory_access", "bytes moved when every operand crosses the memory port once");
}

}  // namespace hwcost::memory_access
