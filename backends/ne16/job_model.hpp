// Layers that are one job a group of channels, on data that is in L1: closed form. Private to this backend.
#pragma once

#include "capabilities.hpp"
#include "hwcost/model_backend.hpp"

namespace hwcost::ne16 {

struct JobModel {
  template <class T>
  using Params = JobParams<T>;

  static BackendTraits traits(const Params<double>& p);
  static Requantization default_requantization(const Params<double>& p) {
    return {p.default_scale_bits, p.default_shift};
  }

  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Convolution<T>& d, const Widths<T>& w) {
    const bool depthwise = d.is_depthwise();
    const bool pointwise = !depthwise & (value_of(d.kernel()) == 1.0);
    const T jobs = d.batch * (depthwise ? T(1.0) : d.groups);
    const T k_in = depthwise ? T(1.0) : d.in_channels / d.groups;
    const T k_out = depthwise ? d.out_channels : d.out_channels / d.groups;
    const T pixels = ceil_div(d.out_height, p.out_tile) * ceil_div(d.out_width, p.out_tile);
    return job(p, {k_in, k_out, pixels, d.bias, pointwise, depthwise}, w, jobs, work(op, d).macs);
  }

  // A linear layer runs as a 1x1 convolution whose output pixels are the tokens of the whole batch.
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Linear<T>& d, const Widths<T>& w) {
    const T pixels = ceil_div(d.batch * d.tokens, p.out_tile * p.out_tile);
    return job(p, {d.in_channels, d.out_channels, pixels, d.bias, true, false}, w, T(1.0), work(op, d).macs);
  }

  template <class Verdict>
  static Status check(const Params<double>& p, Op op, const Convolution<>& d, const Widths<>& w, Verdict&& verdict) {
    const Status status = check_window(p, op, d, verdict);
    if (status == Status::unsupported) return status;
    const bool strided = (d.stride_height != 1.0) | (d.stride_width != 1.0);
    if (strided & (p.ignores_stride == 0.0)) {
      return verdict.refuse([&] {
        return fmt::format("stride {}x{} takes several jobs, and this description prices one", d.stride_height,
                           d.stride_width);
      });
    }
    return check_widths(p, w, verdict);
  }
  template <class Verdict>
  static Status check(const Params<double>& p, Op, const Linear<>&, const Widths<>& w, Verdict&& verdict) {
    return check_linear(p, w, verdict);
  }

 private:
  template <class T>
  static Cost<T> job(const Params<T>& p, const Job<T>& j, const Widths<T>& w, const T& times, const T& macs) {
    const JobCycles<T> one = job_cycles(p, j, w);
    return Cost<T>{.compute = cycles(j.pixel_tiles * one.a_pixel_tile), .overhead = cycles(one.once)} * times +
           Cost<T>{.ideal = ideal_cycles(p, w, macs)};
  }
};

}  // namespace hwcost::ne16
