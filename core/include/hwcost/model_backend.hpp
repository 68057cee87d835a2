// Turns a model (parameters, a check, one formula) into a Backend: scalar, batch and gradient paths.
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hwcost/backend.hpp"
#include "hwcost/dual.hpp"
#include "hwcost/parameters.hpp"
#include "hwcost/registry.hpp"
#include "hwcost/work.hpp"

namespace hwcost {

// What a model's check answers through. A reason is a callable that gives its words, called only where somebody
// listens: the batch path asks for the status alone.
class SilentVerdict {
 public:
  template <class Words>
  static constexpr Status refuse(Words&&) {
    return Status::unsupported;
  }
  template <class Words>
  static constexpr Status approximate(Words&&) {
    return Status::approximated;
  }
};

class SpokenVerdict {
 public:
  explicit SpokenVerdict(std::string& words) : words_(&words) {}
  template <class Words>
  Status refuse(Words&& words) {
    *words_ = std::forward<Words>(words)();
    return Status::unsupported;
  }
  template <class Words>
  Status approximate(Words&& words) {
    *words_ = std::forward<Words>(words)();
    return Status::approximated;
  }

 private:
  std::string* words_;
};

// A model is a stateless struct:
//   template <class T> struct Params { static void visit(self, f): every parameter once, see parameters.hpp };
//   static BackendTraits traits(const Params<double>&);
//   template <class T> static Cost<T> cost(const Params<T>&, Op, const SomeDims<T>&, const Widths<T>&);
//       one overload for every family that it models: the formula, written once for any T;
//   template <class Verdict> static Status check(const Params<double>&, Op, const SomeDims<double>&,
//                                                const Widths<double>&, Verdict&& verdict);
//       the same overloads: may this layer run? Cost is only ever used where the status is not `unsupported`.
// Optional:
//   static constexpr bool kWholeLayer = true: mixed weights reach the formula as one layer with their mean width, not
//   one
//       width at a time.
//   static Requantization default_requantization(const Params<double>&): of layers that do not say theirs.
//   static std::vector<MappingFigure> mapping(const Params<double>&, Op, const SomeDims<double>&, const
//   Widths<double>&).
template <class M, class D>
concept PricesFamily = requires(const typename M::template Params<double>& p, const D& d, const Widths<>& w) {
  { M::cost(p, Op::conv2d, d, w) } -> std::same_as<Cost<double>>;
  { M::check(p, Op::conv2d, d, w, SilentVerdict{}) } -> std::same_as<Status>;
};

namespace detail {

template <class D>
struct WithNumber;  // the same family with another number type
template <template <class> class D, class From>
struct WithNumber<D<From>> {
  template <class To>
  using type = D<To>;
};

// All output channels have 0 bit: such a layer costs nothing on any machine, whatever else it is.
template <class D, class T>
constexpr bool is_pruned(const D&, const Widths<T>& widths) {
  if constexpr (D::kFamily == Family::convolution || D::kFamily == Family::linear) {
    return value_of(widths.weight_bits) == 0.0;
  }
  return false;
}

// Extents of which the work is a number: none negative, infinite or not a number.
constexpr bool is_countable(const Work<double>& w) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return w.output >= 0.0 && w.output < kInfinity && w.input >= 0.0 && w.input < kInfinity && w.macs >= 0.0 &&
         w.macs < kInfinity;
}

}  // namespace detail

// The reason why `model` does not price this operator at all.
HWCOST_EXPORT Unsupported unmodelled(Op op, const std::string& custom_op, std::string_view backend);
// The reason why a layer with extents that are no counts has no price.
HWCOST_EXPORT Unsupported no_counts();
// The reason why a machine that computes integers does not run this layer; nothing where all its operands are.
HWCOST_EXPORT std::optional<Unsupported> floating_operand(const Layer& layer);

template <class M>
class ModelBackend final : public Backend {
 public:
  using Params = typename M::template Params<double>;
  ModelBackend(std::string name, Params params)
      : name_(std::move(name)), params_(std::move(params)), traits_(M::traits(params_)) {}

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] const Params& params() const { return params_; }

  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    return std::visit([&](const auto& dims) { return estimate_family(layer, dims); }, layer.dims);
  }

  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto family = static_cast<std::size_t>(info(in.op).family);
      ((family == I ? batch_family<std::variant_alternative_t<I, Dims>>(in, out) : void()), ...);
    }
    (std::make_index_sequence<std::variant_size_v<Dims>>());
  }

  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override {
    return std::visit([&](const auto& dims) { return gradient_family(layer, dims, mode); }, layer.dims);
  }

  [[nodiscard]] std::vector<Mapping> mapping(const Layer& layer) const override {
    std::vector<Mapping> parts;
    std::visit([&](const auto& dims) { add_mappings(layer, dims, parts); }, layer.dims);
    return parts;
  }

 private:
  static constexpr bool kWholeLayer = requires { requires M::kWholeLayer; };

  Widths<> widths_of(const Precision& precision, double weight_bits) const {
    Requantization requantization;
    if (precision.requantization) {
      requantization = *precision.requantization;
    } else if constexpr (requires { M::default_requantization(params_); }) {
      requantization = M::default_requantization(params_);
    }
    return {precision.input.bits, weight_bits, precision.output.bits, requantization.scale_bits, requantization.shift};
  }

  template <class D>
  Expected<Estimate, Unsupported> estimate_family(const Layer& layer, const D& dims) const {
    if constexpr (!PricesFamily<M, D>) {
      return tl::unexpected(unmodelled(layer.op, layer.custom_op, name_));
    } else {
      if (traits_.integers_only) {
        if (auto refusal = floating_operand(layer)) return tl::unexpected(std::move(*refusal));
      }
      const WeightFormat& weight = layer.precision.weight;
      if (!weight.is_mixed()) [[likely]]
        return one_width(layer.op, dims, widths_of(layer.precision, weight.uniform.bits));
      if constexpr (requires { with_out_channels(dims, 1.0); }) {
        return kWholeLayer ? mean_width(layer, dims) : sum_of_widths(layer, dims);
      } else {
        return tl::unexpected(Unsupported{"an operator without output channels has a histogram of weight widths", {}});
      }
    }
  }

  // The channels of each width as a layer of their own.
  template <class D>
  Expected<Estimate, Unsupported> sum_of_widths(const Layer& layer, const D& dims) const {
    Estimate sum;
    for (const ChannelGroup& g : layer.precision.weight.groups) {
      if (g.bits == 0.0 || g.channels == 0.0) continue;
      auto part = one_width(layer.op, with_out_channels(dims, g.channels), widths_of(layer.precision, g.bits));
      if (!part) return part;
      sum.cost = sum.cost + part->cost;
      if (sum.approximation.empty()) sum.approximation = std::move(part->approximation);
    }
    return sum;
  }

  // All channels at their mean width, where the machine runs each of the widths.
  template <class D>
  void add_mappings(const Layer& layer, const D& dims, std::vector<Mapping>& parts) const {
    if constexpr (requires { M::mapping(params_, layer.op, dims, Widths<>{}); }) {
      if (!estimate(layer)) return;
      const auto add = [&](const D& part, double bits) {
        const Widths<> widths = widths_of(layer.precision, bits);
        if (is_empty(work(layer.op, part)) || detail::is_pruned(part, widths)) return;
        parts.push_back({bits, M::mapping(params_, layer.op, part, widths)});
      };
      const WeightFormat& weight = layer.precision.weight;
      if (!weight.is_mixed()) return add(dims, weight.uniform.bits);
      if constexpr (requires { with_out_channels(dims, 1.0); }) {
        for (const ChannelGroup& g : weight.groups) add(with_out_channels(dims, g.channels), g.bits);
      }
    }
  }

  template <class D>
  Expected<Estimate, Unsupported> mean_width(const Layer& layer, const D& dims) const {
    double channels = 0.0;
    double bits = 0.0;
    std::string approximation;
    for (const ChannelGroup& g : layer.precision.weight.groups) {
      if (g.bits == 0.0 || g.channels == 0.0) continue;
      channels += g.channels;
      bits += g.bits * g.channels;
      auto part = one_width(layer.op, with_out_channels(dims, g.channels), widths_of(layer.precision, g.bits));
      if (!part) return part;
      if (approximation.empty()) approximation = std::move(part->approximation);
    }
    if (channels == 0.0) return Estimate{};
    auto whole = one_width(layer.op, with_out_channels(dims, channels), widths_of(layer.precision, bits / channels));
    if (whole) whole->approximation = std::move(approximation);
    return whole;
  }

  template <class D>
  Expected<Estimate, Unsupported> one_width(Op op, const D& dims, const Widths<>& widths) const {
    Estimate estimate;
    const Work<> w = work(op, dims);
    if (!detail::is_countable(w)) return tl::unexpected(no_counts());
    if (detail::is_pruned(dims, widths)) return estimate;
    const Status status = M::check(params_, op, dims, widths, SpokenVerdict(estimate.approximation));
    if (status == Status::unsupported) return tl::unexpected(Unsupported{std::move(estimate.approximation), {}});
    if (!is_empty(w)) estimate.cost = M::cost(params_, op, dims, widths).settled();
    return estimate;
  }

  template <class D, std::size_t... K>
  static D gather(std::span<const double* const> columns, std::size_t first, std::size_t row,
                  std::index_sequence<K...>) {
    D d;
    ((d.*D::kMembers[K].pointer = columns[first + K][row]), ...);
    return d;
  }

  template <class D>
  void batch_family(const LayerColumns& in, const CostColumns& out) const {
    if constexpr (!PricesFamily<M, D>) {
      for (std::size_t i = 0; i < in.size; ++i) out.put(i, {}, Status::unsupported, 0.0);
    } else {
      using DimsIndices = std::make_index_sequence<kMemberCount<D>>;
      using WidthIndices = std::make_index_sequence<kMemberCount<Widths<>>>;
      const Params params = params_;  // local copies: the compiler may keep them in registers
      const CostColumns columns = out;
      const double clock = traits_.clock_hertz;
      const Widths<> standard = widths_of(Precision{}, 0.0);
      const Op op = in.op;
      for (std::size_t i = 0; i < in.size; ++i) {
        const D dims = gather<D>(in.columns, 0, i, DimsIndices());
        auto widths = gather<Widths<>>(in.columns, kMemberCount<D>, i, WidthIndices());
        if (std::isnan(widths.scale_bits)) {
          widths.scale_bits = standard.scale_bits;
          widths.shift = standard.shift;
        }
        const Work<> w = work(op, dims);
        const bool pruned = detail::is_pruned(dims, widths);
        const Status checked = M::check(params, op, dims, widths, SilentVerdict());
        const Status status = !detail::is_countable(w) ? Status::unsupported : pruned ? Status::priced : checked;
        const Cost<> cost = M::cost(params, op, dims, widths).settled();
        columns.put(i, is_empty(w) || pruned ? Cost<>{} : cost, status, clock);
      }
    }
  }

  template <class D>
  Expected<CostGradient, Unsupported> gradient_family(const Layer& layer, const D& dims, GradientMode mode) const {
    if (mode == GradientMode::relaxed) return relaxed_gradient(*this, layer);
    if constexpr (!PricesFamily<M, D>) {
      return tl::unexpected(unmodelled(layer.op, layer.custom_op, name_));
    } else {
      if (layer.precision.weight.is_mixed())
        return tl::unexpected(Unsupported{"a gradient needs one width for all output channels", {}});
      if (auto here = estimate_family(layer, dims); !here) return tl::unexpected(std::move(here.error()));
      return straight_through(layer.op, dims, widths_of(layer.precision, layer.precision.weight.uniform.bits));
    }
  }

  template <class D>
  CostGradient straight_through(Op op, const D& dims, const Widths<>& widths) const {
    constexpr std::size_t kDims = kMemberCount<D>;
    using T = Dual<kDims + kMemberCount<Widths<>>>;
    using Lifted = typename detail::WithNumber<D>::template type<T>;
    CostGradient result{{}, std::vector<Cost<>>(kDims + kMemberCount<Widths<>>)};
    if (detail::is_pruned(dims, widths)) return result;
    Lifted d;
    for (std::size_t k = 0; k < kDims; ++k)
      d.*Lifted::kMembers[k].pointer = T::variable(dims.*D::kMembers[k].pointer, k);
    Widths<T> w;
    for (std::size_t k = 0; k < kMemberCount<Widths<>>; ++k)
      w.*Widths<T>::kMembers[k].pointer = T::variable(widths.*Widths<>::kMembers[k].pointer, kDims + k);
    const auto params = lift_parameters<typename M::template Params<T>>(params_);
    const Cost<T> cost = M::cost(params, op, d, w).settled();
    // A layer without outputs costs nothing, and still has a slope: what its first channel would cost.
    if (!is_empty(work(op, dims))) visit_parts(result.value, cost, [](const T& from, double& to) { to = from.value; });
    for (std::size_t k = 0; k < result.partial.size(); ++k)
      visit_parts(result.partial[k], cost, [k](const T& from, double& to) { to = from.partial[k]; });
    return result;
  }

  // Calls f(part of `from`, same part of `to`) for every part.
  template <class T, class F>
  static void visit_parts(Cost<>& to, const Cost<T>& from, F&& f) {
    Cost<T>::visit_together([&](std::string_view, const T& x, double& y) { f(x, y); }, from, to);
  }

  std::string name_;
  Params params_;
  BackendTraits traits_;
};

// The entry of a backend whose parameters come from its description alone.
template <class M>
BackendEntry model_entry(std::string name, std::string summary) {
  auto make = [name](const Description& d) -> std::unique_ptr<const Backend> {
    using Params = typename M::template Params<double>;
    return std::make_unique<ModelBackend<M>>(name, read_parameters<Params>(d));
  };
  return {std::move(name), std::move(summary), std::move(make)};
}

}  // namespace hwcost
