#include "residual_backend.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "description_files.hpp"
#include "did_you_mean.hpp"
#include "hwcost/mixed_widths.hpp"
#include "hwcost/residual.hpp"
#include "hwcost/sha256.hpp"

namespace hwcost {
namespace {

// Every cause of the metric by the same factor, so that totals follow; what the work would ideally take stays.
Cost<> scaled(Cost<> cost, Metric metric, double factor) {
  if (metric == Metric::energy_joules) {
    cost.energy.value *= factor;
    return cost;
  }
  for (double* part :
       {&cost.compute.value, &cost.memory.value, &cost.busy.value, &cost.overhead.value, &cost.elapsed.value})
    *part *= factor;
  return cost;
}

class ResidualBackend final : public Backend {
 public:
  ResidualBackend(std::unique_ptr<const Backend> backend, Residual residual)
      : backend_(std::move(backend)), residual_(std::move(residual)), traits_(backend_->traits()) {
    traits_.monotone = false;  // trees rise and fall
  }

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }

  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    if (!layer.precision.weight.is_mixed() || !traits_.widths_add_up) return one_width(layer);
    return std::visit(
        [&]<class D>(const D& dims) {
          return over_widths(layer.precision.weight, dims, true, [&](const D& part, double bits) {
            Layer one = layer;
            one.dims = part;
            one.precision.weight = integer(bits);
            return one_width(one);
          });
        },
        layer.dims);
  }

  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    for (std::size_t row = 0; row < in.size; ++row) {
      const auto estimate = one_width(layer_at(in, row));
      if (!estimate) {
        out.put(row, {}, Status::unsupported, traits_.clock_hertz);
      } else {
        const Status status = estimate->approximation.empty() ? Status::priced : Status::approximated;
        out.put(row, estimate->cost, status, traits_.clock_hertz);
      }
    }
  }

  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override {
    return gradient_by(layer, mode, kEveryMember);
  }
  // The correction is a step function: between its steps it is a constant factor.
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient_by(const Layer& layer, GradientMode mode,
                                                                std::uint64_t members) const override {
    if (mode == GradientMode::relaxed) return relaxed_gradient(*this, layer, members);
    auto gradient = backend_->gradient_by(layer, mode, members);
    if (gradient) correct(layer, *gradient);
    return gradient;
  }
  [[nodiscard]] std::vector<Expected<CostGradient, Unsupported>> parameter_gradients(
      std::span<const Layer> layers, std::span<const std::string> parameters) const override {
    auto gradients = backend_->parameter_gradients(layers, parameters);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (gradients[i]) correct(layers[i], *gradients[i]);
    }
    return gradients;
  }
  [[nodiscard]] std::vector<Mapping> mapping(const Layer& layer) const override { return backend_->mapping(layer); }

 private:
  [[nodiscard]] double factor(const Layer& layer, const Cost<>& cost) const {
    const double price = value(residual_.metric(), cost, facts(layer), traits_.clock_hertz).value_or(0.0);
    return price > 0.0 ? residual_.factor(residual_figures(layer, cost, price)) : 1.0;
  }
  [[nodiscard]] Expected<Estimate, Unsupported> one_width(const Layer& layer) const {
    auto estimate = backend_->estimate(layer);
    if (estimate) estimate->cost = scaled(estimate->cost, residual_.metric(), factor(layer, estimate->cost));
    return estimate;
  }
  void correct(const Layer& layer, CostGradient& gradient) const {
    const double by = factor(layer, gradient.value);
    gradient.value = scaled(gradient.value, residual_.metric(), by);
    for (Cost<>& partial : gradient.partial) partial = scaled(partial, residual_.metric(), by);
  }

  std::unique_ptr<const Backend> backend_;
  Residual residual_;
  BackendTraits traits_;
};

Residual load(const ResidualFile& named) {
  const auto folder = std::filesystem::path(named.place.file).parent_path();
  const std::string path = (folder / named.file).string();
  std::string bytes;
  try {
    bytes = read_description_file(path);
  } catch (const InputError& error) {
    throw InputError(named.place, fmt::format("the learned residual: {}", error.what()));
  }
  if (const std::string found = sha256(bytes); found != named.sha256) {
    throw InputError(named.place, fmt::format("the learned residual {} is not the one that was fitted: its sha256 is "
                                              "{}, wanted {}",
                                              in_quotes(named.file), found, in_quotes(named.sha256)));
  }
  return Residual::from_text(bytes, path);
}

}  // namespace

std::unique_ptr<const Backend> corrected(std::unique_ptr<const Backend> backend, const Description& description) {
  const auto& record = description.calibration();
  if (!record || !record->residual) return backend;
  Residual residual = load(*record->residual);
  if (residual.metric() != record->metric) {
    throw InputError(record->residual->place,
                     fmt::format("the learned residual {} corrects {}, and the calibration is of {}",
                                 in_quotes(record->residual->file), name(residual.metric()), name(record->metric)));
  }
  return std::make_unique<const ResidualBackend>(std::move(backend), std::move(residual));
}

}  // namespace hwcost
