// One job of NE16 and its family: parameters and cycles. A job is a 3x3, a 1x1 or a depthwise 3x3 convolution of stride
// 1 whose data is in L1.
#pragma once

#include "hwcost/cost.hpp"
#include "hwcost/parameters.hpp"
#include "hwcost/precision.hpp"

namespace hwcost::ne16 {

template <class T>
struct JobParams {
  T out_tile{};                                    // output rows and columns that the array computes at a time
  T out_channel_tile{}, depthwise_channel_tile{};  // output channels that the accumulators hold
  T in_channel_tile{};                             // input channels that a step reads
  T patch_in_channel_tile{};                       // of 3x3 steps; 0: as many
  T peak{};                                        // MACs a cycle with weights of one bit
  T load_pointwise{}, load_patch{};                // cycles to load the pixels of a 1x1 or a 3x3 step
  T weight_offset{}, matrix_vector{}, update{};    // cycles of a step besides its products
  T norm_fixed{}, norm_shift{}, norm_width{};      // normalisation: cycles, and scale bits a cycle
  T bias_fixed{}, bias_width{};                    // bias phase: cycles, and channels a cycle
  T store_narrow{}, store_fixed{}, store_row{}, store_width{};  // 8-bit results; wider ones row by row
  T start{};                                                    // from the trigger to the first load, and the end
  T pointwise_wait{};                                           // channels below which a 1x1 job waits for its pipeline
  T min_weight_bits{}, max_weight_bits{}, input_bits{}, narrow_output_bits{};
  T assumed_weight_bits{};                  // 0: the layer's; else every layer is priced at this width
  T default_scale_bits{}, default_shift{};  // requantisation of layers that do not say theirs
  T fixed_requantization{};                 // 1: the defaults, whatever the layer says
  T bias_phase{};                           // 0: never, 1: where the layer has a bias, 2: always
  T ignores_dilation{};                     // 1: dilated layers are priced as if they were not
  T ignores_stride{};                       // 1: strided layers are priced as if they were not
  T linear_is_exact{};                      // 0: linear layers, run as 1x1, are approximated
  T always_bias{}, own_bias{};              // derived from bias_phase: 1 where all layers, where those with a bias

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
    f(Key{"array.patch_in_channel_tile", "", 0, 65536, false}, p.patch_in_channel_tile);
    f(Key{"array.peak", "MAC/cycle", 1, 1e9}, p.peak);
    cycles("load.pointwise", p.load_pointwise);
    cycles("load.patch", p.load_patch);
    cycles("step.weight_offset", p.weight_offset);
    cycles("step.matrix_vector", p.matrix_vector);
    cycles("step.update", p.update);
    cycles("norm.fixed", p.norm_fixed);
    cycles("norm.shift", p.norm_shift);
    f(Key{"norm.width", "bit/cycle", 8, 1e6}, p.norm_width);
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
  void finish() {
    always_bias = T(value_of(bias_phase) == 2.0 ? 1.0 : 0.0);
    own_bias = T(value_of(bias_phase) == 1.0 ? 1.0 : 0.0);
  }
};

template <class T>
struct Job {
  T in_channels, out_channels;  // of one group
  T pixel_tiles;
  T bias;
  bool pointwise, depthwise;
};

// What the array does for a job, apart from the tiles of pixels that it walks.
template <class T>
struct JobCycles {
  T a_pixel_tile, once;
  [[nodiscard]] T of(const T& pixel_tiles) const { return pixel_tiles * a_pixel_tile + once; }
};

// The passes over the bits of a weight: 1x1 multiplies all bits at once.
template <class T>
T weight_passes(const JobParams<T>& p, const Job<T>& j, const Widths<T>& w) {
  const T bits = value_of(p.assumed_weight_bits) > 0.0 ? p.assumed_weight_bits : w.weight_bits;
  return j.pointwise ? T(1.0) : bits;
}

// Input channels that a step reads.
template <class T>
T in_channel_tile(const JobParams<T>& p, bool pointwise) {
  return pointwise || value_of(p.patch_in_channel_tile) == 0.0 ? p.in_channel_tile : p.patch_in_channel_tile;
}

// The steps over input channels.
template <class T>
T input_steps(const JobParams<T>& p, const Job<T>& j) {
  const T steps = ceil_div(j.in_channels, in_channel_tile(p, j.pointwise));
  return j.depthwise ? T(1.0) : steps;
}

template <class T>
T scale_bits(const JobParams<T>& p, const Widths<T>& w) {
  return value_of(p.fixed_requantization) != 0.0 ? p.default_scale_bits : w.scale_bits;
}
template <class T>
T shift_stage(const JobParams<T>& p, const Widths<T>& w) {
  return value_of(p.fixed_requantization) != 0.0 ? p.default_shift : w.shift;
}
template <class T>
bool is_requantized(const JobParams<T>& p, const Widths<T>& w) {
  return value_of(scale_bits(p, w)) != 0.0;
}

// 1 where the job adds biases.
template <class T>
T bias_phase(const JobParams<T>& p, const Job<T>& j) {
  return p.always_bias + p.own_bias * j.bias;
}

// Words that whole bytes of scales take: of a number of channels that is no whole one too, as PLiNIO reads it.
template <class T>
T scale_words(const T& bytes, const T& bytes_a_word) {
  return floor_div(bytes + bytes_a_word - T(1.0), bytes_a_word);
}

template <class T>
T requantization(const JobParams<T>& p, const Job<T>& j, const Widths<T>& w, const T& k) {
  const T phases = p.norm_shift * shift_stage(p, w) + p.norm_fixed +
                   scale_words(k * scale_bits(p, w) / T(8.0), p.norm_width / T(8.0)) +
                   bias_phase(p, j) * (p.bias_fixed + ceil_div(k, p.bias_width));
  return is_requantized(p, w) ? phases : T(0.0);
}

template <class T>
bool stores_narrow(const JobParams<T>& p, const Widths<T>& w) {
  return value_of(w.output_bits) <= value_of(p.narrow_output_bits);
}
template <class T>
T store(const JobParams<T>& p, const Widths<T>& w, const T& k) {
  const T wide = p.store_fixed + p.store_row * ceil_div(k, p.store_width);
  return stores_narrow(p, w) ? p.store_narrow : wide;
}

// Cycles of `k` output channels at one tile of pixels.
template <class T>
T tile_cycles(const JobParams<T>& p, const Job<T>& j, const Widths<T>& w, const T& k) {
  const T offset = j.depthwise ? p.weight_offset + k : p.weight_offset;
  const T step = (j.pointwise ? p.load_pointwise : p.load_patch) + offset + p.matrix_vector +
                 k * weight_passes(p, j, w) + p.update;
  return input_steps(p, j) * step + requantization(p, j, w, k) + store(p, w, k);
}

template <class T>
T channel_tile(const JobParams<T>& p, bool depthwise) {
  return depthwise ? p.depthwise_channel_tile : p.out_channel_tile;
}

// The array walks tiles of out_tile x out_tile outputs; for each, tiles of output channels; for each, steps of
// in_channel_tile input channels: load the pixels, multiply bit-serially (3x3) or at once (1x1). A remainder of
// pixels or input channels costs a full tile, one of output channels is shorter. Padding changes nothing. Not
// modelled: contention in L1, DMA, tiling through L1, programming of the job by the core. Source: the public RTL,
// simulated; exact on all of its jobs (docs/machines/ne16.md).
template <class T>
JobCycles<T> job_cycles(const JobParams<T>& p, const Job<T>& j, const Widths<T>& w) {
  const T tile = channel_tile(p, j.depthwise);
  const T rest = remainder(j.out_channels, tile);
  const T whole_tiles = floor_div(j.out_channels, tile) * tile_cycles(p, j, w, tile);
  const T all_tiles = whole_tiles + tile_cycles(p, j, w, rest);
  const T wait = larger(p.pointwise_wait - smaller(j.out_channels, tile), T(0.0));
  return {value_of(rest) > 0.0 ? all_tiles : whole_tiles, j.pointwise ? p.start + wait : p.start};
}

// Accesses to L1 of one tile of pixels, as wide as the port: pixels and weights of every step, scales and biases of
// every tile of output channels, results. Source: the RTL's own counters, NE16.
template <class T>
T l1_accesses(const JobParams<T>& p, const Job<T>& j, const Widths<T>& w) {
  const T tile = channel_tile(p, j.depthwise);
  const T steps = input_steps(p, j);
  const T out_tiles = ceil_div(j.out_channels, tile);
  const T pixels = j.pointwise ? p.out_tile * p.out_tile : (p.out_tile + T(2.0)) * (p.out_tile + T(2.0));
  const auto per_out_tile = [&](const T& k) {
    const T port_bits = p.norm_width * T(8.0);
    const T constants = is_requantized(p, w) ? ceil_div(k * scale_bits(p, w), port_bits) + shift_stage(p, w) +
                                                   bias_phase(p, j) * ceil_div(k, p.bias_width)
                                             : T(0.0);
    const T stores = stores_narrow(p, w) ? T(1.0) : ceil_div(k, p.store_width);
    return constants + stores * p.out_tile * p.out_tile;
  };
  const T rest = remainder(j.out_channels, tile);
  T accesses = steps * (out_tiles * pixels + j.out_channels * weight_passes(p, j, w)) +
               floor_div(j.out_channels, tile) * per_out_tile(tile);
  if (value_of(rest) > 0.0) accesses = accesses + per_out_tile(rest);
  return accesses;
}

// Weights are multiplied bit by bit: the peak is of one bit.
template <class T>
Cycles<T> ideal_cycles(const JobParams<T>& p, const Widths<T>& w, const T& macs) {
  return cycles(macs * w.weight_bits / p.peak);
}

}  // namespace hwcost::ne16
