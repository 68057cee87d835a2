// Turns a model (parameters, a check, one formula) into a Backend: scalar, batch and gradient paths.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "hwcost/backend.hpp"
#include "hwcost/check_verdict.hpp"
#include "hwcost/column_blocks.hpp"
#include "hwcost/countable.hpp"
#include "hwcost/dual.hpp"
#include "hwcost/mixed_widths.hpp"
#include "hwcost/parameters.hpp"
#include "hwcost/registry.hpp"
#include "hwcost/work.hpp"

// Compiles a loop, with all that it calls, a second time for processors with wide vectors; which one runs is decided
// when the library is loaded. Both give the same bits, for which HWCOST_NO_CONTRACTION stands: the compiler is told to
// fuse no products with sums. Not with sanitizers, which are not up by then.
#if defined(HWCOST_NO_CONTRACTION) && defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && \
    !defined(__clang__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HWCOST_WIDE_VECTORS [[gnu::flatten, gnu::target_clones("arch=x86-64-v3", "default")]]
#else
#define HWCOST_WIDE_VECTORS
#endif

namespace hwcost {

// A model is a stateless struct:
//   template <class T> struct Params { static void visit(self, f): every parameter once, see parameters.hpp };
//   static BackendTraits traits(const Params<double>&);
//   template <class T> static Cost<T> cost(const Params<T>&, Op, const SomeDims<T>&, const Widths<T>&);
//       one overload for every family that it models: the formula, written once for any T;
//   template <class Verdict> static Status check(const Params<double>&, Op, const SomeDims<double>&,
//                                                const Widths<double>&, Verdict&& verdict);
//       the same overloads: may this layer run? Where it may not, batches compute its cost all the same, and drop it.
// Optional:
//   static constexpr bool kWholeLayer = true: mixed weights are one layer of their mean width, not one width at a time.
//   static constexpr bool kSearches = true: a cost takes so long that batches compute it once a row, not once a column.
//   static Requantization default_requantization(const Params<double>&): of layers that do not say theirs.
//   static std::vector<MappingFigure> mapping(const Params<double>&, Op, const SomeDims<double>&,
//                                             const Widths<double>&): of a layer that runs; see Backend::mapping().
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

}  // namespace detail

// The reason why `model` does not price this operator at all.
HWCOST_EXPORT Unsupported unmodelled(Op op, const std::string& custom_op, std::string_view backend);
// The reason why a layer whose extents are of another family than its operator has no price.
HWCOST_EXPORT Unsupported other_family(const Layer& layer);
// The reason why there is no derivative by this parameter.
HWCOST_EXPORT Unsupported no_derivative(const std::string& parameter);
// The reason why a machine that computes integers does not run this layer; nothing where all its operands are.
HWCOST_EXPORT std::optional<Unsupported> floating_operand(const Layer& layer);

template <class M>
class ModelBackend final : public Backend {
 public:
  using Params = typename M::template Params<double>;
  ModelBackend(std::string name, Params params)
      : name_(std::move(name)),
        params_(std::move(params)),
        lifted_(lift_parameters<typename M::template Params<Derivative>>(params_)),
        reached_(lift_parameters<typename M::template Params<Reach>>(params_)),
        traits_(M::traits(params_)) {}

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] const Params& params() const { return params_; }

  // A layer of one width, without words: what a row of a batch is. A scale_bits of NaN stands for the machine's own.
  template <class D>
  requires PricesFamily<M, D> std::pair<Status, Cost<>> price(Op op, const D& dims, const Widths<>& said)
  const {
    const Widths<> widths = completed(said, widths_of(Precision{}, 0.0));
    const Status status = status_of(params_, op, dims, widths);
    const bool nothing = is_empty(work(op, dims)) || detail::is_pruned(dims, widths);
    const bool costs = status != Status::unsupported && !nothing;
    return {status, costs ? M::cost(params_, op, dims, widths).settled() : Cost<>{}};
  }

  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    return std::visit([&](const auto& dims) { return estimate_family(layer, dims); }, layer.dims);
  }

  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    for_each_dense_block(in, out, [this](const LayerColumns& block, const CostColumns& rows) {
      with_family(info(block.op).family, [&]<class D>() { batch_family<D>(block, rows); });
    });
  }

  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override {
    return gradient_by(layer, mode, kEveryMember);
  }

  [[nodiscard]] Expected<CostGradient, Unsupported> gradient_by(const Layer& layer, GradientMode mode,
                                                                std::uint64_t members) const override {
    if (mode == GradientMode::relaxed) return relaxed_gradient(*this, layer, members);
    return std::visit([&](const auto& dims) { return gradient_family(layer, dims, members); }, layer.dims);
  }

  [[nodiscard]] std::vector<Expected<CostGradient, Unsupported>> parameter_gradients(
      std::span<const Layer> layers, std::span<const std::string> parameters) const override {
    using Lifted = typename M::template Params<Derivative>;
    std::vector<Expected<CostGradient, Unsupported>> gradients;
    gradients.reserve(layers.size());
    const auto rough = first_without_derivative<Lifted>(parameters);
    for (const Layer& layer : layers) {
      if (rough) {
        gradients.push_back(tl::unexpected(no_derivative(*rough)));
      } else {
        gradients.push_back(std::visit([&](const auto& dims) { return value_alone(layer, dims); }, layer.dims));
        if (gradients.back()) gradients.back()->partial.resize(parameters.size());
      }
    }
    if (rough) return gradients;
    for (std::size_t first = 0; first < parameters.size(); first += kLanes) {
      const auto seeds = parameters.subspan(first, std::min(kLanes, parameters.size() - first));
      const auto lifted = lift_parameters<Lifted>(params_, seeds);
      for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!gradients[i]) continue;
        const std::span<Cost<>> partial(gradients[i]->partial.data() + first, seeds.size());
        std::visit([&](const auto& dims) { add_partials(lifted, layers[i], dims, partial); }, layers[i].dims);
      }
    }
    return gradients;
  }

  [[nodiscard]] std::vector<Mapping> mapping(const Layer& layer) const override {
    std::vector<Mapping> parts;
    std::visit([&](const auto& dims) { add_mappings(layer, dims, parts); }, layer.dims);
    return parts;
  }

 private:
  static constexpr bool kWholeLayer = requires { requires M::kWholeLayer; };
  static constexpr bool kSearches = requires { requires M::kSearches; };

  // Members by which one run of the formula gives derivatives. Searches ask for a few; more lanes cost them more.
  static constexpr std::size_t kLanes = 8;
  using Derivative = Dual<kLanes>;
  using Reach = Dual<0>;  // which members a formula reads

  Widths<> widths_of(const Precision& precision, double weight_bits) const {
    Requantization requantization;
    if (precision.requantization) {
      requantization = *precision.requantization;
    } else if constexpr (requires { M::default_requantization(params_); }) {
      requantization = M::default_requantization(params_);
    }
    return {precision.input.bits, weight_bits, precision.output.bits, requantization.scale_bits, requantization.shift};
  }

  // `said`, with the requantisation of `standard` where it says none.
  static constexpr Widths<> completed(Widths<> said, const Widths<>& standard) {
    const bool unsaid = said.scale_bits != said.scale_bits;
    said.scale_bits = unsaid ? standard.scale_bits : said.scale_bits;
    said.shift = unsaid ? standard.shift : said.shift;
    return said;
  }

  template <class D>
  Expected<Estimate, Unsupported> estimate_family(const Layer& layer, const D& dims) const {
    if (info(layer.op).family != D::kFamily) return tl::unexpected(other_family(layer));
    if constexpr (!PricesFamily<M, D>) {
      return tl::unexpected(unmodelled(layer.op, layer.custom_op, name_));
    } else {
      if (traits_.integers_only) {
        if (auto refusal = floating_operand(layer)) return tl::unexpected(std::move(*refusal));
      }
      return over_widths(layer.precision.weight, dims, !kWholeLayer, [&](const D& part, double weight_bits) {
        return one_width(layer.op, part, widths_of(layer.precision, weight_bits));
      });
    }
  }

  // How the layer is run, width by width; only for models that price so.
  template <class D>
  void add_mappings(const Layer& layer, const D& dims, std::vector<Mapping>& parts) const {
    if constexpr (!kWholeLayer && requires { M::mapping(params_, layer.op, dims, Widths<>{}); }) {
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
  Expected<Estimate, Unsupported> one_width(Op op, const D& dims, const Widths<>& widths) const {
    Estimate estimate;
    const Work<> w = work(op, dims);
    if (auto reason = no_numbers(w, widths)) return tl::unexpected(std::move(*reason));
    if (detail::is_pruned(dims, widths)) return estimate;
    const Status status = M::check(params_, op, dims, widths, SpokenVerdict(estimate.approximation));
    if (status == Status::unsupported) return tl::unexpected(Unsupported{std::move(estimate.approximation), {}});
    if (!is_empty(w)) estimate.cost = M::cost(params_, op, dims, widths).settled();
    return estimate;
  }

  // The rows of a batch. The operator is an Op, or a constant of one.
  template <class D, class Operator>
  struct Candidates {
    Operator op;
    std::array<const double*, kMemberCount<D> + kMemberCount<Widths<>>> columns{};
    Widths<> standard;  // of rows that do not say their requantisation

    Candidates(Operator an_op, std::span<const double* const> borrowed, const Widths<>& widths)
        : op(an_op), standard(widths) {
      std::copy_n(borrowed.begin(), columns.size(), columns.begin());
    }

    [[nodiscard]] D dims(std::size_t row) const {
      return gather<D>(row, 0, std::make_index_sequence<kMemberCount<D>>());
    }
    [[nodiscard]] Widths<> widths(std::size_t row) const {
      return completed(gather<Widths<>>(row, kMemberCount<D>, std::make_index_sequence<kMemberCount<Widths<>>>()),
                       standard);
    }

   private:
    template <class Struct, std::size_t... K>
    [[nodiscard]] Struct gather(std::size_t row, std::size_t first, std::index_sequence<K...>) const {
      Struct s;
      ((s.*Struct::kMembers[K].pointer = columns[first + K][row]), ...);
      return s;
    }
  };

  template <class D>
  void batch_family(const LayerColumns& in, const CostColumns& out) const {
    if constexpr (!PricesFamily<M, D>) {
      for (std::size_t i = 0; i < in.size; ++i) out.put(i, {}, Status::unsupported, 0.0);
    } else if constexpr (kSearches) {
      row_by_row<D>(in, out);
    } else if constexpr (D::kFamily == Family::linear) {
      passes<D>(std::integral_constant<Op, Op::linear>(), in, out);
    } else {
      if constexpr (D::kFamily == Family::convolution) {
        if (in.op == Op::conv2d) return passes<D>(std::integral_constant<Op, Op::conv2d>(), in, out);
      }
      row_by_row<D>(in, out);
    }
  }

  template <class D>
  void row_by_row(const LayerColumns& in, const CostColumns& out) const {
    const Candidates<D, Op> rows(in.op, in.columns, widths_of(Precision{}, 0.0));
    for (std::size_t i = 0; i < in.size; ++i) {
      const auto [status, cost] = price(in.op, rows.dims(i), rows.widths(i));
      out.put(i, cost, status, traits_.clock_hertz);
    }
  }

  // The parameters as a loop over rows reads them: of its own, which the compiler knows that it can read at any time,
  // so that no condition need stand before it; by reference where they are large tables.
  struct Kept {
    std::conditional_t<(sizeof(Params) <= 1024), Params, const Params&> params;
  };

  // For the operators that searches are about: one pass over the rows for every column that is wanted. What a column
  // has no need of is not computed for it, and the compiler can do several rows at a time.
  template <class D, class Operator>
  void passes(Operator op, const LayerColumns& in, const CostColumns& out) const {
    const Candidates<D, Operator> rows(op, in.columns, widths_of(Precision{}, 0.0));
    out.visit_figures([&](std::span<double> column, auto figure) {
      if (column.empty()) return;
      fill(column.data(), in.size, [rows, figure, clock = traits_.clock_hertz, kept = Kept{params_}](std::size_t i) {
        return figure_of(kept.params, rows.op, rows.dims(i), rows.widths(i), clock, figure);
      });
    });
    if (out.status.empty()) return;
    fill(out.status.data(), in.size, [rows, kept = Kept{params_}](std::size_t i) {
      return status_of(kept.params, rows.op, rows.dims(i), rows.widths(i));
    });
  }

  // column[i] = value(i).
  template <class T, class F>
  HWCOST_WIDE_VECTORS static void fill(T* __restrict column, std::size_t size, const F value) {
    for (std::size_t i = 0; i < size; ++i) column[i] = value(i);
  }

  template <class D>
  static Status status_of(const Params& params, Op op, const D& dims, const Widths<>& widths) {
    return decided(op, dims, widths, Status::unsupported, Status::priced,
                   M::check(params, op, dims, widths, SilentVerdict()));
  }
  template <class D, class Figure>
  static double figure_of(const Params& params, Op op, const D& dims, const Widths<>& widths, double clock,
                          Figure&& figure) {
    const double nothing = figure(Cost<>{}, clock);
    const double cost = figure(M::cost(params, op, dims, widths).settled(), clock);
    const double price = is_empty(work(op, dims)) ? nothing : cost;
    const bool refused = M::check(params, op, dims, widths, SilentVerdict()) == Status::unsupported;
    return decided(op, dims, widths, kNoFigure, nothing, refused ? kNoFigure : price);
  }
  // What the machine says, but `none` where extents or widths are no numbers and `nothing` where the layer is pruned.
  // Selections instead of branches, so that loops do several rows at a time.
  template <class D, class Said>
  static Said decided(Op op, const D& dims, const Widths<>& widths, Said none, Said nothing, Said said) {
    said = detail::is_pruned(dims, widths) ? nothing : said;
    return detail::is_countable(work(op, dims)) & detail::are_widths(widths) ? said : none;
  }

  template <class D>
  Expected<CostGradient, Unsupported> gradient_family(const Layer& layer, const D& dims, std::uint64_t members) const {
    if constexpr (!PricesFamily<M, D>) {
      return tl::unexpected(unmodelled(layer.op, layer.custom_op, name_));
    } else {
      if (layer.precision.weight.is_mixed())
        return tl::unexpected(Unsupported{"a gradient needs one width for all output channels", {}});
      auto here = estimate_family(layer, dims);
      if (!here) return tl::unexpected(std::move(here.error()));
      CostGradient result{here->cost, std::vector<Cost<>>(kMemberCount<D> + kMemberCount<Widths<>>)};
      const Widths<> widths = widths_of(layer.precision, layer.precision.weight.uniform.bits);
      // A layer without outputs costs nothing, and still has a slope: what its first channel would cost.
      if (!detail::is_pruned(dims, widths)) straight_through(layer.op, dims, widths, members, result.partial);
      return result;
    }
  }

  // As many members as a Dual has lanes at a time.
  template <class D>
  void straight_through(Op op, const D& dims, const Widths<>& widths, std::uint64_t members,
                        std::vector<Cost<>>& partial) const {
    if (std::popcount(members) > static_cast<int>(kLanes)) members = reached(op, dims, widths, members);
    const auto constant_dims = constant<Derivative>(dims);
    const auto constant_widths = constant<Derivative>(widths);
    for (std::size_t next = 0; next < partial.size();) {
      auto d = constant_dims;
      auto w = constant_widths;
      std::array<std::size_t, kLanes> member_of{};
      std::size_t lanes = 0;
      for (; next < partial.size() && lanes < kLanes; ++next) {
        if ((members >> next & 1u) == 0) continue;
        member_at(d, w, next).partial[lanes] = 1.0;
        member_of[lanes++] = next;
      }
      if (lanes == 0) return;
      const Cost<Derivative> cost = M::cost(lifted_, op, d, w).settled();
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        visit_parts(partial[member_of[lane]], cost,
                    [lane](const Derivative& from, double& to) { to = from.partial[lane]; });
      }
    }
  }

  // Those of the members that the formula has derivatives by; by the others they are 0.
  template <class D>
  std::uint64_t reached(Op op, const D& dims, const Widths<>& widths, std::uint64_t members) const {
    auto d = constant<Reach>(dims);
    auto w = constant<Reach>(widths);
    for (std::size_t k = 0; k < kMemberCount<D> + kMemberCount<Widths<>>; ++k) {
      if ((members >> k & 1u) != 0) member_at(d, w, k).inputs = std::uint64_t{1} << k;
    }
    Cost<Reach> cost = M::cost(reached_, op, d, w).settled();
    std::uint64_t found = 0;
    Cost<Reach>::visit(cost, [&](std::string_view, const Reach& part) { found |= part.inputs; });
    return found;
  }

  // A column's member of the extents, or of the widths behind them.
  template <class D, class W>
  static auto& member_at(D& dims, W& widths, std::size_t column) {
    return column < kMemberCount<D> ? dims.*D::kMembers[column].pointer
                                    : widths.*W::kMembers[column - kMemberCount<D>].pointer;
  }

  template <class D>
  Expected<CostGradient, Unsupported> value_alone(const Layer& layer, const D& dims) const {
    if (layer.precision.weight.is_mixed())
      return tl::unexpected(Unsupported{"a gradient needs one width for all output channels", {}});
    auto here = estimate_family(layer, dims);
    if (!here) return tl::unexpected(std::move(here.error()));
    return CostGradient{here->cost, {}};
  }

  // Derivatives of a layer that is priced, one by each parameter that has a lane. Nothing costs nothing, whatever the
  // parameters are.
  template <class D>
  void add_partials(const typename M::template Params<Derivative>& lifted, const Layer& layer, const D& dims,
                    std::span<Cost<>> partial) const {
    if constexpr (PricesFamily<M, D>) {
      const Widths<> widths = widths_of(layer.precision, layer.precision.weight.uniform.bits);
      if (is_empty(work(layer.op, dims)) || detail::is_pruned(dims, widths)) return;
      const Cost<Derivative> cost =
          M::cost(lifted, layer.op, constant<Derivative>(dims), constant<Derivative>(widths)).settled();
      for (std::size_t lane = 0; lane < partial.size(); ++lane)
        visit_parts(partial[lane], cost, [lane](const Derivative& from, double& to) { to = from.partial[lane]; });
    }
  }
  // The same members as numbers that depend on nothing.
  template <class To, class Struct>
  static auto constant(const Struct& from) {
    using Lifted = typename detail::WithNumber<Struct>::template type<To>;
    Lifted to;
    for (std::size_t k = 0; k < kMemberCount<Struct>; ++k)
      to.*Lifted::kMembers[k].pointer = from.*Struct::kMembers[k].pointer;
    return to;
  }

  // Calls f(part of `from`, same part of `to`) for every part.
  template <class T, class F>
  static void visit_parts(Cost<>& to, const Cost<T>& from, F&& f) {
    Cost<T>::visit_together([&](std::string_view, const T& x, double& y) { f(x, y); }, from, to);
  }

  std::string name_;
  Params params_;
  typename M::template Params<Derivative> lifted_;  // the same, for derivatives
  typename M::template Params<Reach> reached_;      // and for which members there are any by
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
