#include "bit_ops.hpp"

#include <array>
#include <cmath>

#include "entries.hpp"
#include "hwcost/formula.hpp"

namespace hwcost::bit_ops {

BackendTraits Model::traits(const Params<double>&) {
  BackendTraits traits;
  traits.metrics = {Metric::cost};
  return traits;
}

namespace {

// A description's own formula in the place of the sum.
class FormulaBackend final : public Backend {
 public:
  explicit FormulaBackend(Formula formula) : formula_(std::move(formula)) {
    traits_.metrics = {Metric::cost};
    traits_.monotone = false;  // it is the user's
  }

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }

  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    if (info(layer.op).family != family_of(layer.dims)) return tl::unexpected(other_family(layer));
    if (layer.op == Op::custom) return tl::unexpected(unmodelled(layer.op, layer.custom_op, "bit_ops"));
    Estimate estimate;
    const Work<> w = work(layer);
    const Widths<> widths{layer.precision.input.bits, layer.precision.weight.uniform.bits};
    if (auto reason = no_numbers(w, widths)) return tl::unexpected(std::move(*reason));
    if (is_empty(w)) return estimate;
    const auto figure = formula_.evaluate(layer);
    if (!figure) return tl::unexpected(figure.error());
    estimate.cost.figure = *figure;
    return estimate;
  }

  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    std::array<double, 256> figures;
    for (std::size_t first = 0; first < in.size; first += figures.size()) {
      const ColumnSlice slice(in, first, std::min(figures.size(), in.size - first));
      if (in.op != Op::custom) formula_.evaluate(slice.columns(), figures);
      visit_candidates(slice.columns(), [&](std::size_t row, const auto& dims, const Widths<>& widths) {
        const Work<> w = work(in.op, dims);
        const bool refused = in.op == Op::custom || !detail::is_countable(w) || !detail::are_widths(widths);
        const double figure = is_empty(w) ? 0.0 : figures[row];
        const Status status = refused || std::isnan(figure) ? Status::unsupported : Status::priced;
        out.put(first + row, {.figure = figure}, status, 0.0);
      });
    }
  }

  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override {
    if (mode == GradientMode::relaxed) return relaxed_gradient(*this, layer);
    return tl::unexpected(Unsupported{"a formula given as text has no derivative", {}});
  }

 private:
  Formula formula_;
  BackendTraits traits_;
};

std::unique_ptr<const Backend> make(const Description& d) {
  const auto params = read_parameters<Model::Params<double>>(d);
  if (d.formula()) return std::make_unique<FormulaBackend>(Formula(d.formula()->text, d.formula()->place));
  return std::make_unique<ModelBackend<Model>>("bit_ops", params);
}

}  // namespace

BackendEntry entry() { return {"bit_ops", "MACs weighted by the widths of both operands, or a formula", make}; }

}  // namespace hwcost::bit_ops
