// NE16, GAP9's convolution accelerator, and its family: cycles of jobs. Private to this backend and its tests.
#pragma once

#include <fmt/format.h>

#include <array>

#include "hwcost/model_backend.hpp"

namespace hwcost::ne16 {

struct Model {
  template <class T>
  struct Params {
    T out_tile{};                                    // output rows and columns that the array computes at a time
    T out_channel_tile{}, depthwise_channel_tile{};  // output channels that the accumulators hold
    T in_channel_tile{};                             // input channels that a step reads
    T peak{};                                        // MACs a cycle with weights of one bit
    T load_pointwise{}, load_patch{};                // cycles to load the pixels of a 1x1 or a 3x3 step
    T weight_offset{}, matrix_vector{}, update{};    // cycles of a step besides its products
    T norm_fixed{}, norm_shift{}, norm_width{};      // normalisation: cycles, and scale bits a cycle
    T bias_fixed{}, bias_width{};                    // bias phase: cycles, and channels a cycle
    T store_narrow{}, store_fixed{}, store_row{}, store_width{};  // 8-bit results; wider ones row by row
    T start{};                                                    // from the trigger to the first load, and the end
    T pointwise_wait{};  // channels below which a 1x1 job waits for its pipeline
    T min_weight_bits{}, max_weight_bits{}, input_bits{}, narrow_output_bits{};
    T assumed_weight_bits{};                  // 0: the layer's; else every layer is priced at this width
    T default_scale_bits{}, default_shift{};  // requantisation of layers that do not say theirs
    T fixed_requantization{};                 // 1: the defaults, whatever the layer says
    T bias_phase{};                           // 0: never, 1: where the layer has a bias, 2: always
    T ignores_dilation{};                     // 1: dilated layers are priced as if they were not
    T ignores_stride{};                       // 1: strided layers are priced as if they were not
    T linear_is_exact{};                      // 0: linear layers, run as 1x1, are approximated

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      const auto cycles = [&](const char* name, auto& member) { f(Key{name, "cycle", 0, 1e6}, member); };
      const auto tile = [&](const char* name, auto& member) { f(Key{name, "", 1, 65536}, member); };
      const auto bits = [&](const char* name, double low, auto& member) { f(Key{name, "bit", low, 64}, member); };
      const auto choice = [&](const char* name, double most, auto& member) { f(Key{name, "", 0, most}, member); };
      tile("array.out_tile", p.out_tile);
      tile("array.out_channel_tile", p.out_channel_tile);
      tile("array.depthwise_channel_tile", p.depthwise_channel_tile);
      tile("array.in_channel_tile", p.in_channel_tile);
      f(Key{"array.peak", "MAC/cycle", 1, 1e9}, p.peak);
      cycles("load.pointwise", p.load_pointwise);
      cycles("load.patch", p.load_patch);
      cycles("step.weight_offset", p.weight_offset);
      cycles("step.matrix_vector", p.matrix_vector);
      cycles("step.update", p.update);
      cycles("norm.fixed", p.norm_fixed);
      cycles("norm.shift", p.norm_shift);
      f(Key{"norm.width", "bit/cycle", 1, 1e6}, p.norm_width);
      cycles("bias.fixed", p.bias_fixed);
      f(Key{"bias.width", "channel/cycle", 1, 1e6}, p.bias_width);
      cycles("store.narrow", p.store_narrow);
      cycles("store.fixed", p.store_fixed);
      cycles("store.row", p.store_row);
      tile("store.width", p.store_width);
      cycles("job.start", p.start);
      choice("job.pointwise_wait", 1e6, p.pointwise_wait);
      bits("weight_bits.least", 1, p.min_weight_bits);
      bits("weight_bits.most", 1, p.max_weight_bits);
      bits("weight_bits.assumed", 0, p.assumed_weight_bits);
      bits("input_bits", 1, p.input_bits);
      bits("narrow_output_bits", 1, p.narrow_output_bits);
      bits("requantization.scale_bits", 0, p.default_scale_bits);
      choice("requantization.shift", 1, p.default_shift);
      choice("requantization.is_fixed", 1, p.fixed_requantization);
      choice("bias.phase", 2, p.bias_phase);
      choice("dilation.is_ignored", 1, p.ignores_dilation);
      choice("stride.is_ignored", 1, p.ignores_stride);
      choice("linear.is_exact", 1, p.linear_is_exact);
    }
  };

  static BackendTraits traits(const Params<double>& p);
  static Requantization default_requantization(const Params<double>& p) {
    return {p.default_scale_bits, p.default_shift};
  }

  // Cycles of one job a group of channels: a convolution of 3x3, 1x1 or depthwise 3x3 on data that is in L1.
  //
  // The array walks tiles of out_tile x out_tile outputs; for each, tiles of output channels; for each, steps of
  // in_channel_tile input channels: load the pixels, multiply bit-serially (3x3) or at once (1x1). A remainder of
  // pixels or input channels costs a full tile, one of output channels is shorter. Padding changes nothing. Not
  // modelled: contention in L1, DMA, tiling through L1, programming of the job by the core. Source: the public RTL,
  // simulated; exact on all of its jobs (docs/machines/ne16.md).
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Convolution<T>& d, const Widths<T>& w) {
    const bool depthwise = d.is_depthwise();
    const bool pointwise = !depthwise && value_of(d.kernel()) == 1.0;
    const T jobs = d.batch * (depthwise ? T(1.0) : d.groups);
    const T k_in = depthwise ? T(1.0) : d.in_channels / d.groups;
    const T k_out = depthwise ? d.out_channels : d.out_channels / d.groups;
    const T pixels = ceil_div(d.out_height, p.out_tile) * ceil_div(d.out_width, p.out_tile);
    return job(p, {k_in, k_out, pixels, d.bias, pointwise, depthwise}, w) * jobs + ideal(p, w, work(op, d).macs);
  }

  // A linear layer runs as a 1x1 convolution of one output pixel, a job a token.
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Linear<T>& d, const Widths<T>& w) {
    return job(p, {d.in_channels, d.out_channels, T(1.0), d.bias, true, false}, w) * (d.batch * d.tokens) +
           ideal(p, w, work(op, d).macs);
  }

  template <class Verdict>
  static Status check(const Params<double>& p, Op op, const Convolution<>& d, const Widths<>& w, Verdict&& verdict) {
    if (op != Op::conv2d) return verdict.refuse([&] { return fmt::format("{} does not run on the array", name(op)); });
    const bool square = d.kernel_height == d.kernel_width;
    const bool known_kernel = square && (d.kernel_height == 3.0 || (d.kernel_height == 1.0 && !d.is_depthwise()));
    if (!known_kernel) {
      return verdict.refuse([&] {
        return fmt::format("kernel {}x{}: the array runs 3x3, 1x1 and depthwise 3x3", d.kernel_height, d.kernel_width);
      });
    }
    const bool dilated = d.dilation_height != 1.0 || d.dilation_width != 1.0;
    if (dilated && p.ignores_dilation == 0.0) {
      return verdict.refuse(
          [&] { return fmt::format("dilation {}x{}: the array has none", d.dilation_height, d.dilation_width); });
    }
    const bool strided = d.stride_height != 1.0 || d.stride_width != 1.0;
    if (strided && p.ignores_stride == 0.0) {
      return verdict.refuse([&] {
        return fmt::format("stride {}x{} takes several jobs, and this description prices one", d.stride_height,
                           d.stride_width);
      });
    }
    return check_widths(p, w, verdict);
  }
  template <class Verdict>
  static Status check(const Params<double>& p, Op, const Linear<>&, const Widths<>& w, Verdict&& verdict) {
    const Status status = check_widths(p, w, verdict);
    if (status != Status::priced || p.linear_is_exact != 0.0) return status;
    return verdict.approximate([] { return "run as a 1x1 convolution; the array's linear mode was not simulated"; });
  }

 private:
  template <class T>
  struct Job {
    T in_channels, out_channels;  // of one group
    T pixel_tiles;
    T bias;
    bool pointwise, depthwise;
  };

  template <class T>
  static Cost<T> job(const Params<T>& p, const Job<T>& j, const Widths<T>& w) {
    const T& tile = j.depthwise ? p.depthwise_channel_tile : p.out_channel_tile;
    const T rest = remainder(j.out_channels, tile);
    T channels = floor_div(j.out_channels, tile) * tile_cycles(p, j, w, tile);
    if (value_of(rest) > 0.0) channels = channels + tile_cycles(p, j, w, rest);
    T once = p.start;
    if (j.pointwise) once = once + larger(p.pointwise_wait - smaller(j.out_channels, tile), T(0.0));
    return {.compute = cycles(j.pixel_tiles * channels), .overhead = cycles(once)};
  }

  // Cycles of `k` output channels at one tile of pixels.
  template <class T>
  static T tile_cycles(const Params<T>& p, const Job<T>& j, const Widths<T>& w, const T& k) {
    const T bits = value_of(p.assumed_weight_bits) > 0.0 ? p.assumed_weight_bits : w.weight_bits;
    const T passes = j.pointwise ? T(1.0) : bits;
    const T steps = j.depthwise ? T(1.0) : ceil_div(j.in_channels, p.in_channel_tile);
    const T offset = j.depthwise ? p.weight_offset + k : p.weight_offset;
    const T step = (j.pointwise ? p.load_pointwise : p.load_patch) + offset + p.matrix_vector + k * passes + p.update;
    return steps * step + requantization(p, j, w, k) + store(p, w, k);
  }
  template <class T>
  static T requantization(const Params<T>& p, const Job<T>& j, const Widths<T>& w, const T& k) {
    const bool fixed = value_of(p.fixed_requantization) != 0.0;
    const T scale_bits = fixed ? p.default_scale_bits : w.scale_bits;
    const T shift = fixed ? p.default_shift : w.shift;
    if (value_of(scale_bits) == 0.0) return T(0.0);
    const T bias = value_of(p.bias_phase) == 2.0 ? T(1.0) : value_of(p.bias_phase) == 1.0 ? j.bias : T(0.0);
    return p.norm_shift * shift + p.norm_fixed + ceil_div(k * scale_bits, p.norm_width) +
           bias * (p.bias_fixed + ceil_div(k, p.bias_width));
  }
  template <class T>
  static T store(const Params<T>& p, const Widths<T>& w, const T& k) {
    if (value_of(w.output_bits) <= value_of(p.narrow_output_bits)) return p.store_narrow;
    return p.store_fixed + p.store_row * ceil_div(k, p.store_width);
  }
  // Weights are multiplied bit by bit: the peak is of one bit.
  template <class T>
  static Cost<T> ideal(const Params<T>& p, const Widths<T>& w, const T& macs) {
    return {.ideal = cycles(macs * w.weight_bits / p.peak)};
  }

  template <class Verdict>
  static Status check_widths(const Params<double>& p, const Widths<>& w, Verdict& verdict) {
    if (w.input_bits != p.input_bits) {
      return verdict.refuse(
          [&] { return fmt::format("{}-bit inputs; the array reads {} bits", w.input_bits, p.input_bits); });
    }
    if (w.weight_bits < p.min_weight_bits || w.weight_bits > p.max_weight_bits) {
      return verdict.refuse([&] {
        return fmt::format("{}-bit weights; the array has {} to {}", w.weight_bits, p.min_weight_bits,
                           p.max_weight_bits);
      });
    }
    return Status::priced;
  }
};

}  // namespace hwcost::ne16
