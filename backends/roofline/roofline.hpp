// The generic first model of an accelerator: the slowest of arithmetic and memories, and a set-up. Private to this
// backend and its tests.
#pragma once

#include <array>
#include <limits>
#include <string>
#include <type_traits>

#include "hwcost/model_backend.hpp"

namespace hwcost::roofline {

// Operand widths that a machine may have a rate for, in bits.
inline constexpr std::array<int, 7> kClasses{1, 2, 4, 8, 16, 32, 64};

// A rate that nobody told: what it would bound takes no time. A number, and no question in the formula whether there is
// one, so that batches price several rows at a time.
inline constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// Keys of one class of widths: peak.b8, energy.mac.b8.
struct ClassKeys {
  Key peak, energy;
};
const std::array<ClassKeys, kClasses.size()>& class_keys();

struct Model {
  template <class T>
  struct Params {
    std::array<T, kClasses.size()> peak{};        // MAC/cycle of operands of at most so many bits; 0: none
    std::array<T, kClasses.size()> mac_energy{};  // of one such MAC
    T vector{kUnbounded};                         // FLOP/cycle of all that is no MAC; unbounded: of biases alone
    // The array's tile: elements of a dot product, output channels, output pixels that are worked on at a time.
    T in_tile{1.0}, out_tile{1.0}, pixel_tile{1.0};
    T call{};  // cycles of one layer, whatever it is
    Bandwidth<T> memory{kUnbounded}, on_chip{kUnbounded};
    Data<T> capacity{};  // of the on-chip memory; 0: activations always cross the memory port
    EnergyPerData<T> memory_energy{}, on_chip_energy{};
    Frequency<T> clock{};
    Power<T> power{};  // while it runs, whatever it does
    T integers_only{};

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      for (std::size_t i = 0; i < kClasses.size(); ++i) {
        f(class_keys()[i].peak, p.peak[i]);
        f(class_keys()[i].energy, p.mac_energy[i]);
      }
      f(Key{"vector", "FLOP/cycle", 1e-6, 1e9, false}, p.vector);
      f(Key{"tile.in", "", 1, 1e6, false}, p.in_tile);
      f(Key{"tile.out", "", 1, 1e6, false}, p.out_tile);
      f(Key{"tile.pixels", "", 1, 1e6, false}, p.pixel_tile);
      f(Key{"call", "cycle", 0, 1e9, false}, p.call);
      f(Key{"memory.bandwidth", "byte/cycle", 1e-9, 1e9, false}, p.memory.value);
      f(Key{"on_chip.bandwidth", "byte/cycle", 1e-9, 1e9, false}, p.on_chip.value);
      f(Key{"on_chip.capacity", "byte", 0, 1e15, false}, p.capacity.value);
      f(Key{"energy.memory", "pJ/byte", 0, 1e9, false}, p.memory_energy.value);
      f(Key{"energy.on_chip", "pJ/byte", 0, 1e9, false}, p.on_chip_energy.value);
      f(Key{"clock", "Hz", 1, 1e12, false}, p.clock.value);
      f(Key{"power", "W", 0, 1e6, false}, p.power.value);
      f(Key{"integers_only", "", 0, 1, false}, p.integers_only);
    }
  };

  static constexpr bool is_modelled(Family family) { return family != Family::custom; }

  static BackendTraits traits(const Params<double>& p);

  // Cycles of one layer: a call, and the longest of arithmetic, memory port and on-chip memory, which overlap.
  //
  // MACs are padded to whole tiles: elements of the dot product (in_channels / groups · kernel), output channels of a
  // group, output pixels of the batch. The wider operand decides the rate. Weights cross the memory port once, input
  // and output too where they do not fit on the chip together; on the chip, inputs are read once a tile of output
  // channels. Views cost nothing. Source: Williams et al., CACM 52(4), 2009, with padding.
  // Not modelled: exp, sqrt and their kind, weights fetched again, bandwidth by pattern of access, number formats
  // beside their width.
  template <class T, class D>
  static Cost<T> cost(const Params<T>& p, Op op, const D& d,
                      const Widths<T>& widths) requires(is_modelled(D::kFamily)) {
    if (is_view(op)) return {};
    const Work<T> w = work(op, d);
    const T rate = of_class(p, widths, p.peak, T(1.0));
    const T mac_energy = of_class(p, widths, p.mac_energy, T(0.0));
    const Tiles<T> tiles = tiling(p, op, d, w);
    const T others = w.bias_adds + w.arithmetic;
    const Cycles<T> arithmetic = cycles(tiles.macs / rate + others / p.vector);

    const Traffic<T> bytes_moved = traffic(op, w, widths, w.weights * widths.weight_bits);
    const Data<T> activations = bytes(bytes_moved.input + bytes_moved.second_input + bytes_moved.output);
    const Data<T> weights = bytes(bytes_moved.weights);
    const bool stays = value_of(activations.value) <= value_of(p.capacity.value);
    const Data<T> moved = stays ? weights : weights + activations;
    const Data<T> read_again = bytes((tiles.passes - T(1.0)) * bytes_moved.input);
    const Data<T> on_chip = weights + activations + read_again;
    const Cycles<T> port = moved / p.memory;
    const Cycles<T> inside = on_chip / p.on_chip;

    const Cycles<T> call = cycles(p.call);
    const Cycles<T> memory{larger(port.value, inside.value)};
    const Cycles<T> latency = Cycles<T>{larger(arithmetic.value, memory.value)} + call;
    // Without a clock there is no static energy, and nobody asks for any.
    const bool has_clock = value_of(p.clock.value) > 0.0;
    const Energy<T> standing = has_clock ? p.power * (latency / p.clock) : Energy<T>{};
    return {.compute = arithmetic,
            .memory = memory,
            .overhead = call,
            .traffic = moved,
            .energy = Energy<T>{mac_energy * w.macs} + p.memory_energy * moved + p.on_chip_energy * on_chip + standing,
            .ideal = cycles(w.macs / rate)};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>& p, Op op, const D& d, const Widths<>& widths,
                      Verdict&& verdict) requires(is_modelled(D::kFamily)) {
    if (is_view(op)) return Status::priced;
    const Work<> w = work(op, d);
    if (w.macs > 0.0 && of_class(p, widths, p.peak, 0.0) == 0.0)
      return verdict.refuse([&] { return no_rate(p, widths); });
    // Biases of products are added on the way out where the machine has no unit of its own for such work.
    const double others = w.arithmetic + (w.macs > 0.0 ? 0.0 : w.bias_adds);
    if (others > 0.0 && p.vector == kUnbounded) return verdict.refuse([&] { return no_vector(op, w.macs > 0.0); });
    return check_output_width(widths, verdict);
  }

 private:
  template <class T>
  struct Tiles {
    T macs{};       // padded to whole tiles
    T passes{1.0};  // over the input: tiles of output channels
  };

  template <class T, class D>
  static Tiles<T> tiling(const Params<T>& p, [[maybe_unused]] Op op, const D& d, const Work<T>& w) {
    if constexpr (D::kFamily == Family::convolution) {
      const T pixels = d.batch * (is_transposed(op) ? d.in_pixels() : d.out_pixels());
      return whole_tiles(p, d.groups, d.in_channels / d.groups * d.kernel(), d.out_channels / d.groups, pixels);
    } else if constexpr (D::kFamily == Family::linear) {
      return whole_tiles(p, T(1.0), d.in_channels, d.out_channels, d.batch * d.tokens);
    } else if constexpr (D::kFamily == Family::matmul) {
      return whole_tiles(p, d.batch, d.depth, d.columns, d.rows);
    } else {
      return {.macs = w.macs};
    }
  }
  // `groups` products of [pixels x in] · [in x out].
  template <class T>
  static Tiles<T> whole_tiles(const Params<T>& p, const T& groups, const T& in, const T& out, const T& pixels) {
    const T out_tiles = ceil_div(out, p.out_tile);
    const T padded = ceil_div(in, p.in_tile) * p.in_tile * (out_tiles * p.out_tile) *
                     (ceil_div(pixels, p.pixel_tile) * p.pixel_tile);
    return {.macs = groups * padded, .passes = out_tiles};
  }

  // The figure of the narrowest class with a rate that holds both operands; `none` where there is no such class.
  // Numbers are selected one by one: a look-up that must not leave the table is a branch, which keeps batches from
  // pricing several rows at a time.
  template <class T>
  static T of_class(const Params<T>& p, const Widths<T>& widths, const std::array<T, kClasses.size()>& figures,
                    T none) {
    const double widest = larger(value_of(widths.input_bits), value_of(widths.weight_bits));
    const auto holds = [&](std::size_t i) { return (widest <= kClasses[i]) & (value_of(p.peak[i]) > 0.0); };
    if constexpr (std::is_same_v<T, double>) {
      for (std::size_t i = kClasses.size(); i-- > 0;) none = holds(i) ? figures[i] : none;
    } else {
      for (std::size_t i = 0; i < kClasses.size(); ++i) {
        if (holds(i)) return figures[i];
      }
    }
    return none;
  }
  static std::string no_rate(const Params<double>& p, const Widths<>& widths);
  static std::string no_vector(Op op, bool is_part);
};

}  // namespace hwcost::roofline
