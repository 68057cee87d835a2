// NE16's layers priced the slow way: every tile of a tiling in turn, and every tiling there is. Written from what the
// model is said to be, not from its code; asks the backend for the cycles of single jobs alone, which the RTL confirms.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "ne16_layers.hpp"

namespace hwcost::testing {

struct Ne16Tile {
  double height = 0.0, width = 0.0, channels = 0.0;
  friend bool operator==(const Ne16Tile&, const Ne16Tile&) = default;
};

class Ne16Reference {
 public:
  Ne16Reference(const Ne16Memory& memory, const Backend& jobs, const Layer& layer)
      : memory_(memory), jobs_(jobs), layer_(layer) {
    const Requantization own = layer.precision.requantization.value_or(Requantization{32.0, 0.0});
    scale_bits_ = own.scale_bits;
    shift_ = own.shift;
    if (const auto* d = std::get_if<Convolution<>>(&layer.dims)) {
      depthwise_ = d->is_depthwise();
      group_ = *d;
      times_ = d->batch * (depthwise_ ? 1.0 : d->groups);
      group_.in_channels = depthwise_ ? d->in_channels : d->in_channels / d->groups;
      group_.out_channels = depthwise_ ? d->out_channels : d->out_channels / d->groups;
    } else {
      const auto& linear = std::get<Linear<>>(layer.dims);
      const double tokens = linear.batch * linear.tokens;
      group_ = {.in_channels = linear.in_channels, .out_channels = linear.out_channels, .bias = linear.bias};
      group_.in_height = group_.out_height = std::ceil(tokens / 3.0);
      group_.in_width = group_.out_width = std::min(tokens, 3.0);
    }
    group_.batch = 1.0;
    patches_ = group_.kernel_height == 3.0 && group_.stride_height == 2.0;
    streams_ = memory.l3_bytes_a_cycle > 0.0 && bytes_once(whole()) > memory.l2_bytes;
  }

  struct Answer {
    Ne16Tile tile;
    double cycles;  // of one group and image
  };
  // The tile with the fewest cycles; of equal ones the largest, then that of more channels, then of more rows.
  [[nodiscard]] std::optional<Answer> best() const {
    std::optional<Answer> best;
    for (const double k : sizes(group_.out_channels, depthwise_ ? 16.0 : 32.0)) {
      for (const double h : sizes(group_.out_height, patches_ ? 2.0 : 3.0)) {
        for (const double w : sizes(group_.out_width, patches_ ? 2.0 : 3.0)) {
          const Ne16Tile tile{h, w, k};
          if (l1_bytes(tile) > memory_.l1_bytes) continue;
          const Answer here{tile, cycles(tile)};
          if (!best || rank(here) < rank(*best)) best = here;
        }
      }
    }
    return best;
  }

  // Of one group and one image.
  [[nodiscard]] double cycles(const Ne16Tile& size) const {
    const std::vector<Place> places = places_of(size);
    const std::size_t count = places.size();
    double total = load(nullptr, places[0]);
    for (std::size_t n = 0; n < count; ++n) {
      const double loading = n + 1 < count ? load(&places[n], places[n + 1]) : 0.0;
      const double storing = n > 0 ? store(places[n - 1]) : 0.0;
      total += std::max({array(places[n].tile), loading + storing, memory_.job_programming});
    }
    total += store(places.back());
    return total + 1.0 + memory_.tile_handling * static_cast<double>(count) + memory_.layer_handling;
  }

  // One tile is there once, several twice.
  [[nodiscard]] double l1_bytes(const Ne16Tile& tile) const { return (tile == whole() ? 1.0 : 2.0) * bytes_once(tile); }
  [[nodiscard]] Ne16Tile whole() const { return {group_.out_height, group_.out_width, group_.out_channels}; }
  // Groups and images, one after the other.
  [[nodiscard]] double times() const { return times_; }

 private:
  // A tile and where it lies: its first row, column and channel.
  struct Place {
    Ne16Tile tile;
    double row, column, channel;
  };

  static std::vector<double> sizes(double extent, double step) {
    std::vector<double> sizes{extent};
    for (double size = step; size < extent; size += step) sizes.push_back(size);
    return sizes;
  }
  static std::array<double, 4> rank(const Answer& a) {
    return {a.cycles, -a.tile.height * a.tile.width * a.tile.channels, -a.tile.channels, -a.tile.height};
  }

  [[nodiscard]] std::vector<Place> places_of(const Ne16Tile& size) const {
    std::vector<Place> places;
    const Ne16Tile all = whole();
    for (double k = 0.0; k < all.channels; k += size.channels) {
      for (double h = 0.0; h < all.height; h += size.height) {
        for (double w = 0.0; w < all.width; w += size.width) {
          const Ne16Tile tile{std::min(size.height, all.height - h), std::min(size.width, all.width - w),
                              std::min(size.channels, all.channels - k)};
          places.push_back({tile, h, w, k});
        }
      }
    }
    return places;
  }

  [[nodiscard]] double input_rows(const Ne16Tile& t) const { return input_side(t.height, group_.in_height); }
  [[nodiscard]] double input_side(double out, double in) const {
    const double stride = group_.stride_height;
    return std::min(in, out * stride + group_.kernel_height - stride);
  }
  [[nodiscard]] double input_bytes(const Ne16Tile& t) const {
    const double channels = depthwise_ ? t.channels : group_.in_channels;
    return input_rows(t) * input_side(t.width, group_.in_width) * channels * layer_.precision.input.bits / 8.0;
  }
  [[nodiscard]] double output_bytes(const Ne16Tile& t) const {
    return t.height * t.width * t.channels * layer_.precision.output.bits / 8.0;
  }
  // Weights, scales and biases.
  [[nodiscard]] double constant_bytes(double channels) const {
    const double bits = layer_.precision.weight.uniform.bits;
    const double kernel = group_.kernel_height * group_.kernel_width;
    const double weights = depthwise_ ? std::ceil(channels / 16.0) * bits * 18.0
                                      : channels * std::ceil(group_.in_channels / 16.0) * bits * kernel * 2.0;
    const double scales = channels * scale_bits_ / 8.0;
    const double biases = scale_bits_ > 0.0 ? channels * group_.bias * 4.0 : 0.0;
    return weights + scales + biases;
  }
  [[nodiscard]] double bytes_once(const Ne16Tile& t) const {
    return input_bytes(t) + output_bytes(t) + constant_bytes(t.channels);
  }

  // What the DMA brings for `next` when `before` is the tile whose data is there.
  [[nodiscard]] double load(const Place* before, const Place& next) const {
    const bool new_constants = before == nullptr || before->channel != next.channel;
    const bool new_pixels = before == nullptr || before->row != next.row || before->column != next.column;
    double cycles = 0.0;
    if (new_pixels || (depthwise_ && new_constants))
      cycles += memory_.transfer_setup * input_rows(next.tile) + input_bytes(next.tile) / memory_.dma_bytes_a_cycle;
    if (new_constants) {
      // From L3 they pass through L2: the slower of the two says how fast.
      const double rate =
          streams_ ? std::min(memory_.l3_bytes_a_cycle, memory_.dma_bytes_a_cycle) : memory_.dma_bytes_a_cycle;
      cycles += memory_.transfer_setup * 3.0 + constant_bytes(next.tile.channels) / rate;
    }
    return cycles;
  }
  [[nodiscard]] double store(const Place& p) const {
    return memory_.transfer_setup * p.tile.height + output_bytes(p.tile) / memory_.dma_bytes_a_cycle;
  }

  // Cycles of the jobs of a tile, each no shorter than its programming: one, or with stride 2 one for 2x2 outputs.
  [[nodiscard]] double array(const Ne16Tile& t) const {
    const double jobs = patches_ ? std::ceil(t.height / 2.0) * std::ceil(t.width / 2.0) : 1.0;
    const double height = patches_ ? 3.0 : t.height;
    const double width = patches_ ? 3.0 : t.width;
    const double pixel_tiles = std::ceil(height / 3.0) * std::ceil(width / 3.0);
    const double refused = memory_.l1_refusals / (1.0 - memory_.l1_refusals) * pixel_tiles * accesses(t.channels);
    return jobs * std::max(job(height, width, t.channels) - 1.0 + refused, memory_.job_programming);
  }
  // Of a stride-1 job; remembered, the public interface asked once a size.
  [[nodiscard]] double job(double height, double width, double channels) const {
    const auto [known, is_new] = known_jobs_.try_emplace({height, width, channels}, 0.0);
    if (!is_new) return known->second;
    Layer layer = layer_;
    layer.op = Op::conv2d;
    layer.precision.requantization = Requantization{scale_bits_, shift_};
    Convolution<> d = group_;
    d.groups = depthwise_ ? channels : 1.0;
    d.depthwise = depthwise_ ? 1.0 : 0.0;
    d.in_channels = depthwise_ ? channels : group_.in_channels;
    d.out_channels = channels;
    d.out_height = height;
    d.out_width = width;
    d.stride_height = d.stride_width = 1.0;
    layer.dims = d;
    known->second = jobs_.estimate(layer).value().cost.latency().value;
    return known->second;
  }
  // To L1, at one tile of 3x3 pixels.
  [[nodiscard]] double accesses(double channels) const {
    const bool pointwise = group_.kernel_height == 1.0;
    const double tile = depthwise_ ? 16.0 : 32.0;
    const double steps = depthwise_ ? 1.0 : std::ceil(group_.in_channels / 16.0);
    double sum = steps * (std::ceil(channels / tile) * (pointwise ? 9.0 : 25.0) +
                          channels * (pointwise ? 1.0 : layer_.precision.weight.uniform.bits));
    for (double first = 0.0; first < channels; first += tile) {
      const double k = std::min(tile, channels - first);
      if (scale_bits_ > 0.0) sum += std::ceil(k * scale_bits_ / 256.0) + shift_ + group_.bias * std::ceil(k / 8.0);
      sum += 9.0 * (layer_.precision.output.bits <= 8.0 ? 1.0 : std::ceil(k / 8.0));
    }
    return sum;
  }

  Ne16Memory memory_;
  const Backend& jobs_;
  Layer layer_;
  Convolution<> group_;  // one group and one image of it
  double times_ = 1.0, scale_bits_ = 0.0, shift_ = 0.0;
  bool depthwise_ = false;
  bool patches_ = false;  // stride 2: a job computes a patch of stride 1 and keeps every second output
  bool streams_ = false;  // its constants come from beyond L2
  mutable std::map<std::array<double, 3>, double> known_jobs_;
};

}  // namespace hwcost::testing
