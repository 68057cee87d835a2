// Which channels of a tensor pruning takes away.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "hwcost/graph.hpp"

namespace hwcost {

// The channels of 0 bit along one axis of a tensor: channel c is the `entries` elements from c * entries on (more than
// one behind a flatten). At least one channel is pruned.
struct ChannelSet {
  std::size_t axis = 1;
  double channels = 0.0;  // all of them, the pruned ones included
  double pruned = 0.0;
  double entries = 1.0;
  std::vector<bool> which;  // by channel, true where pruned; empty where only their number is known
  NodeId layer = 0;         // whose widths say so, for messages
  NodeId origin = 0;        // where the set arose: sets of one origin are of the same channels

  [[nodiscard]] double pruned_entries() const { return pruned * entries; }
  // The part of `count`, a number of elements spread evenly over the channels, that stays.
  [[nodiscard]] double scaled(double count) const { return count / channels * (channels - pruned); }
  [[nodiscard]] bool scales(double count) const;
};

// The pruned output channels that the layer's own widths say; nothing where there are none.
std::optional<ChannelSet> pruned_by_widths(const Layer& layer, NodeId node);

// Certainly the same channels: known one by one and equal, all of them, or from one origin. The axes are not compared.
bool certainly_equal(const ChannelSet& a, const ChannelSet& b);

// The same channels with `copies` neighbouring entries for each one.
ChannelSet repeated(ChannelSet set, double copies);

// The set of a tensor of shape `from` seen in the same elements as shape `to`; nothing where channels and other axes
// mix.
std::optional<ChannelSet> reshaped(const ChannelSet& set, const std::vector<double>& from,
                                   const std::vector<double>& to);

}  // namespace hwcost
