// A layer tiled through L1: a loader, the array and a storer that work on three tiles at a time.
#pragma once

#include <array>
#include <cmath>

#include "job.hpp"
#include "memory.hpp"

namespace hwcost::ne16 {

// One group of a convolution, square in kernel and stride.
template <class T>
struct LayerShape {
  T out_height, out_width, out_channels;
  T in_height, in_width, in_channels;
  T kernel, stride;
  T bias;
  bool pointwise, depthwise;

  // Strided 3x3: the array computes a patch of stride 1, of which every second output counts.
  [[nodiscard]] bool takes_patches() const { return !pointwise && value_of(stride) > 1.0; }
};

// Outputs along a side of what the array computes at a time of a layer with stride 2: every second of a patch.
template <class T>
double patch_outputs(const JobParams<T>& p) {
  return std::floor((value_of(p.out_tile) + 1.0) / 2.0);
}

// Outputs of a full tile; the last one along an axis has what is left.
struct Tiling {
  double height = 0.0, width = 0.0, channels = 0.0;
  friend bool operator==(const Tiling&, const Tiling&) = default;
};

template <class T>
struct TileExtents {
  T height, width, channels;  // of its outputs
};

template <class T>
T input_extent(const T& out, const T& in, const LayerShape<T>& s) {
  return smaller(out * s.stride + s.kernel - s.stride, in);
}
template <class T>
Data<T> input_data(const LayerShape<T>& s, const Widths<T>& w, const TileExtents<T>& t) {
  const T pixels = input_extent(t.height, s.in_height, s) * input_extent(t.width, s.in_width, s);
  return bits(pixels * (s.depthwise ? t.channels : s.in_channels) * w.input_bits);
}
template <class T>
Data<T> output_data(const Widths<T>& w, const TileExtents<T>& t) {
  return bits(t.height * t.width * t.channels * w.output_bits);
}
// In the array's layout, which fills up the channels of a step.
template <class T>
Data<T> weight_data(const JobParams<T>& p, const LayerShape<T>& s, const Widths<T>& w, const T& channels) {
  const T& step = in_channel_tile(p, s.pointwise);
  const T filled = s.depthwise ? ceil_div(channels, step) * step : channels * (ceil_div(s.in_channels, step) * step);
  return bits(filled * s.kernel * s.kernel * w.weight_bits);
}
// Scales, and biases of 32 bit.
template <class T>
Data<T> requantization_data(const JobParams<T>& p, const LayerShape<T>& s, const Widths<T>& w, const T& channels) {
  if (!is_requantized(p, w)) return {};
  return bits(channels * (scale_bits(p, w) + s.bias * T(32.0)));
}

// L1 that a tile of this size takes: once if it is the only one, twice for double buffering.
template <class T>
Data<T> l1_need(const JobParams<T>& p, const LayerShape<T>& s, const Widths<T>& w, const TileExtents<T>& t,
                bool is_only_tile) {
  const Data<T> one = input_data(s, w, t) + output_data(w, t) + weight_data(p, s, w, t.channels) +
                      requantization_data(p, s, w, t.channels);
  return is_only_tile ? one : one + one;
}

// Tiles along one axis: n - 1 full ones and the last.
template <class T>
struct Axis {
  static constexpr std::size_t kFull = 0, kLast = 1;

  Axis(const T& extent, double tile)
      : count(std::ceil(value_of(extent) / tile)), sizes{T(tile), extent - T((count - 1.0) * tile)} {}

  // `times` tiles in a row that have the same size and the same neighbours.
  struct Run {
    double times;
    std::size_t own, next, previous;
    bool is_first, is_last;
  };
  // Calls f(run) in order.
  template <class F>
  void for_each_run(F&& f) const {
    if (count <= 1.0) return f(Run{1.0, kLast, kLast, kLast, true, true});
    f(Run{1.0, kFull, count == 2.0 ? kLast : kFull, kLast, true, false});
    if (count > 3.0) f(Run{count - 3.0, kFull, kFull, kFull, false, false});
    if (count > 2.0) f(Run{1.0, kFull, kLast, kFull, false, false});
    f(Run{1.0, kLast, kLast, kFull, false, true});
  }
  [[nodiscard]] std::size_t first() const { return count <= 1.0 ? kLast : kFull; }

  double count;
  std::array<T, 2> sizes;
};

template <class T>
struct Transfer {
  T cycles{};
  Data<T> data{};
  friend Transfer operator+(const Transfer& a, const Transfer& b) { return {a.cycles + b.cycles, a.data + b.data}; }
};

template <class T>
struct PipelineCost {
  T compute{};   // the array is busy
  T memory{};    // the DMA is
  T busy{};      // either of them
  T stalls{};    // both wait for the core to program a job
  T accesses{};  // to L1, by the array
  double tiles = 0.0;
  Data<T> traffic{};  // between L2 and L1
};

// All the layer's weights, scales and biases.
template <class T>
Data<T> constant_data(const JobParams<T>& p, const LayerShape<T>& s, const Widths<T>& w) {
  return weight_data(p, s, w, s.out_channels) + requantization_data(p, s, w, s.out_channels);
}
template <class T>
Data<T> l2_need(const JobParams<T>& p, const LayerShape<T>& s, const Widths<T>& w) {
  const TileExtents<T> whole{s.out_height, s.out_width, s.out_channels};
  return input_data(s, w, whole) + output_data(w, whole) + constant_data(p, s, w);
}

// The three of them over all tiles, in the order output channels > rows > columns. Tile n is computed while tile n + 1
// is loaded and tile n - 1 is stored; the first load and the last store are exposed. Weights move only when the
// output channels change; an input tile that is already there is not fetched again, halos are.
template <class T>
class Pipeline {
 public:
  Pipeline(const JobParams<T>& job, const MemoryParams<T>& memory, const LayerShape<T>& shape, const Widths<T>& widths,
           const Tiling& tiling)
      : job_(job),
        memory_(memory),
        shape_(shape),
        widths_(widths),
        channels_(shape.out_channels, tiling.channels),
        rows_(shape.out_height, tiling.height),
        columns_(shape.out_width, tiling.width) {
    const bool streams = value_of(memory.l3_bandwidth.value) > 0.0 && memory.l2_capacity < l2_need(job, shape, widths);
    // What comes from beyond L2 passes through it: the slower of the two says how fast.
    const Bandwidth<T>& bandwidth =
        streams && memory.l3_bandwidth < memory.dma_bandwidth ? memory.l3_bandwidth : memory.dma_bandwidth;
    for (std::size_t k = channels_.first(); k < 2; ++k) {
      const T& channels = channels_.sizes[k];
      const Job<T> one{shape.in_channels, channels, T(1.0), shape.bias, shape.pointwise, shape.depthwise};
      const JobCycles<T> cycles = job_cycles(job, one, widths);
      const T accesses = l1_accesses(job, one, widths);
      constants_[k] = constants(channels, bandwidth);
      for (std::size_t h = rows_.first(); h < 2; ++h) {
        for (std::size_t w = columns_.first(); w < 2; ++w)
          tiles_[k][h][w] = tile({rows_.sizes[h], columns_.sizes[w], channels}, cycles, accesses);
      }
    }
  }

  [[nodiscard]] PipelineCost<T> run() const {
    PipelineCost<T> sum;
    sum.tiles = channels_.count * rows_.count * columns_.count;
    channels_.for_each_run([&](const Run& k) {
      rows_.for_each_run([&](const Run& h) { columns_.for_each_run([&](const Run& w) { add({k, h, w}, sum); }); });
    });
    const Transfer<T> exposed = first_load() + last_store();
    sum.memory = sum.memory + exposed.cycles;
    sum.busy = sum.busy + exposed.cycles;
    sum.traffic = sum.traffic + exposed.data;
    return sum;
  }

 private:
  using Run = typename Axis<T>::Run;
  static constexpr std::size_t kLast = Axis<T>::kLast;
  struct Place {
    const Run &channels, &rows, &columns;
  };
  struct Tile {
    Transfer<T> load, store;  // of activations
    T compute{};
    T programmed{};  // the same, as far as the core can program jobs
    T accesses{};
  };

  // A transfer a row of the tile.
  Transfer<T> moved(const T& rows, const Data<T>& data) const {
    return {memory_.transfer_setup * rows + (data / memory_.dma_bandwidth).value, data};
  }
  // Weights, scales and biases: three transfers.
  Transfer<T> constants(const T& channels, const Bandwidth<T>& bandwidth) const {
    const Data<T> data =
        weight_data(job_, shape_, widths_, channels) + requantization_data(job_, shape_, widths_, channels);
    return {memory_.transfer_setup * T(3.0) + (data / bandwidth).value, data};
  }

  Tile tile(const TileExtents<T>& t, const JobCycles<T>& cycles, const T& accesses_a_pixel_tile) const {
    const bool patches = shape_.takes_patches();
    const T kept = patches ? T(patch_outputs(job_)) : job_.out_tile;
    const T pixel_tiles = ceil_div(t.height, kept) * ceil_div(t.width, kept);
    const T jobs = patches ? pixel_tiles : T(1.0);
    const T repeated = memory_.l1_refusals / (T(1.0) - memory_.l1_refusals);
    Tile result;
    result.load = moved(input_extent(t.height, shape_.in_height, shape_), input_data(shape_, widths_, t));
    result.store = moved(t.height, output_data(widths_, t));
    result.accesses = pixel_tiles * accesses_a_pixel_tile;
    // Jobs that wait in the queue start a cycle earlier.
    const T period = cycles.of(patches ? T(1.0) : pixel_tiles) - T(1.0) +
                     repeated * accesses_a_pixel_tile * (patches ? T(1.0) : pixel_tiles);
    result.compute = jobs * period;
    result.programmed = jobs * larger(period, memory_.job_programming);
    return result;
  }

  [[nodiscard]] bool refetches_input() const { return shape_.depthwise || rows_.count > 1.0 || columns_.count > 1.0; }
  [[nodiscard]] Transfer<T> first_load() const {
    return tiles_[channels_.first()][rows_.first()][columns_.first()].load + constants_[channels_.first()];
  }
  [[nodiscard]] Transfer<T> last_store() const { return tiles_[kLast][kLast][kLast].store; }

  [[nodiscard]] Transfer<T> next_load(const Place& at) const {
    const std::size_t k = at.channels.own;
    if (!at.columns.is_last) return tiles_[k][at.rows.own][at.columns.next].load;
    if (!at.rows.is_last) return tiles_[k][at.rows.next][columns_.first()].load;
    if (at.channels.is_last) return {};
    const std::size_t next = at.channels.next;
    if (!refetches_input()) return constants_[next];
    return tiles_[next][rows_.first()][columns_.first()].load + constants_[next];
  }
  [[nodiscard]] Transfer<T> previous_store(const Place& at) const {
    const std::size_t k = at.channels.own;
    if (!at.columns.is_first) return tiles_[k][at.rows.own][at.columns.previous].store;
    if (!at.rows.is_first) return tiles_[k][at.rows.previous][kLast].store;
    if (at.channels.is_first) return {};
    return tiles_[at.channels.previous][kLast][kLast].store;
  }

  void add(const Place& at, PipelineCost<T>& sum) const {
    const T times(at.channels.times * at.rows.times * at.columns.times);
    const Tile& own = tiles_[at.channels.own][at.rows.own][at.columns.own];
    const Transfer<T> moved = next_load(at) + previous_store(at);
    const T busy = larger(own.compute, moved.cycles);
    const T whole = larger(larger(own.programmed, moved.cycles), memory_.job_programming);
    sum.compute = sum.compute + times * own.compute;
    sum.memory = sum.memory + times * moved.cycles;
    sum.busy = sum.busy + times * busy;
    sum.stalls = sum.stalls + times * (whole - busy);
    sum.accesses = sum.accesses + times * own.accesses;
    sum.traffic = sum.traffic + times * moved.data;
  }

  const JobParams<T>& job_;
  const MemoryParams<T>& memory_;
  const LayerShape<T>& shape_;
  const Widths<T>& widths_;
  Axis<T> channels_, rows_, columns_;
  std::array<std::array<std::array<Tile, 2>, 2>, 2> tiles_{};  // by channels, rows, columns: full or last
  std::array<Transfer<T>, 2> constants_{};
};

}  // namespace hwcost::ne16
