// DIANA's digital and analog arrays: the formula. Private to this backend and its tests.
#pragma once

#include <fmt/format.h>

#include "hwcost/model_backend.hpp"

namespace hwcost::diana {

struct Model {
  template <class T>
  struct Params {
    T digital_rows{}, digital_columns{};  // output rows and output channels of the digital array
    T port_width{};                       // elements that the digital array's port moves a cycle
    T digital_weight_bits{}, analog_weight_bits{}, activation_bits{};
    T analog_load_cycles{};         // per row of weights that is written into the analog array
    Seconds<T> analog_read_time{};  // of one analog operation
    Frequency<T> clock{};
    T analog_columns{}, analog_rows{}, analog_channel_rows{}, analog_min_channels{}, analog_max_unroll{};

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      f(Key{"digital.rows", "", 1, 65536}, p.digital_rows);
      f(Key{"digital.columns", "", 1, 65536}, p.digital_columns);
      f(Key{"digital.port_width", "element/cycle", 1e-3, 1e6}, p.port_width);
      f(Key{"digital.weight_bits", "bit", 1, 64}, p.digital_weight_bits);
      f(Key{"analog.weight_bits", "bit", 1, 64}, p.analog_weight_bits);
      f(Key{"activation_bits", "bit", 1, 64}, p.activation_bits);
      f(Key{"analog.load_cycles", "cycle", 0, 1e6}, p.analog_load_cycles);
      f(Key{"analog.read_time", "s", 0, 1}, p.analog_read_time.value);
      f(Key{"clock", "Hz", 1, 1e12}, p.clock.value);
      f(Key{"analog.columns", "", 1, 65536}, p.analog_columns);
      f(Key{"analog.rows", "", 1, 65536}, p.analog_rows);
      f(Key{"analog.channel_rows", "", 1, 65536}, p.analog_channel_rows);
      f(Key{"analog.min_channels", "", 1, 65536}, p.analog_min_channels);
      f(Key{"analog.max_unroll", "", 1, 1024}, p.analog_max_unroll);
    }
  };

  static BackendTraits traits(const Params<double>& p);

  // Cycles of one convolution on the array that its weights' width selects. One spatial dimension runs as height 1.
  //
  // Digital: rows x columns MACs a cycle over output rows and output channels, then the operands cross the port.
  // Analog: the weights are written row by row, then every read gives one output pixel (`unroll` of them where the
  // array has room for shifted copies of the kernel) of all channels. Source: PLiNIO's DIANA model, parameters as data.
  // Not modelled: memories, tiling; a batch repeats everything but the writing of analog weights.
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Convolution<T>& d, const Widths<T>& w) {
    const T macs = work(op, d).macs;
    if (value_of(w.weight_bits) == value_of(p.analog_weight_bits)) {
      return analog(p, d.in_channels, d.out_channels, d.kernel(), d.batch * d.out_pixels(),
                    unroll(p, d.in_channels, d.out_channels, d.kernel_height, d.kernel_width), macs);
    }
    const T pixels = d.batch * d.out_pixels();
    const T steps = d.batch * d.out_depth * ceil_div(d.out_height, p.digital_rows) * d.out_width * d.kernel();
    return digital(p, ceil_div(d.out_channels / d.groups, p.digital_columns) * d.in_channels * steps,
                   pixels * (d.out_channels + d.in_channels), macs);
  }

  // A linear layer is a 1x1 convolution with one output pixel a token.
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Linear<T>& d, const Widths<T>& w) {
    const T macs = work(op, d).macs;
    const T tokens = d.batch * d.tokens;
    if (value_of(w.weight_bits) == value_of(p.analog_weight_bits)) {
      return analog(p, d.in_channels, d.out_channels, T(1.0), tokens,
                    unroll(p, d.in_channels, d.out_channels, T(1.0), T(1.0)), macs);
    }
    return digital(p, ceil_div(d.out_channels, p.digital_columns) * d.in_channels * tokens,
                   tokens * (d.out_channels + d.in_channels), macs);
  }

  template <class Verdict>
  static Status check(const Params<double>& p, Op op, const Convolution<>& d, const Widths<>& w, Verdict&& verdict) {
    if (is_transposed(op)) return verdict.refuse([] { return "no kernel for transposed convolutions"; });
    if (spatial_rank(op) == 3) return verdict.refuse([] { return "no kernel for 3 spatial dimensions"; });
    if (w.weight_bits == p.analog_weight_bits && d.groups != 1.0)
      return verdict.refuse(
          [&] { return fmt::format("groups {}: the analog array runs dense layers only", d.groups); });
    return check_widths(p, w, verdict);
  }
  template <class Verdict>
  static Status check(const Params<double>& p, Op, const Linear<>&, const Widths<>& w, Verdict&& verdict) {
    return check_widths(p, w, verdict);
  }

 private:
  // MACs that both arrays do a cycle at best: utilisation is relative to the array in use.
  template <class T>
  static Cost<T> digital(const Params<T>& p, const T& steps, const T& moved, const T& macs) {
    return {.compute = cycles(steps),
            .overhead = cycles(moved / p.port_width),
            .ideal = cycles(macs / (p.digital_rows * p.digital_columns))};
  }
  template <class T>
  static Cost<T> analog(const Params<T>& p, const T& in_channels, const T& out_channels, const T& kernel,
                        const T& pixels, const T& unroll, const T& macs) {
    const Cycles<T> read = p.analog_read_time * p.clock;
    const T reads = ceil_div(out_channels, p.analog_columns) * ceil_div(in_channels, p.analog_channel_rows) * pixels;
    return {.compute = read * (reads / unroll),
            .overhead = cycles(p.analog_load_cycles * in_channels * kernel),
            .ideal = read * (macs / (p.analog_rows * p.analog_columns))};
  }
  // The largest power of two up to analog_max_unroll whose outputs fit the columns and whose patches fit the rows.
  template <class T>
  static T unroll(const Params<T>& p, const T& in_channels, const T& out_channels, const T& kernel_height,
                  const T& kernel_width) {
    const double channels = value_of(larger(p.analog_min_channels, in_channels));
    double best = 1.0;
    // NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): powers of two are exact
    for (double u = 2.0; u <= value_of(p.analog_max_unroll); u *= 2.0) {
      const bool columns_fit = u * value_of(out_channels) <= value_of(p.analog_columns);
      const bool rows_fit =
          (u + value_of(kernel_height) - 1.0) * channels * value_of(kernel_width) <= value_of(p.analog_rows);
      if (columns_fit && rows_fit) best = u;
    }
    return T(best);
  }
  template <class Verdict>
  static Status check_widths(const Params<double>& p, const Widths<>& w, Verdict& verdict) {
    const bool known_weights = w.weight_bits == p.digital_weight_bits || w.weight_bits == p.analog_weight_bits;
    if (w.input_bits != p.activation_bits || !known_weights) {
      return verdict.refuse([&] {
        return fmt::format("w{}a{}: the arrays run w{}a{} (digital) and w{}a{} (analog)", w.weight_bits, w.input_bits,
                           p.digital_weight_bits, p.activation_bits, p.analog_weight_bits, p.activation_bits);
      });
    }
    return Status::priced;
  }
};

}  // namespace hwcost::diana
