#include "channel_set.hpp"

#include <cmath>
#include <functional>
#include <numeric>

namespace hwcost {
namespace {

double product(std::vector<double>::const_iterator begin, std::vector<double>::const_iterator end) {
  return std::accumulate(begin, end, 1.0, std::multiplies<>());
}

}  // namespace

bool ChannelSet::scales(double count) const { return std::fmod(count, channels * entries) == 0.0; }

std::optional<ChannelSet> pruned_by_widths(const Layer& layer, NodeId node) {
  const double channels = out_channels(layer.dims);
  const WeightFormat& weight = layer.precision.weight;
  ChannelSet set{.channels = channels, .which = {}, .layer = node, .origin = node};
  if (!weight.is_mixed()) {
    set.pruned = weight.uniform == integer(0.0) ? channels : 0.0;
  } else if (weight.groups.front().bits == 0.0) {
    set.pruned = weight.groups.front().channels;
  }
  if (set.pruned == 0.0) return std::nullopt;
  for (const double bits : weight.by_channel) set.which.push_back(bits == 0.0);
  return set;
}

bool certainly_equal(const ChannelSet& a, const ChannelSet& b) {
  if (a.channels != b.channels || a.entries != b.entries || a.pruned != b.pruned) return false;
  return a.origin == b.origin || a.pruned == a.channels || (!a.which.empty() && a.which == b.which);
}

ChannelSet repeated(ChannelSet set, double copies) {
  set.entries *= copies;
  return set;
}

std::optional<ChannelSet> reshaped(const ChannelSet& set, const std::vector<double>& from,
                                   const std::vector<double>& to) {
  const auto from_axis = from.begin() + static_cast<std::ptrdiff_t>(set.axis);
  const double before = product(from.begin(), from_axis);
  const double behind = product(from_axis, from.end());
  for (auto axis = to.begin(); axis != to.end(); ++axis) {
    const bool splits_alike = product(to.begin(), axis) == before && product(axis, to.end()) == behind;
    if (!splits_alike || std::fmod(*axis, set.channels) != 0.0) continue;
    ChannelSet seen = set;
    seen.axis = static_cast<std::size_t>(axis - to.begin());
    seen.entries = *axis / set.channels;
    return seen;
  }
  return std::nullopt;
}

}  // namespace hwcost
