// Turns a model (parameters, a check, one formula) into a Backend: scalar, batch and gradient paths.
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <memory>
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

// All output channels pruned: such a layer costs nothing on any machine, whatever its widths.
template <class D, class T>
constexpr bool is_pruned(const D& dims, const Widths<T>& widths) {
  if constexpr (D::kFamily == Family::convolution || D::kFamily == Family::linear) {
    return value_of(widths.weight_bits) == 0.0 || value_of(dims.out_channels) == 0.0;
  }
  return false;
}

}  // namespace detail

// The reason why `model` does not price this operator at all.
HWCOST_EXPORT Unsupported unmodelled(Op op, const std::string& custom_op, std::string_view backend);

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
      const WeightFormat& weight = layer.precision.weight;
      if (!weight.is_mixed()) [[likely]] {
        return one_width(layer.op, dims, widths_of(layer.precision, weight.uniform.bits));
      }
      if constexpr (requires { with_out_channels(dims, 1.0); }) {
        if constexpr (kWholeLayer) {
          double channels = 0.0;
          double bits = 0.0;
          for (const ChannelGroup& g : weight.groups) {
            channels += g.bits > 0.0 ? g.channels : 0.0;
            bits += g.bits * g.channels;
          }
          if (channels == 0.0) return Estimate{};
          return one_width(layer.op, with_out_channels(dims, channels), widths_of(layer.precision, bits / channels));
        } else {
          Estimate sum;
          for (const ChannelGroup& g : weight.groups) {
            if (g.bits == 0.0 || g.channels == 0.0) continue;
            auto part = one_width(layer.op, with_out_channels(dims, g.channels), widths_of(layer.precision, g.bits));
            if (!part) return part;
            sum.cost = sum.cost + part->cost;
            if (sum.approximation.empty()) sum.approximation = std::move(part->approximation);
          }
          return sum;
        }
      } else {
        return tl::unexpected(Unsupported{"an operator without output channels has a histogram of weight widths", {}});
      }
    }
  }

  template <class D>
  Expected<Estimate, Unsupported> one_width(Op op, const D& dims, const Widths<>& widths) const {
    Estimate estimate;
    if (detail::is_pruned(dims, widths)) return estimate;
    const Status status = M::check(params_, op, dims, widths, SpokenVerdict(estimate.approximation));
    if (status == Status::unsupported) return tl::unexpected(Unsupported{std::move(estimate.approximation), {}});
    estimate.cost = cost_of(params_, op, dims, widths);
    return estimate;
  }

  // The formula, and nothing for nothing.
  template <class P, class D, class T>
  static Cost<T> cost_of(const P& params, Op op, const D& dims, const Widths<T>& widths) {
    const Cost<T> cost = M::cost(params, op, dims, widths);
    return is_empty(work(op, dims)) || detail::is_pruned(dims, widths) ? Cost<T>{} : cost;
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
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    const auto put = [](auto column, std::size_t row, auto v) {
      if (!column.empty()) column[row] = v;
    };
    if constexpr (!PricesFamily<M, D>) {
      for (std::size_t i = 0; i < in.size; ++i) {
        put(out.latency_cycles, i, kNan);
        put(out.elapsed_seconds, i, kNan);
        put(out.energy_joules, i, kNan);
        put(out.traffic_bytes, i, kNan);
        put(out.operations, i, kNan);
        put(out.figure, i, kNan);
        put(out.status, i, Status::unsupported);
      }
    } else {
      using DimsIndices = std::make_index_sequence<kMemberCount<D>>;
      using WidthIndices = std::make_index_sequence<kMemberCount<Widths<>>>;
      const Params params = params_;  // a local copy: the compiler may keep it in registers
      const CostColumns columns = out;
      const Op op = in.op;
      for (std::size_t i = 0; i < in.size; ++i) {
        const D dims = gather<D>(in.columns, 0, i, DimsIndices());
        const auto widths = gather<Widths<>>(in.columns, kMemberCount<D>, i, WidthIndices());
        const Status checked = M::check(params, op, dims, widths, SilentVerdict());
        const Status status = detail::is_pruned(dims, widths) ? Status::priced : checked;
        const Cost<> cost = cost_of(params, op, dims, widths);
        const bool ok = status != Status::unsupported;
        put(columns.latency_cycles, i, ok ? cost.latency().value : kNan);
        put(columns.elapsed_seconds, i, ok ? cost.elapsed.value : kNan);
        put(columns.energy_joules, i, ok ? cost.energy.value : kNan);
        put(columns.traffic_bytes, i, ok ? in_bytes(cost.traffic) : kNan);
        put(columns.operations, i, ok ? cost.operations : kNan);
        put(columns.figure, i, ok ? cost.figure : kNan);
        put(columns.status, i, status);
      }
    }
  }

  template <class D>
  Expected<CostGradient, Unsupported> gradient_family(const Layer& layer, const D& dims, GradientMode mode) const {
    if constexpr (!PricesFamily<M, D>) {
      return tl::unexpected(unmodelled(layer.op, layer.custom_op, name_));
    } else {
      if (layer.precision.weight.is_mixed())
        return tl::unexpected(Unsupported{"a gradient needs one width for all output channels", {}});
      const Widths<> widths = widths_of(layer.precision, layer.precision.weight.uniform.bits);
      auto here = one_width(layer.op, dims, widths);
      if (!here) return tl::unexpected(here.error());
      CostGradient result{here->cost, std::vector<Cost<>>(kMemberCount<D> + kMemberCount<Widths<>>)};
      if (mode == GradientMode::straight_through) {
        straight_through(layer.op, dims, widths, result);
      } else {
        relaxed(layer.op, dims, widths, result);
      }
      return result;
    }
  }

  template <class D>
  void straight_through(Op op, const D& dims, const Widths<>& widths, CostGradient& result) const {
    constexpr std::size_t kDims = kMemberCount<D>;
    using T = Dual<kDims + kMemberCount<Widths<>>>;
    using Lifted = typename detail::WithNumber<D>::template type<T>;
    Lifted d;
    for (std::size_t k = 0; k < kDims; ++k)
      d.*Lifted::kMembers[k].pointer = T::variable(dims.*D::kMembers[k].pointer, k);
    Widths<T> w;
    for (std::size_t k = 0; k < kMemberCount<Widths<>>; ++k)
      w.*Widths<T>::kMembers[k].pointer = T::variable(widths.*Widths<>::kMembers[k].pointer, kDims + k);
    const auto params = lift_parameters<typename M::template Params<T>>(params_);
    const Cost<T> cost = cost_of(params, op, d, w);
    std::array<T, Cost<T>::kCount> parts;
    std::size_t next = 0;
    Cost<T>::visit(cost, [&](std::string_view, const T& part) { parts[next++] = part; });
    for (std::size_t k = 0; k < result.partial.size(); ++k) {
      next = 0;
      Cost<>::visit(result.partial[k], [&](std::string_view, double& part) { part = parts[next++].partial[k]; });
    }
  }

  // Slope from the knot below, by each channel count.
  template <class D>
  void relaxed(Op op, const D& dims, const Widths<>& widths, CostGradient& result) const {
    for (std::size_t k = 0; k < kMemberCount<D>; ++k) {
      const bool out = D::kMembers[k].name == "out_channels";
      if (!out && D::kMembers[k].name != "in_channels") continue;
      double step = out ? traits_.out_channel_step : traits_.in_channel_step;
      if constexpr (requires { dims.is_depthwise(); }) {
        if (dims.is_depthwise()) step = traits_.depthwise_channel_step;
      }
      D below = dims;
      const double own = dims.*D::kMembers[k].pointer;
      if (own <= 0.0) continue;
      const double knot = step * (std::ceil(own / step) - 1.0);
      if (requires_joint_move(dims)) {
        below = depthwise_at(dims, knot);
      } else {
        below.*D::kMembers[k].pointer = knot;
      }
      const Cost<> lower = cost_of(params_, op, below, widths);
      result.partial[k] = (result.value + lower * -1.0) * (1.0 / (own - knot));
    }
  }
  template <class D>
  static bool requires_joint_move(const D& dims) {
    if constexpr (requires { dims.is_depthwise(); }) return dims.is_depthwise();
    return false;
  }
  template <class D>
  static D depthwise_at(const D& dims, double channels) {
    if constexpr (requires { with_out_channels(dims, channels); }) return with_out_channels(dims, channels);
    return dims;
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
