// What the array can do at all, and the words for what it cannot. Shared by the models of a job and of a layer.
#pragma once

#include <fmt/format.h>

#include "hwcost/batch.hpp"
#include "hwcost/op.hpp"
#include "job.hpp"

namespace hwcost::ne16 {

// Kernel and dilation; strides are the models' own affair.
template <class Verdict>
Status check_window(const JobParams<double>& p, Op op, const Convolution<>& d, Verdict& verdict) {
  if (op != Op::conv2d) return verdict.refuse([&] { return fmt::format("{} does not run on the array", name(op)); });
  const bool square = d.kernel_height == d.kernel_width;
  const bool known_kernel = square & ((d.kernel_height == 3.0) | ((d.kernel_height == 1.0) & !d.is_depthwise()));
  if (!known_kernel) {
    return verdict.refuse([&] {
      return fmt::format("kernel {}x{}: the array runs 3x3, 1x1 and depthwise 3x3", d.kernel_height, d.kernel_width);
    });
  }
  const bool dilated = (d.dilation_height != 1.0) | (d.dilation_width != 1.0);
  if (dilated & (p.ignores_dilation == 0.0)) {
    return verdict.refuse(
        [&] { return fmt::format("dilation {}x{}: the array has none", d.dilation_height, d.dilation_width); });
  }
  return Status::priced;
}

template <class Verdict>
Status check_widths(const JobParams<double>& p, const Widths<>& w, Verdict& verdict) {
  if (w.input_bits != p.input_bits) {
    return verdict.refuse(
        [&] { return fmt::format("{}-bit inputs; the array reads {} bits", w.input_bits, p.input_bits); });
  }
  if (!((w.weight_bits >= p.min_weight_bits) & (w.weight_bits <= p.max_weight_bits))) {
    return verdict.refuse([&] {
      return fmt::format("{}-bit weights; the array has {} to {}", w.weight_bits, p.min_weight_bits, p.max_weight_bits);
    });
  }
  return check_output_width(w, verdict);
}

template <class Verdict>
Status check_linear(const JobParams<double>& p, const Widths<>& w, Verdict& verdict) {
  const Status status = check_widths(p, w, verdict);
  if (status != Status::priced || p.linear_is_exact != 0.0) return status;
  return verdict.approximate([] { return "run as a 1x1 convolution; the array's linear mode was not simulated"; });
}

}  // namespace hwcost::ne16
