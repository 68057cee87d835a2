#include "counts.hpp"

#include "entries.hpp"

namespace hwcost::counts {

BackendTraits Model::traits(const Params<double>&) {
  BackendTraits traits;
  traits.metrics = {Metric::convention_ops};
  return traits;
}

BackendEntry entry() { return model_entry<Model>("counts", "operations as a convention counts them"); }

}  // namespace hwcost::counts
