#include "tiler.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace hwcost::ne16 {
namespace {

// Everything that the answer depends on.
using Question = std::array<double, 16>;

Question question(const LayerShape<double>& s, const Widths<>& w) {
  return {s.out_height,           s.out_width,   s.out_channels, s.in_height, s.in_width,
          s.in_channels,          s.kernel,      s.stride,       s.bias,      w.input_bits,
          w.weight_bits,          w.output_bits, w.scale_bits,   w.shift,     s.pointwise ? 1.0 : 0.0,
          s.depthwise ? 1.0 : 0.0};
}

struct QuestionHash {
  std::size_t operator()(const Question& q) const {
    std::uint64_t hash = 0;
    for (const double x : q) hash = (std::rotl(hash, 23) ^ std::bit_cast<std::uint64_t>(x)) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 32;
  }
};

// Extents that are counts of something; everything else has no tile.
bool is_sound(const LayerShape<double>& s, const Widths<>& w) {
  constexpr double kMost = 9007199254740992.0;  // 2^53
  const auto sound = [](double x) { return x > 0.0 && x <= kMost; };
  for (const auto& width : Widths<>::kMembers) {
    if (!(w.*width.pointer >= 0.0 && w.*width.pointer <= kMost)) return false;
  }
  return s.bias >= 0.0 && s.bias <= 1.0 && s.in_channels >= 0.0 && s.in_channels <= kMost && sound(s.out_height) &&
         sound(s.out_width) && sound(s.out_channels) && sound(s.in_height) && sound(s.in_width) && sound(s.kernel) &&
         sound(s.stride);
}

// The sizes that a tile may have along an axis: multiples of `step` below the extent, and the extent itself.
struct Sizes {
  double extent, step;
  // How many multiples there are below the extent.
  [[nodiscard]] double multiples() const { return std::ceil(extent / step) - 1.0; }
};

// The largest whole number up to `most` for which `fits` holds; it holds for all smaller ones too. 0 where for none.
template <class Fits>
double largest(double most, Fits&& fits) {
  if (most < 1.0 || !fits(1.0)) return 0.0;
  if (fits(most)) return most;
  double good = 1.0;
  double bad = most;
  while (bad - good > 1.0) {
    const double middle = std::floor((good + bad) / 2.0);
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

// Branch and bound over all tiles that fit, the largest first. A tile is priced in full only where its lower bound does
// not exceed the best price.
class Search {
 public:
  Search(const JobParams<double>& job, const MemoryParams<double>& memory, const LayerShape<double>& shape,
         const Widths<>& widths)
      : job_(job),
        memory_(memory),
        shape_(shape),
        widths_(widths),
        kept_(shape.takes_patches() ? patch_outputs(job) : job.out_tile),
        channels_{shape.out_channels, channel_tile(job, shape.depthwise)},
        rows_{shape.out_height, kept_},
        columns_{shape.out_width, kept_} {
    const Job<double> whole{shape.in_channels, shape.out_channels, 1.0, shape.bias, shape.pointwise, shape.depthwise};
    // Tiles end where the array's own steps do: the work of the parts adds up to that of the whole.
    const double pixel_tiles = std::ceil(shape.out_height / kept_) * std::ceil(shape.out_width / kept_);
    array_cycles_ = pixel_tiles * job_cycles(job, whole, widths).a_pixel_tile;
    patches_ = shape.takes_patches() ? pixel_tiles : 0.0;
    most_jobs_ = pixel_tiles * std::ceil(channels_.extent / channels_.step);
    const TileExtents<double> all{shape.out_height, shape.out_width, shape.out_channels};
    transfer_cycles_ = (output_data(widths, all) / memory.dma_bandwidth).value;
  }

  std::optional<Tiling> run() {
    try_channels(channels_.extent);
    const double most = largest(channels_.multiples(), [&](double n) { return fits(smallest(n * channels_.step)); });
    // NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): whole numbers are exact
    for (double n = most; n >= 1.0; --n) try_channels(n * channels_.step);
    return best_;
  }

 private:
  [[nodiscard]] Tiling smallest(double channels) const {
    return {std::min(rows_.extent, rows_.step), std::min(columns_.extent, columns_.step), channels};
  }

  void try_channels(double channels) {
    Tiling least = smallest(channels);
    const double tiles = tiles_of(channels_.extent, channels);
    const double exposed = exposed_load(least);
    const double area = rows_.extent * columns_.extent;
    if (exceeds_best(of_tiles(tiles * std::max(1.0, area / most_pixels(channels)), exposed))) return;
    try_rows(channels, rows_.extent);
    const double most = largest(rows_.multiples(), [&](double n) {
      least.height = n * rows_.step;
      return fits(least);
    });
    // NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): whole numbers are exact
    for (double n = most; n >= 1.0; --n) {
      const double height = n * rows_.step;
      if (exceeds_best(of_tiles(tiles * (rows_.extent / height), exposed))) return;
      try_rows(channels, height);
    }
  }
  void try_rows(double channels, double height) {
    const Tiling whole_rows{height, columns_.extent, channels};
    if (fits(whole_rows)) try_tile(whole_rows);
    const double most = largest(columns_.multiples(), [&](double n) {
      return fits({height, n * columns_.step, channels});
    });
    const double tiles = tiles_of(channels_.extent, channels) * tiles_of(rows_.extent, height);
    // The exposed load is linear in the columns that it reads.
    const double one = exposed_load({height, columns_.step, channels});
    const double read = input_extent(columns_.step, shape_.in_width, shape_);
    const double a_column =
        (input_data(shape_, widths_, {height, columns_.step, channels}) / fastest_port()).value / read;
    // NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): whole numbers are exact
    for (double n = most; n >= 1.0; --n) {
      const double width = n * columns_.step;
      if (exceeds_best(of_tiles(tiles * (columns_.extent / width), one))) return;
      const double more = input_extent(width, shape_.in_width, shape_) - read;
      if (exceeds_best(of_tiles(tiles * tiles_of(columns_.extent, width), one + a_column * more))) continue;
      try_tile({height, width, channels});
    }
  }

  void try_tile(const Tiling& t) {
    if (exceeds_best(lower_bound(t))) return;
    const double cycles = latency(memory_, Pipeline<double>(job_, memory_, shape_, widths_, t).run());
    if (!best_ || cycles < cycles_ || (cycles == cycles_ && is_larger(t, *best_))) {
      best_ = t;
      cycles_ = cycles;
    }
  }

  static bool is_larger(const Tiling& a, const Tiling& b) {
    const auto rank = [](const Tiling& t) { return std::array{t.height * t.width * t.channels, t.channels, t.height}; };
    return rank(a) > rank(b);
  }

  [[nodiscard]] bool fits(const Tiling& t) const {
    const bool is_only_tile =
        t.height == shape_.out_height && t.width == shape_.out_width && t.channels == shape_.out_channels;
    const TileExtents<double> tile{t.height, t.width, t.channels};
    return !(memory_.l1_capacity < l1_need(job_, shape_, widths_, tile, is_only_tile));
  }

  // Rounding must not lose a tile that is as good as the best.
  [[nodiscard]] bool exceeds_best(double bound) const { return best_ && bound > cycles_ * (1.0 + 1e-9); }

  // Outputs of one channel that a tile beside others has at most: by its outputs and as many inputs as they need.
  [[nodiscard]] double most_pixels(double channels) const {
    // Of a kernel smaller than the stride the small tiles need the fewest.
    const auto inputs_an_output = [&](double in, const Sizes& side) {
      const double skipped = std::max(0.0, shape_.stride - shape_.kernel) / std::min(side.extent, side.step);
      return std::min(shape_.stride - skipped, in / side.extent);
    };
    const double inputs = inputs_an_output(shape_.in_height, rows_) * inputs_an_output(shape_.in_width, columns_) *
                          (shape_.depthwise ? channels : shape_.in_channels);
    const Data<> rest = memory_.l1_capacity / 2.0 - weight_data(job_, shape_, widths_, channels);
    return rest.value / (inputs * widths_.input_bits + channels * widths_.output_bits);
  }

  // Cycles that `tiles` tiles take at least when `exposed` ones of DMA are not hidden.
  [[nodiscard]] double of_tiles(double tiles, double exposed) const {
    const double a_job = job_.start - 1.0;
    // A job that starts for nothing saves the cycle of the queue: then as many as there may be.
    const double jobs = a_job < 0.0 ? most_jobs_ : std::max(tiles, patches_);
    const double array = array_cycles_ + a_job * jobs + exposed;
    return std::max(array, transfer_cycles_) + memory_.tile_handling * tiles + memory_.layer_handling;
  }
  [[nodiscard]] static double tiles_of(double extent, double tile) { return std::ceil(extent / tile); }
  // The first load, which nothing hides; it grows with the tile.
  [[nodiscard]] double exposed_load(const Tiling& t) const {
    const Data<> data =
        input_data(shape_, widths_, {t.height, t.width, t.channels}) + weight_data(job_, shape_, widths_, t.channels);
    const double transfers = input_extent(t.height, shape_.in_height, shape_) + 3.0;
    return memory_.transfer_setup * transfers + (data / fastest_port()).value;
  }
  [[nodiscard]] double lower_bound(const Tiling& t) const {
    const double channels = tiles_of(channels_.extent, t.channels);
    const double rows = tiles_of(rows_.extent, t.height);
    const double columns = tiles_of(columns_.extent, t.width);
    const TileExtents<double> last{rows_.extent - (rows - 1.0) * t.height, columns_.extent - (columns - 1.0) * t.width,
                                   channels_.extent - (channels - 1.0) * t.channels};
    const double exposed_store =
        memory_.transfer_setup * last.height + (output_data(widths_, last) / memory_.dma_bandwidth).value;
    return of_tiles(channels * rows * columns, exposed_load(t) + exposed_store);
  }
  [[nodiscard]] Bandwidth<> fastest_port() const {
    return memory_.dma_bandwidth < memory_.l3_bandwidth ? memory_.l3_bandwidth : memory_.dma_bandwidth;
  }

  const JobParams<double>& job_;
  const MemoryParams<double>& memory_;
  const LayerShape<double>& shape_;
  const Widths<>& widths_;
  double kept_;  // outputs that the array gives at a time, along a side
  Sizes channels_, rows_, columns_;
  double array_cycles_ = 0.0;     // of the array, besides what starts its jobs
  double patches_ = 0.0;          // jobs of a strided layer
  double most_jobs_ = 0.0;        // of the smallest tiles
  double transfer_cycles_ = 0.0;  // of the DMA, at least
  std::optional<Tiling> best_;
  double cycles_ = 0.0;
};

}  // namespace

class Tiler::Memo {
 public:
  std::optional<std::optional<Tiling>> find(const Question& q) const {
    const std::shared_lock lock(mutex_);
    const auto it = answers_.find(q);
    if (it == answers_.end()) return std::nullopt;
    return it->second;
  }
  void remember(const Question& q, const std::optional<Tiling>& answer) {
    constexpr std::size_t kMost = 1u << 16;
    const std::unique_lock lock(mutex_);
    if (answers_.size() >= kMost) answers_.clear();
    answers_.emplace(q, answer);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<Question, std::optional<Tiling>, QuestionHash> answers_;
};

Tiler::Tiler(const JobParams<double>& job, const MemoryParams<double>& memory)
    : job_(job), memory_(memory), memo_(std::make_unique<Memo>()) {}
Tiler::~Tiler() = default;

std::optional<Tiling> Tiler::choose(const LayerShape<double>& shape, const Widths<>& widths) const {
  if (!is_sound(shape, widths)) return std::nullopt;
  const Question q = question(shape, widths);
  if (const auto known = memo_->find(q)) return *known;
  const auto answer = search(shape, widths);
  memo_->remember(q, answer);
  return answer;
}

std::optional<Tiling> Tiler::search(const LayerShape<double>& shape, const Widths<>& widths) const {
  if (!is_sound(shape, widths)) return std::nullopt;
  return Search(job_, memory_, shape, widths).run();
}

}  // namespace hwcost::ne16
