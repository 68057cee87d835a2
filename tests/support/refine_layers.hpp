// Layers to refine, and the shipped machines that price them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hwcost/layer.hpp"
#include "hwcost/machine.hpp"

namespace hwcost::testing {

inline Machine machine(const std::string& name) {
  return load_machine(name, {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
}

inline Layer convolution(double in_channels, double out_channels, double size, double kernel, double groups = 1.0) {
  Layer layer;
  layer.name = "conv";
  layer.op = Op::conv2d;
  const double pad = (kernel - 1.0) / 2.0;
  layer.dims = Convolution<>{.in_channels = in_channels,
                             .out_channels = out_channels,
                             .groups = groups,
                             .in_height = size,
                             .in_width = size,
                             .out_height = size,
                             .out_width = size,
                             .kernel_height = kernel,
                             .kernel_width = kernel,
                             .pad_top = pad,
                             .pad_bottom = pad,
                             .pad_left = pad,
                             .pad_right = pad};
  return layer;
}

inline Layer linear(double in_channels, double out_channels) {
  Layer layer;
  layer.name = "fc";
  layer.op = Op::linear;
  layer.dims = Linear<>{.in_channels = in_channels, .out_channels = out_channels};
  return layer;
}

inline Layer with_widths(Layer layer, std::vector<ChannelGroup> groups) {
  std::erase_if(groups, [](const ChannelGroup& group) { return group.channels == 0.0; });
  layer.precision.weight = WeightFormat();
  layer.precision.weight.groups = std::move(groups);
  return layer;
}

inline Layer with_channels(Layer layer, std::vector<double> widths) {
  layer.precision.weight = WeightFormat::per_channel(std::move(widths));
  return layer;
}

inline std::map<double, double> histogram(const WeightFormat& weight, double channels) {
  std::map<double, double> counts;
  for (const ChannelGroup& group : weight.groups) counts[group.bits] = group.channels;
  if (!weight.is_mixed()) counts[weight.uniform.bits] = channels;
  return counts;
}

}  // namespace hwcost::testing
