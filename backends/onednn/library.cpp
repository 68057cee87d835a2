// oneDNN as a library of kernels: its instruction sets, its threads, what it refuses.
#include <fmt/format.h>
#include <omp.h>

#include <array>
#include <chrono>

#include "chain.hpp"
#include "hwcost/measure/onednn.hpp"
#include "hwcost/work.hpp"
#include "kernel.hpp"

namespace hwcost {
namespace {

using onednn::OneDnnKernel;

struct IsaName {
  dnnl_cpu_isa_t isa;
  std::string_view name;
};
constexpr std::array kIsaNames{
    IsaName{dnnl_cpu_isa_sse41, "sse41"},
    IsaName{dnnl_cpu_isa_avx, "avx"},
    IsaName{dnnl_cpu_isa_avx2, "avx2"},
    IsaName{dnnl_cpu_isa_avx2_vnni, "avx2_vnni"},
    IsaName{dnnl_cpu_isa_avx512_mic, "avx512_mic"},
    IsaName{dnnl_cpu_isa_avx512_mic_4ops, "avx512_mic_4ops"},
    IsaName{dnnl_cpu_isa_avx512_core, "avx512_core"},
    IsaName{dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
    IsaName{dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
    IsaName{dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
};

std::string isa_name(dnnl_cpu_isa_t isa) {
  for (const IsaName& known : kIsaNames) {
    if (known.isa == isa) return std::string(known.name);
  }
  return fmt::format("isa_{:#x}", static_cast<unsigned>(isa));
}

dnnl_cpu_isa_t isa_of(IsaCap cap) {
  switch (cap) {
    case IsaCap::avx2:
      return dnnl_cpu_isa_avx2;
    case IsaCap::avx512_core:
      return dnnl_cpu_isa_avx512_core;
    case IsaCap::avx512_core_vnni:
      return dnnl_cpu_isa_avx512_core_vnni;
    case IsaCap::none:
      break;
  }
  return dnnl_cpu_isa_all;
}

// Whether the processor has what the cap names; asked of it, since asking oneDNN binds the process to a cap.
bool host_has(IsaCap cap) {
#if defined(__x86_64__)
  const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0;
  switch (cap) {
    case IsaCap::avx2:
      return __builtin_cpu_supports("avx2") != 0;
    case IsaCap::avx512_core:
      return has_avx512;
    case IsaCap::avx512_core_vnni:
      return has_avx512 && __builtin_cpu_supports("avx512vnni") != 0;
    case IsaCap::none:
      break;
  }
  return true;
#else
  return cap == IsaCap::none;
#endif
}

std::string library_name() {
  const dnnl_version_t* version = dnnl_version();
  std::string text = fmt::format("oneDNN {}.{}.{} OpenMP", version->major, version->minor, version->patch);
  const std::string hash = version->hash;
  if (!hash.empty() && hash != "N/A") text += fmt::format(" {}", hash.substr(0, 12));
  return text;
}

std::optional<Unsupported> too_large(const Layer& layer) {
  constexpr double kMostOperandBytes = double{1u << 31};
  const double bytes = facts(layer).memory_access_bytes;
  if (bytes <= kMostOperandBytes) return std::nullopt;
  return Unsupported{fmt::format("operands of {:.0f} MiB are more than are measured", bytes / 1048576.0)};
}

class OneDnnLibrary final : public KernelLibrary {
 public:
  explicit OneDnnLibrary(Fingerprint machine) : machine_(std::move(machine)), engine_(dnnl::engine::kind::cpu, 0) {
    dnnl_set_primitive_cache_capacity(0);  // else a kernel's creation is timed that was made before
  }

  [[nodiscard]] const Fingerprint& machine() const override { return machine_; }

  [[nodiscard]] Expected<std::unique_ptr<Kernel>, Unsupported> make(const Layer& layer, Buffers buffers,
                                                                    int threads) override {
    if (auto why = too_large(layer)) return tl::unexpected(std::move(*why));
    omp_set_num_threads(threads);
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    auto job = onednn::job_for(layer, engine_);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (!job) return tl::unexpected(std::move(job.error()));
    try {
      return std::make_unique<OneDnnKernel>(layer, *job, engine_, std::make_shared<onednn::Arena>(), buffers, seconds);
    } catch (const dnnl::error& error) {
      return tl::unexpected(Unsupported{fmt::format("oneDNN cannot run it: {}", error.message)});
    }
  }

  [[nodiscard]] Expected<std::unique_ptr<KernelChain>, Unsupported> make_chain(const LayerChain& chain,
                                                                               int threads) override {
    LayerChain feasible = chain;
    for (LayerChain::Link& link : feasible.links) {
      if (!link.refusal.empty()) continue;
      if (auto why = too_large(link.layer)) link.refusal = std::move(why->reason);
    }
    omp_set_num_threads(threads);
    try {
      return std::make_unique<onednn::OneDnnChain>(feasible, engine_);
    } catch (const dnnl::error& error) {
      return tl::unexpected(Unsupported{fmt::format("oneDNN cannot run it: {}", error.message)});
    }
  }

 private:
  Fingerprint machine_;
  dnnl::engine engine_;
};

}  // namespace

Expected<Fingerprint, Unsupported> onednn_fingerprint(IsaCap cap) {
  if (!host_has(cap)) {
    return tl::unexpected(
        Unsupported{fmt::format("this machine's processor has no {} instructions", isa_name(isa_of(cap)))});
  }
  Fingerprint machine = host_fingerprint();
  machine.isa = isa_name(cap == IsaCap::none ? dnnl_get_effective_cpu_isa() : isa_of(cap));
  machine.library = library_name();
  return machine;
}

Expected<std::unique_ptr<KernelLibrary>, Unsupported> onednn_library(IsaCap cap) {
  auto machine = onednn_fingerprint(cap);
  if (!machine) return tl::unexpected(std::move(machine.error()));
  if (cap != IsaCap::none && dnnl_set_max_cpu_isa(isa_of(cap)) != dnnl_success &&
      dnnl_get_effective_cpu_isa() != isa_of(cap)) {
    return tl::unexpected(
        Unsupported{fmt::format("oneDNN is bound to {} in this process already: {} needs a process of its own",
                                isa_name(dnnl_get_effective_cpu_isa()), isa_name(isa_of(cap)))});
  }
  return std::make_unique<OneDnnLibrary>(std::move(*machine));
}

}  // namespace hwcost
