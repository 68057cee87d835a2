// A network's oneDNN primitives over one plan of buffers.
#pragma once

#include <dnnl.hpp>
#include <memory>
#include <vector>

#include "hwcost/measure/chain.hpp"
#include "kernel.hpp"

namespace hwcost::onednn {

class HWCOST_EXPORT OneDnnChain final : public KernelChain {
 public:
  OneDnnChain(const LayerChain& chain, const dnnl::engine& engine);

  void run(std::size_t link) override { kernels_[link]->run(); }
  // Null where the link has none.
  [[nodiscard]] const OneDnnKernel* kernel(std::size_t link) const { return kernels_[link].get(); }

 private:
  std::vector<std::unique_ptr<OneDnnKernel>> kernels_;
};

}  // namespace hwcost::onednn
