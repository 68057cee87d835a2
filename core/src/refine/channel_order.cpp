#include "channel_order.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>

#include "hwcost/layer.hpp"

namespace hwcost {
namespace {

// Channels that have their width together.
struct Unit {
  std::size_t first_channel;
  double width;
  double score;
  bool is_placed = false;  // raised already
};

// How far units of some blocks may still be raised: by ascending width how many units are at that width or below it,
// and how many must stay there.
class Slack {
 public:
  Slack(const std::vector<Unit>& units, const std::map<double, std::size_t>& wanted) {
    for (const auto& [width, count] : wanted) levels_[width].wanted += count;
    for (const Unit& unit : units) ++levels_[unit.width].present;
    std::size_t present = 0;
    std::size_t must_stay = 0;
    for (auto& [width, level] : levels_) {
      level.up_to = present += level.present;
      level.must_stay_up_to = must_stay += level.wanted;
    }
  }

  [[nodiscard]] std::vector<double> widths_from_the_widest() const {
    std::vector<double> widths;
    for (auto it = levels_.rbegin(); it != levels_.rend(); ++it) widths.push_back(it->first);
    return widths;
  }
  // Units that widths below must give to this one.
  [[nodiscard]] std::size_t missing_at(double width) const {
    const auto it = levels_.find(width);
    return it == levels_.begin() ? 0 : std::prev(it)->second.up_to - std::prev(it)->second.must_stay_up_to;
  }
  [[nodiscard]] bool can_raise(double from, double to) const {
    return std::all_of(levels_.find(from), levels_.find(to),
                       [](const auto& level) { return level.second.up_to > level.second.must_stay_up_to; });
  }
  void raise(double from, double to) {
    std::for_each(levels_.find(from), levels_.find(to), [](auto& level) { --level.second.up_to; });
  }

 private:
  struct Level {
    std::size_t present = 0, wanted = 0;
    std::size_t up_to = 0, must_stay_up_to = 0;
  };
  std::map<double, Level> levels_;
};

// The units of one block, so that `wanted` of them are at each width.
void raise_units(std::vector<Unit>& units, const std::map<double, std::size_t>& wanted) {
  std::stable_sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) { return a.score > b.score; });
  Slack slack(units, wanted);
  for (const double width : slack.widths_from_the_widest()) {
    std::size_t missing = slack.missing_at(width);
    for (auto unit = units.begin(); missing > 0 && unit != units.end(); ++unit) {
      if (unit->is_placed || unit->width >= width || !slack.can_raise(unit->width, width)) continue;
      slack.raise(unit->width, width);
      unit->width = width;
      unit->is_placed = true;
      --missing;
    }
  }
}

}  // namespace

std::vector<double> raised_channels(const std::vector<double>& widths, const std::vector<ChannelGroup>& after,
                                    const Dims& dims, const std::vector<double>& scores) {
  const auto* convolution = std::get_if<Convolution<>>(&dims);
  const auto step = static_cast<std::size_t>(channel_step(dims));
  const bool is_depthwise = convolution != nullptr && convolution->is_depthwise();
  const std::size_t channels_a_unit = is_depthwise ? step : 1;
  const std::size_t blocks = is_depthwise ? 1 : step;
  std::map<double, std::size_t> wanted;  // units of each block
  for (const ChannelGroup& group : after) wanted[group.bits] = static_cast<std::size_t>(group.channels) / step;

  std::vector<double> raised = widths;
  const std::size_t channels_a_block = widths.size() / blocks;
  for (std::size_t block = 0; block < blocks; ++block) {
    std::vector<Unit> units;
    for (std::size_t i = 0; i < channels_a_block; i += channels_a_unit) {
      const std::size_t channel = block * channels_a_block + i;
      if (widths[channel] == 0.0) continue;
      const std::span<const double> all(scores);
      const auto own = all.empty() ? all : all.subspan(channel, channels_a_unit);
      units.push_back({channel, widths[channel], own.empty() ? 0.0 : *std::max_element(own.begin(), own.end())});
    }
    raise_units(units, wanted);
    for (const Unit& unit : units) {
      std::fill_n(raised.begin() + static_cast<std::ptrdiff_t>(unit.first_channel), channels_a_unit, unit.width);
    }
  }
  return raised;
}

}  // namespace hwcost
