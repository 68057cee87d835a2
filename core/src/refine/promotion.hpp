// The search behind refinement, free of layers and machines: numbers of channels a width, moved upwards.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace hwcost {

// How many channels have each of some ascending widths. "Channels" are the units that move together.
using ChannelCounts = std::vector<std::size_t>;

// cost[k][n] is that of n channels at width k, infinite where it has none; n up to the number of channels that are at
// width k or below.
using CostTable = std::vector<std::vector<double>>;

// The channels at each width or below it.
std::vector<std::size_t> channels_up_to(const ChannelCounts& counts);

// Sums that cheapest_promotion looks at.
double sums_of_promotion(const ChannelCounts& counts);

// The counts of least total cost that `counts` can be raised to; of costs that differ by no more than `tolerance` those
// with most bits, then most channels at the widest width, then at the next. A dynamic programme: its states are the
// widths so far and how many channels they hold. `counts` where no way has a cost.
ChannelCounts cheapest_promotion(const std::vector<double>& widths, const ChannelCounts& counts, const CostTable& cost,
                                 double tolerance);

// How many ways there are to raise `counts`, the one that raises nothing among them.
double number_of_promotions(const ChannelCounts& counts);

// Calls f(counts) for each of them, always in the same order.
template <class F>
void for_each_promotion(const ChannelCounts& counts, const F& f) {
  ChannelCounts current(counts.size());
  const std::vector<std::size_t> up_to = channels_up_to(counts);
  // Of width k and wider, where `used` channels are at narrower widths.
  const auto choose = [&](const auto& self, std::size_t k, std::size_t used) -> void {
    const bool is_last = k + 1 == up_to.size();
    for (std::size_t n = is_last ? up_to[k] - used : 0; used + n <= up_to[k]; ++n) {
      current[k] = n;
      is_last ? f(std::as_const(current)) : self(self, k + 1, used + n);
    }
  };
  choose(choose, 0, 0);
}

// Whether `a` is to be preferred to `b` at equal cost.
bool is_wider(const std::vector<double>& widths, const ChannelCounts& a, const ChannelCounts& b);

}  // namespace hwcost
