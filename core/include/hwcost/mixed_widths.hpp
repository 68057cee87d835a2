// Prices of layers whose output channels have several widths, from prices of layers of one width.
#pragma once

#include <string>
#include <utility>

#include "hwcost/backend.hpp"

namespace hwcost {
namespace detail {

// The channels of each width as a layer of their own.
template <class D, class Price>
Expected<Estimate, Unsupported> sum_of_widths(const WeightFormat& weight, const D& dims, Price&& price) {
  Estimate sum;
  for (const ChannelGroup& g : weight.groups) {
    if (g.bits == 0.0 || g.channels == 0.0) continue;
    auto part = price(with_out_channels(dims, g.channels), g.bits);
    if (!part) return part;
    sum.cost = sum.cost + part->cost;
    if (sum.approximation.empty()) sum.approximation = std::move(part->approximation);
  }
  return sum;
}

// All channels at their mean width, where the machine runs each of the widths.
template <class D, class Price>
Expected<Estimate, Unsupported> mean_width(const WeightFormat& weight, const D& dims, Price&& price) {
  double channels = 0.0;
  double bits = 0.0;
  std::string approximation;
  for (const ChannelGroup& g : weight.groups) {
    if (g.bits == 0.0 || g.channels == 0.0) continue;
    channels += g.channels;
    bits += g.bits * g.channels;
    auto part = price(with_out_channels(dims, g.channels), g.bits);
    if (!part) return part;
    if (approximation.empty()) approximation = std::move(part->approximation);
  }
  if (channels == 0.0) return Estimate{};
  auto whole = price(with_out_channels(dims, channels), bits / channels);
  if (whole) whole->approximation = std::move(approximation);
  return whole;
}

}  // namespace detail

// The price of a layer by price(dims, weight_bits) of a layer of one width: of mixed weights the sum over the channels
// of each width where widths `add_up`, else that of all channels at their mean width. Pruned channels are left out.
template <class D, class Price>
Expected<Estimate, Unsupported> over_widths(const WeightFormat& weight, const D& dims, bool add_up, Price&& price) {
  if (!weight.is_mixed()) [[likely]]
    return price(dims, weight.uniform.bits);
  if constexpr (requires { with_out_channels(dims, 1.0); }) {
    return add_up ? detail::sum_of_widths(weight, dims, price) : detail::mean_width(weight, dims, price);
  } else {
    return tl::unexpected(Unsupported{"an operator without output channels has a histogram of weight widths", {}});
  }
}

}  // namespace hwcost
