// A backend that remembers what another has said.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/export.hpp"
#include "hwcost/machine.hpp"

namespace hwcost {

// Answers estimate() from memory where the same layer was asked for before: operator, extents, precision; not its name,
// module or repeats. Has the bits of `backend`. For machines that take long (they search, measure, or are plugins): a
// closed formula is as fast as a look-up. Batches and gradients go straight through, and so do mappings.
// Any number of threads may use one; at most `most` answers are kept, the oldest are forgotten in bulk.
class HWCOST_EXPORT RememberingBackend final : public Backend {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 16;
  explicit RememberingBackend(std::shared_ptr<const Backend> backend, std::size_t most = kMost);
  ~RememberingBackend() override;

  [[nodiscard]] const BackendTraits& traits() const override { return backend_->traits(); }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override;
  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    backend_->estimate_batch(in, out);
  }
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override {
    return backend_->gradient(layer, mode);
  }
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient_by(const Layer& layer, GradientMode mode,
                                                                std::uint64_t members) const override {
    return backend_->gradient_by(layer, mode, members);
  }
  [[nodiscard]] std::vector<Expected<CostGradient, Unsupported>> parameter_gradients(
      std::span<const Layer> layers, std::span<const std::string> parameters) const override {
    return backend_->parameter_gradients(layers, parameters);
  }
  [[nodiscard]] std::vector<Mapping> mapping(const Layer& layer) const override { return backend_->mapping(layer); }

 private:
  class Memory;
  std::shared_ptr<const Backend> backend_;
  std::unique_ptr<Memory> memory_;
};

// The machine, and those that it falls back to, with backends that remember.
HWCOST_EXPORT Machine with_memory(const Machine& machine, std::size_t most = RememberingBackend::kMost);

}  // namespace hwcost
