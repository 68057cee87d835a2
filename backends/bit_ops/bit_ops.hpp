// Bit operations: MACs weighted by the widths of both operands. Private to this backend and its tests.
#pragma once

#include "hwcost/model_backend.hpp"

namespace hwcost::bit_ops {

struct Model {
  template <class T>
  struct Params {
    template <class Self, class F>
    static void visit(Self&, F&&) {}
  };

  static BackendTraits traits(const Params<double>& p);

  // MACs x weight bits x activation bits, a sum over output channels where their widths differ. Operators without MACs
  // have none. Source: the usual definition (BOPs); see docs/counting.md.
  template <class T, class D>
  static Cost<T> cost(const Params<T>&, Op op, const D& d,
                      const Widths<T>& widths) requires(D::kFamily != Family::custom) {
    return {.figure = work(op, d).macs * widths.weight_bits * widths.input_bits};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>&, Op, const D&, const Widths<>&,
                      Verdict&&) requires(D::kFamily != Family::custom) {
    return Status::priced;
  }
};

}  // namespace hwcost::bit_ops
