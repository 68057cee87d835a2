#include "promotion.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace hwcost {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double total_bits(const std::vector<double>& widths, const ChannelCounts& counts) {
  double bits = 0.0;
  for (std::size_t k = 0; k < counts.size(); ++k) bits += widths[k] * static_cast<double>(counts[k]);
  return bits;
}

// The best way to put a number of channels into the widths up to one of them.
struct State {
  double cost = kInfinity;
  double bits = 0.0;
  std::size_t at_width = 0;  // of these channels, at that width; the rest is a state of the width below
};

// The state of `channels` at width k and below, from those at the width below it.
State best_state(double width, const std::vector<double>& cost, const std::vector<State>& below, std::size_t channels,
                 double tolerance) {
  const std::size_t least = channels - std::min(channels, below.size() - 1);
  double cheapest = kInfinity;
  for (std::size_t n = least; n <= channels; ++n) cheapest = std::min(cheapest, below[channels - n].cost + cost[n]);
  State best;
  if (cheapest == kInfinity) return best;
  best.bits = -1.0;
  for (std::size_t n = channels + 1; n-- > least;) {  // more at this width first: it wins a tie
    const State& rest = below[channels - n];
    const double sum = rest.cost + cost[n];
    const double bits = rest.bits + width * static_cast<double>(n);
    if (sum <= cheapest + tolerance && bits > best.bits) best = {sum, bits, n};
  }
  return best;
}

}  // namespace

std::vector<std::size_t> channels_up_to(const ChannelCounts& counts) {
  std::vector<std::size_t> up_to(counts.size());
  std::partial_sum(counts.begin(), counts.end(), up_to.begin());
  return up_to;
}

double sums_of_promotion(const ChannelCounts& counts) {
  const std::vector<std::size_t> up_to = channels_up_to(counts);
  double sums = static_cast<double>(up_to.back());
  for (std::size_t k = 1; k + 1 < up_to.size(); ++k) {
    sums += static_cast<double>(up_to[k]) * static_cast<double>(up_to[k]) / 2.0;
  }
  return sums;
}

ChannelCounts cheapest_promotion(const std::vector<double>& widths, const ChannelCounts& counts, const CostTable& cost,
                                 double tolerance) {
  const std::vector<std::size_t> up_to = channels_up_to(counts);
  std::vector<std::vector<State>> states(counts.size());
  for (std::size_t n = 0; n <= up_to[0]; ++n) {
    states[0].push_back({cost[0][n], widths[0] * static_cast<double>(n), n});
  }
  for (std::size_t k = 1; k < counts.size(); ++k) {
    states[k].resize(up_to[k] + 1);
    // All channels are at the widest width or below it.
    for (std::size_t n = k + 1 == counts.size() ? up_to[k] : 0; n <= up_to[k]; ++n) {
      states[k][n] = best_state(widths[k], cost[k], states[k - 1], n, tolerance);
    }
  }
  if (states.back()[up_to.back()].cost == kInfinity) return counts;
  ChannelCounts best(counts.size());
  std::size_t left = up_to.back();
  for (std::size_t k = counts.size(); k-- > 0; left -= best[k]) best[k] = states[k][left].at_width;
  return best;
}

double number_of_promotions(const ChannelCounts& counts) {
  // By the number of channels in the widths so far.
  std::vector<double> ways(counts.front() + 1, 1.0);
  for (std::size_t k = 1; k + 1 < counts.size(); ++k) {
    ways.resize(ways.size() + counts[k], 0.0);
    std::partial_sum(ways.begin(), ways.end(), ways.begin());
  }
  return counts.size() == 1 ? 1.0 : std::accumulate(ways.begin(), ways.end(), 0.0);
}

bool is_wider(const std::vector<double>& widths, const ChannelCounts& a, const ChannelCounts& b) {
  const double bits_a = total_bits(widths, a);
  const double bits_b = total_bits(widths, b);
  if (bits_a != bits_b) return bits_a > bits_b;
  return std::lexicographical_compare(b.rbegin(), b.rend(), a.rbegin(), a.rend());
}

}  // namespace hwcost
