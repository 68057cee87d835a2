// oneDNN's kernels on this machine, and the backend `onednn` that is made of them: the component onednn.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/measure/kernel.hpp"

namespace hwcost {

// The widest instructions that kernels may use. oneDNN takes one cap a process, before it does anything else.
enum class IsaCap : std::uint8_t { none, avx2, avx512_core, avx512_core_vnni };

// What times of oneDNN's kernels under this cap depend on; refused where the processor has no such instructions.
HWCOST_EXPORT Expected<Fingerprint, Unsupported> onednn_fingerprint(IsaCap cap);

// Refused where the processor has no such instructions or this process has run oneDNN under another cap.
HWCOST_EXPORT Expected<std::unique_ptr<KernelLibrary>, Unsupported> onednn_library(IsaCap cap);

}  // namespace hwcost
