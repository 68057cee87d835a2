// The backend `onednn` over a store of measurements.
#include <utility>

#include "hwcost/measure/onednn.hpp"
#include "parameters.hpp"

namespace hwcost {
namespace {

IsaCap cap_of(const onednn::Params& params) {
  if (params.vector_bits == 0.0) return IsaCap::none;
  if (params.vector_bits == 256.0) return IsaCap::avx2;
  return params.int8_dot_product == 0.0 ? IsaCap::avx512_core : IsaCap::avx512_core_vnni;
}

Expected<std::unique_ptr<LayerTimer>, Unsupported> timer_of(IsaCap cap, const MeasuringOptions& options) {
  auto library = onednn_library(cap);
  if (!library) return tl::unexpected(std::move(library.error()));
  return std::make_unique<LayerTimer>(std::move(*library), options);
}

std::shared_ptr<MeasurementStore> store_of(const OneDnnOptions& options) {
  if (options.store.empty()) return nullptr;
  using Access = MeasurementStore::Access;
  const Access access = options.policy == MeasurePolicy::never ? Access::read : Access::write;
  return std::make_shared<MeasurementStore>(options.store, access);
}

}  // namespace

Expected<std::unique_ptr<LayerTimer>, Unsupported> onednn_timer(const Description& description,
                                                                const MeasuringOptions& options) {
  return timer_of(cap_of(onednn::read_params(description)), options);
}

double onednn_least_integer_bits(const Description& description) {
  return onednn::read_params(description).least_width;
}

BackendEntry onednn_entry(const OneDnnOptions& options) {
  auto make = [options](const Description& description) -> std::unique_ptr<const Backend> {
    const onednn::Params params = onednn::read_params(description);
    const IsaCap cap = cap_of(params);
    auto machine = onednn_fingerprint(cap).map([&](Fingerprint fingerprint) {
      return MeasuredMachine{std::move(fingerprint), options.measuring.buffers, options.measuring.threads,
                             params.least_width};
    });
    return std::make_unique<MeasuredBackend>("onednn", store_of(options), std::move(machine), options.policy,
                                             [cap, options] { return timer_of(cap, options.measuring); });
  };
  return {"onednn", "Times of oneDNN's kernels on this machine, measured and remembered", std::move(make)};
}

}  // namespace hwcost
