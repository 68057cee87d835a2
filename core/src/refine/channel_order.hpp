// Which channels are raised, once it is known how many.
#pragma once

#include <vector>

#include "hwcost/dims.hpp"
#include "hwcost/precision.hpp"

namespace hwcost {

// The width of every channel when the histogram of those that are not pruned becomes `after`: channels of higher score
// are raised first and furthest, of equal score those of lower index; no channel gets narrower. `scores` is empty or
// has one a channel. The same in every group of a convolution; the outputs of one input channel of a depthwise layer go
// together, by the highest of their scores. Pre: `after` can be reached so.
std::vector<double> raised_channels(const std::vector<double>& widths, const std::vector<ChannelGroup>& after,
                                    const Dims& dims, const std::vector<double>& scores);

}  // namespace hwcost
