// int8 layers on a CPU: a sum of terms, each at the price of its kernel class. Private to this backend and its tests.
#pragma once

#include <array>
#include <string>

#include "counts.hpp"
#include "hwcost/model_backend.hpp"

namespace hwcost::cpu_int8 {

// Key of each of kPrices: "brgemm_spatial.cycle".
const std::array<Key, kPrices.size()>& price_keys();

struct Model {
  static constexpr bool kSearches = true;  // counting takes longer than pricing: batches do it once a row

  template <class T>
  struct Params {
    // Numbers whatever T is: what is counted with them has no derivative by them.
    Structure structure;
    Data<> l1{}, l2{}, l3{};
    std::array<T, kPrices.size()> price{};
    Frequency<T> clock{};

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      f(Key{"vector.lanes", "", 4, 64}, p.structure.lanes);
      f(Key{"vector.registers", "", 8, 128}, p.structure.registers);
      f(Key{"multiply_add.instructions", "", 1, 16}, p.structure.instructions);
      f(Key{"multiply_add.ports", "", 1, 16}, p.structure.ports);
      f(Key{"multiply_add.latency", "cycle", 1, 100}, p.structure.latency);
      f(Key{"load.ports", "", 1, 16}, p.structure.load_ports);
      f(Key{"decoded.capacity", "instruction", 1, 1e9}, p.structure.decoded);
      f(Key{"library.brgemm", "", 0, 1}, p.structure.brgemm);
      f(Key{"l1.capacity", "byte", 1024, 1e12}, p.l1.value);
      f(Key{"l2.capacity", "byte", 1024, 1e12}, p.l2.value);
      f(Key{"l3.capacity", "byte", 1024, 1e12}, p.l3.value);
      f(Key{"clock", "Hz", 1, 1e12}, p.clock.value);
      for (std::size_t i = 0; i < kPrices.size(); ++i) f(price_keys()[i], p.price[i]);
    }
    void finish() {
      structure.l1 = in_bytes(l1);
      structure.l2 = in_bytes(l2);
      structure.l3 = in_bytes(l3);
    }
  };

  static constexpr bool is_modelled(Family family) {
    return family == Family::convolution || family == Family::linear || family == Family::matmul;
  }

  static BackendTraits traits(const Params<double>& p);

  // Cycles of one layer: each thing that its kernel does (terms.hpp, counts.hpp) at its price. Nothing overlaps: sums
  // come nearer to what is measured than the longest part does.
  //
  // Derivatives by extents take each count as proportional to the work that it belongs to. One thread, warm caches;
  // u8 activations, s8 weights, biases, scales a channel and a clamp on the way out. Source: the prices' own, see the
  // description; how far to trust them: docs/machines/cpu-int8.md.
  // Not modelled: threads, cold caches, reordering of weights, anything that is no product.
  template <class T, class D>
  static Cost<T> cost(const Params<T>& p, Op op, const D& d, const Widths<T>&) requires(is_modelled(D::kFamily)) {
    const Counts c = counts(p.structure, values_of(d));
    const Work<T> w = work(op, d);
    const std::array<T, 5> growth{T(1.0), relative(w.macs), relative(w.output), relative(w.input), relative(w.weights)};
    std::array<T, 3> sum{};
    for (std::size_t i = 0; i < kPrices.size(); ++i) {
      if (kPrices[i].kernel != c.kernel) continue;
      const TermInfo& term = info(kPrices[i].term);
      const double count = c[kPrices[i].term] * (term.is_bytes() ? 8.0 : 1.0);  // prices are a bit's
      T& cause = sum[static_cast<std::size_t>(term.cause)];
      cause = cause + p.price[i] * (T(count) * growth[static_cast<std::size_t>(term.growth)]);
    }
    const Cycles<T> compute = cycles(sum[static_cast<std::size_t>(Cause::compute)]);
    const Cycles<T> memory = cycles(sum[static_cast<std::size_t>(Cause::memory)]);
    return {.compute = compute,
            .memory = memory,
            .busy = compute + memory,
            .overhead = cycles(sum[static_cast<std::size_t>(Cause::overhead)]),
            .ideal = cycles(w.macs / T(peak(p.structure)))};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>& p, Op op, const D& d, const Widths<>& widths,
                      Verdict&& verdict) requires(is_modelled(D::kFamily)) {
    if constexpr (D::kFamily == Family::convolution) {
      if (is_transposed(op)) return verdict.refuse([] { return "no kernel for transposed convolutions"; });
      if (spatial_rank(op) == 3) return verdict.refuse([] { return "no kernel for 3 spatial dimensions"; });
      if (d.kernel_height > kMostTaps || d.kernel_width > kMostTaps)
        return verdict.refuse([] { return "a kernel of more than 1024 taps along one side"; });
    }
    if (widths.input_bits > 8.0 || widths.weight_bits > 8.0) return verdict.refuse([&] { return too_wide(widths); });
    const Kernel kernel = kernel_of(p.structure, d);
    if (!has_prices(p, kernel)) return verdict.refuse([&] { return no_prices(kernel); });
    if (const std::string_view other = unmeasured(d); !other.empty())
      return verdict.approximate([&] { return std::string(other); });
    if (widths.input_bits < 8.0 || widths.weight_bits < 8.0) return verdict.approximate([&] { return narrow(widths); });
    return Status::priced;
  }

 private:
  // x with the value 1, and its relative derivatives.
  static double relative(double) { return 1.0; }
  template <std::size_t N>
  static Dual<N> relative(const Dual<N>& x) {
    return x.value == 0.0 ? Dual<N>(1.0) : x / Dual<N>(x.value);
  }

  template <template <class> class D>
  static const D<double>& values_of(const D<double>& d) {
    return d;
  }
  template <template <class> class D, std::size_t N>
  static D<double> values_of(const D<Dual<N>>& d) {
    D<double> values;
    for (std::size_t k = 0; k < kMemberCount<D<double>>; ++k)
      values.*D<double>::kMembers[k].pointer = (d.*D<Dual<N>>::kMembers[k].pointer).value;
    return values;
  }

  // MAC/cycle of full use.
  static double peak(const Structure& s) { return s.lanes * 4.0 * s.ports / s.instructions; }

  static bool has_prices(const Params<double>& p, Kernel kernel);
  // What of the layer was never timed; empty where all was.
  static std::string_view unmeasured(const Convolution<>& d) {
    const bool dilated = d.dilation_height != 1.0 || d.dilation_width != 1.0;
    return d.is_depthwise() && dilated ? "priced as if not dilated: such depthwise kernels were not timed" : "";
  }
  static std::string_view unmeasured(const MatMul<>& d) {
    return d.shared_batch > 1.0 ? "a second operand that several products share was not timed: its bytes count once"
                                : "";
  }
  template <class D>
  static std::string_view unmeasured(const D&) {
    return {};
  }
  static std::string too_wide(const Widths<>& widths);
  static std::string narrow(const Widths<>& widths);
  static std::string no_prices(Kernel kernel);
};

}  // namespace hwcost::cpu_int8
