// GAP8's eight-core cluster running 8-bit kernels: the formula. Private to this backend and its tests.
#pragma once

#include <fmt/format.h>

#include "hwcost/model_backend.hpp"

namespace hwcost::gap8 {

struct Model {
  template <class T>
  struct Params {
    T row_tile{}, column_tile{}, out_channel_tile{};  // outputs that the cluster works on at a time
    T im2col_cycles{};                                // per element of a patch
    T tile_cycles{};                                  // set-up of a tile of output channels
    T inner_cycles{}, inner_width{};                  // inner loop: cycles, and elements of a patch, a turn
    T depthwise_cycles{}, depthwise_channel_tile{};
    T linear_in_tile{}, linear_out_tile{};
    T native_bits{};

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      f(Key{"conv.row_tile", "", 1, 1024}, p.row_tile);
      f(Key{"conv.column_tile", "", 1, 1024}, p.column_tile);
      f(Key{"conv.out_channel_tile", "", 1, 1024}, p.out_channel_tile);
      f(Key{"conv.im2col_cycles", "cycle", 0, 1e6}, p.im2col_cycles);
      f(Key{"conv.tile_cycles", "cycle", 0, 1e6}, p.tile_cycles);
      f(Key{"conv.inner_cycles", "cycle", 1e-3, 1e6}, p.inner_cycles);
      f(Key{"conv.inner_width", "", 1, 1024}, p.inner_width);
      f(Key{"depthwise.cycles", "cycle", 1e-3, 1e6}, p.depthwise_cycles);
      f(Key{"depthwise.channel_tile", "", 1, 1024}, p.depthwise_channel_tile);
      f(Key{"linear.in_tile", "", 1, 1024}, p.linear_in_tile);
      f(Key{"linear.out_tile", "", 1, 1024}, p.linear_out_tile);
      f(Key{"native_bits", "bit", 1, 64}, p.native_bits);
    }
  };

  static BackendTraits traits(const Params<double>& p);

  // Cycles of one convolution: patches of row_tile x column_tile outputs are laid out (im2col), then multiplied for
  // out_channel_tile channels at a time. Groups run one after the other. One spatial dimension runs as height 1.
  //
  // Utilisation is relative to the inner loop of a dense convolution. Source: PLiNIO's GAP8 model, parameters as data.
  // Not modelled: DMA, L1 size, widths (every operand is native_bits wide).
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Convolution<T>& d, const Widths<T>&) {
    const T macs = work(op, d).macs;
    const Cycles<T> ideal = cycles(macs / peak(p));
    if (d.is_depthwise()) {
      const T turns = d.batch * ceil_div(d.out_channels, p.depthwise_channel_tile) * d.out_pixels() * d.kernel();
      return {.compute = cycles(p.depthwise_cycles * turns), .ideal = ideal};
    }
    const T patch = d.kernel() * (d.in_channels / d.groups);
    const T patches = d.batch * d.groups * ceil_div(d.out_height, p.row_tile) * ceil_div(d.out_width, p.column_tile);
    const T channel_tiles = ceil_div(d.out_channels / d.groups, p.out_channel_tile);
    return {.compute = cycles(patches * channel_tiles * p.inner_cycles * ceil_div(patch, p.inner_width)),
            .overhead = cycles(patches * (p.im2col_cycles * patch + channel_tiles * p.tile_cycles)),
            .ideal = ideal};
  }

  // Cycles of one linear layer: every token by itself.
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Linear<T>& d, const Widths<T>&) {
    const T turns = ceil_div(d.in_channels, p.linear_in_tile) * ceil_div(d.out_channels, p.linear_out_tile);
    return {.compute = cycles(d.batch * d.tokens * turns), .ideal = cycles(work(op, d).macs / peak(p))};
  }

  template <class Verdict>
  static Status check(const Params<double>& p, Op op, const Convolution<>&, const Widths<>& w, Verdict&& verdict) {
    if (is_transposed(op)) return verdict.refuse([] { return "no kernel for transposed convolutions"; });
    if (spatial_rank(op) == 3) return verdict.refuse([] { return "no kernel for 3 spatial dimensions"; });
    return check_widths(p, w, verdict);
  }
  template <class Verdict>
  static Status check(const Params<double>& p, Op, const Linear<>&, const Widths<>& w, Verdict&& verdict) {
    return check_widths(p, w, verdict);
  }

 private:
  template <class T>
  static T peak(const Params<T>& p) {  // MAC/cycle
    return p.row_tile * p.column_tile * p.out_channel_tile * p.inner_width / p.inner_cycles;
  }
  template <class Verdict>
  static Status check_widths(const Params<double>& p, const Widths<>& w, Verdict& verdict) {
    if (w.input_bits > p.native_bits || w.weight_bits > p.native_bits) {
      return verdict.refuse([&] {
        return fmt::format("w{}a{} is wider than the kernels' {} bits", w.weight_bits, w.input_bits, p.native_bits);
      });
    }
    if (w.input_bits < p.native_bits || w.weight_bits < p.native_bits) {
      return verdict.approximate(
          [&] { return fmt::format("w{}a{} runs as {} bit", w.weight_bits, w.input_bits, p.native_bits); });
    }
    return Status::priced;
  }
};

}  // namespace hwcost::gap8
