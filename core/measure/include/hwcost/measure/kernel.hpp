// What a library of kernels offers to be timed.
#pragma once

#include <memory>
#include <string>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/measure/chain.hpp"
#include "hwcost/measure/measurement.hpp"

namespace hwcost {

// One layer, made ready to run: operands in memory, weights in the kernel's own layout.
class HWCOST_EXPORT Kernel {
 public:
  virtual ~Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Before every sample, not timed: puts the operands where Buffers::cold wants them.
  virtual void prepare() {}
  // One execution, finished when it returns.
  virtual void run() = 0;

  [[nodiscard]] const std::string& name() const { return name_; }        // the library's own
  [[nodiscard]] const std::string& remarks() const { return remarks_; }  // that it is a slow fallback; else empty
  [[nodiscard]] double creation_seconds() const { return creation_seconds_; }
  [[nodiscard]] double reorder_seconds() const { return reorder_seconds_; }  // of the weights

 protected:
  Kernel() = default;
  std::string name_, remarks_;
  double creation_seconds_ = 0.0, reorder_seconds_ = 0.0;
};

// A library of kernels on this machine. One thread at a time.
class HWCOST_EXPORT KernelLibrary {
 public:
  virtual ~KernelLibrary() = default;
  KernelLibrary(const KernelLibrary&) = delete;
  KernelLibrary& operator=(const KernelLibrary&) = delete;

  // What its times depend on.
  [[nodiscard]] virtual const Fingerprint& machine() const = 0;
  // The kernel for a layer as measurable() gives it, or the reason why there is none.
  [[nodiscard]] virtual Expected<std::unique_ptr<Kernel>, Unsupported> make(const Layer& layer, Buffers buffers,
                                                                            int threads) = 0;
  // The kernels of a network, where there is one for any of its layers.
  [[nodiscard]] virtual Expected<std::unique_ptr<KernelChain>, Unsupported> make_chain(const LayerChain& chain,
                                                                                       int threads) = 0;

 protected:
  KernelLibrary() = default;
};

}  // namespace hwcost
