// Memory access cost: every operand crosses the memory port once. Private to this backend and its tests.
#pragma once

#include <cmath>

#include "hwcost/model_backend.hpp"

namespace hwcost::memory_access {

struct Model {
  template <class T>
  struct Params {
    template <class Self, class F>
    static void visit(Self&, F&&) {}
  };

  static constexpr bool kWholeLayer = true;  // inputs are read once, whatever the widths of the output channels

  static BackendTraits traits(const Params<double>& p);

  // Traffic of one layer: input, output and weights, each at its own width, rounded up to whole bytes. Biases left out.
  // Source: Ma et al., ECCV 2018 (ShuffleNet V2), section 2, in bytes. Not modelled: caches, tiling, halo.
  template <class T, class D>
  static Cost<T> cost(const Params<T>&, Op op, const D& d,
                      const Widths<T>& widths) requires(D::kFamily != Family::custom) {
    const Work<T> w = work(op, d);
    return {.traffic = bytes(traffic(op, w, widths, whole_bits(w.weights * widths.weight_bits)).total())};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>&, Op, const D&, const Widths<>& widths,
                      Verdict&& verdict) requires(D::kFamily != Family::custom) {
    return check_output_width(widths, verdict);
  }

 private:
  // Mixed weights come with their mean width, whose product with the count is a whole number but for rounding.
  static double whole_bits(double bits) { return std::rint(bits); }
  template <std::size_t N>
  static Dual<N> whole_bits(Dual<N> bits) {
    bits.value = std::rint(bits.value);
    return bits;
  }
};

}  // namespace hwcost::memory_access
