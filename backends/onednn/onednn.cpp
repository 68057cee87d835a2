// The backend where no measurements are at hand: it reads its descriptions, and refuses every layer with the reason.
// The component onednn offers the same backend with a store behind it (hwcost/measure/onednn.hpp).
#include "entries.hpp"
#include "hwcost/model_backend.hpp"
#include "onednn/parameters.hpp"

namespace hwcost::onednn {
namespace {

class WithoutMeasurements final : public Backend {
 public:
  WithoutMeasurements() {
    traits_.metrics = {Metric::latency_seconds};
    traits_.skips_free_work = true;
    traits_.monotone = false;
  }
  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    return tl::unexpected(refusal(layer.op, layer.custom_op));
  }
  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    for (std::size_t row = 0; row < in.size; ++row) out.put(row, {}, Status::unsupported, 0.0);
  }
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode) const override {
    return tl::unexpected(refusal(layer.op, layer.custom_op));
  }

 private:
  static Unsupported refusal(Op op, const std::string& custom_op) {
    if (op == Op::custom) return unmodelled(op, custom_op, "onednn");
    return Unsupported{"is measured, and no store of measurements was named"};
  }
  BackendTraits traits_;
};

}  // namespace

BackendEntry entry() {
  return {"onednn", "Times of oneDNN's kernels on this machine, measured and remembered",
          [](const Description& description) -> std::unique_ptr<const Backend> {
            read_params(description);
            return std::make_unique<WithoutMeasurements>();
          }};
}

}  // namespace hwcost::onednn
