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
    // A look-up reads the rows that it wants (they are its input), not its table.
    const T weights = D::kFamily == Family::lookup ? T(0.0) : w.weights;
    return {.traffic = bytes(
                whole_bytes(w.input * widths.input_bits) + whole_bytes(w.second_input * widths.weight_bits) +
                whole_bytes(whole_bits(weights * widths.weight_bits)) + whole_bytes(w.output * widths.output_bits))};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>&, Op, const D&, const Widths<>&,
                      Verdict&&) requires(D::kFamily != Family::custom) {
    return Status::priced;
  }

 private:
  template <class T>
  static T whole_bytes(const T& bits) {
    return rounded_up(bits / T(8.0));
  }
  // Mixed weights come with their mean width, whose product with the count is a whole number but for rounding.
  static double whole_bits(double bits) { return std::nearbyint(bits); }
  template <std::size_t N>
  static Dual<N> whole_bits(Dual<N> bits) {
    bits.value = std::nearbyint(bits.value);
    return bits;
  }
};

}  // namespace hwcost::memory_access
