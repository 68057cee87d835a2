#include "tiler.hpp"

#include <algorithm>
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
bool is_sound(const LayerShape<double>& s) {
  constexpr double kMost = 9007199254740992.0;  // 2^53
  const auto sound = [](double x) { return x > 0.0 && x <= kMost; };
  return sound(s.out_height) && sound(s.out_width) && sound(s.out_channels) && sound(s.in_height) &&
         sound(s.in_width) && sound(s.in_channels) && sound(s.kernel) && sound(s.stride);
}

// The sizes that a tile may have along an axis, largest first, none above `most` but the whole extent.
class Sizes {
 public:
  Sizes(double extent, double step) : extent_(extent), step_(step), full_(std::ceil(extent / step) - 1.0) {}
  // The whole extent, then full_ x step, (full_ - 1) x step ... step.
  [[nodiscard]] double first() const { return extent_; }
  // The next smaller one that is at most `limit`; 0 when there is none.
  [[nodiscard]] double below(double size, double limit) const {
    const double by_size = size == extent_ ? full_ : size / step_ - 1.0;
    return std::min(by_size, std::floor(limit / step_)) * step_;
  }

 private:
  double extent_, step_, full_;
};

class Search {
 public:
  Search(const JobParams<double>& job, const MemoryParams<double>& memory, const LayerShape<double>& shape,
         const Widths<>& widths)
      : job_(job), memory_(memory), shape_(shape), widths_(widths) {}

  std::optional<Tiling> run() {
    const double pixels = shape_.takes_patches() ? std::floor((job_.out_tile + 1.0) / 2.0) : job_.out_tile;
    const Sizes channels(shape_.out_channels, channel_tile(job_, shape_.depthwise));
    const Sizes rows(shape_.out_height, pixels);
    const Sizes columns(shape_.out_width, pixels);
    for (double k = channels.first(); k > 0.0; k = channels.below(k, most_channels())) {
      for (double h = rows.first(); h > 0.0; h = rows.below(h, most_rows(k))) {
        for (double w = columns.first(); w > 0.0; w = columns.below(w, most_columns(k, h))) try_tile({h, w, k});
      }
    }
    return best_;
  }

 private:
  void try_tile(const Tiling& t) {
    const bool is_only_tile =
        t.height == shape_.out_height && t.width == shape_.out_width && t.channels == shape_.out_channels;
    const TileExtents<double> tile{t.height, t.width, t.channels};
    if (memory_.l1_capacity < l1_need(job_, shape_, widths_, tile, is_only_tile)) return;
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

  [[nodiscard]] double most_channels() const { return 1e18; }
  [[nodiscard]] double most_rows(double) const { return 1e18; }
  [[nodiscard]] double most_columns(double, double) const { return 1e18; }

  const JobParams<double>& job_;
  const MemoryParams<double>& memory_;
  const LayerShape<double>& shape_;
  const Widths<>& widths_;
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
  if (!is_sound(shape)) return std::nullopt;
  const Question q = question(shape, widths);
  if (const auto known = memo_->find(q)) return *known;
  const auto answer = search(shape, widths);
  memo_->remember(q, answer);
  return answer;
}

std::optional<Tiling> Tiler::search(const LayerShape<double>& shape, const Widths<>& widths) const {
  if (!is_sound(shape)) return std::nullopt;
  return Search(job_, memory_, shape, widths).run();
}

}  // namespace hwcost::ne16
