// Kernels that nobody waits for: tests are about what happens, not about times.
#pragma once

#include <atomic>
#include <memory>

#include "hwcost/measure/layer_timer.hpp"
#include "measurements.hpp"

namespace hwcost::testing {

// Kernels that do nothing, which takes some nanoseconds; linear layers alone.
class FakeKernel final : public Kernel {
 public:
  FakeKernel() { name_ = "fake"; }
  void run() override { executions_ = executions_ + 1; }

 private:
  volatile long executions_ = 0;
};

// The same in sequence.
class FakeChain final : public KernelChain {
 public:
  explicit FakeChain(const LayerChain& chain) {
    for (const LayerChain::Link& link : chain.links)
      refusals_.emplace_back(link.layer.op == Op::linear ? "" : "linear layers alone");
  }
  void run(std::size_t) override { kernel_.run(); }

 private:
  FakeKernel kernel_;
};

class FakeLibrary final : public KernelLibrary {
 public:
  explicit FakeLibrary(std::atomic<int>& made) : made_(made) {}
  [[nodiscard]] const Fingerprint& machine() const override { return machine_; }
  [[nodiscard]] Expected<std::unique_ptr<Kernel>, Unsupported> make(const Layer& layer, Buffers, int) override {
    if (layer.op != Op::linear)
      return tl::unexpected(Unsupported{"the fake library has kernels of linear layers alone"});
    ++made_;
    return std::make_unique<FakeKernel>();
  }
  [[nodiscard]] Expected<std::unique_ptr<KernelChain>, Unsupported> make_chain(const LayerChain& chain, int) override {
    return std::make_unique<FakeChain>(chain);
  }

 private:
  Fingerprint machine_ = sample_machine();
  std::atomic<int>& made_;
};

// Fast, on any machine: a test is about what happens, not about the time.
inline MeasuringOptions quick() {
  MeasuringOptions options;
  options.timing.gated = false;
  options.timing.sample_seconds = 1e-6;
  options.timing.accepted_seconds = 1e-5;
  options.timing.passes = 2;
  options.timing.passes_agree_within = 1e9;
  return options;
}

}  // namespace hwcost::testing
