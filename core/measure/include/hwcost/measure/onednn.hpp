// oneDNN's kernels on this machine, and the backend `onednn` that is made of them: the component onednn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/measure/kernel.hpp"
#include "hwcost/measure/measured_backend.hpp"
#include "hwcost/registry.hpp"

namespace hwcost {

// The widest instructions that kernels may use. oneDNN takes one cap a process, before it does anything else.
enum class IsaCap : std::uint8_t { none, avx2, avx512_core, avx512_core_vnni };

// What times of oneDNN's kernels under this cap depend on; refused where the processor has no such instructions.
HWCOST_EXPORT Expected<Fingerprint, Unsupported> onednn_fingerprint(IsaCap cap);

// Refused where the processor has no such instructions or this process has run oneDNN under another cap.
HWCOST_EXPORT Expected<std::unique_ptr<KernelLibrary>, Unsupported> onednn_library(IsaCap cap);

// What times layers on the machine of a description of backend `onednn`; refused as onednn_library() is.
// Throws InputError: a fault in the description.
HWCOST_EXPORT Expected<std::unique_ptr<LayerTimer>, Unsupported> onednn_timer(const Description& description,
                                                                              const MeasuringOptions& options);

// The width at which the description prices narrower integers; 0: it refuses them. Throws InputError.
HWCOST_EXPORT double onednn_least_integer_bits(const Description& description);

struct OneDnnOptions {
  std::filesystem::path store;  // must be there under MeasurePolicy::never; empty: every layer is refused
  MeasurePolicy policy = MeasurePolicy::never;
  MeasuringOptions measuring;
};

// The backend `onednn` with a store behind it, to replace the built-in entry of that name, which has none:
//   const Registry registry = with_entry(builtin_registry(), onednn_entry({.store = "host.db"}));
// Its `make` throws InputError where the store cannot be used.
HWCOST_EXPORT BackendEntry onednn_entry(const OneDnnOptions& options);

}  // namespace hwcost
