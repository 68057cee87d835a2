// The parts of a measured layer as text: what the store compares. They read back to the same layer.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/error.hpp"
#include "hwcost/layer.hpp"

namespace hwcost::measure {

struct LayerText {
  std::string op;        // "conv2d"
  std::string extents;   // "batch=1 in_channels=64 ...", every member of the family in order
  std::string widths;    // "input=8 weight=8 output=8 bias=32"
  std::string epilogue;  // "activation=relu scale_bits=32 shift=1", parts that there are; else empty
};

LayerText layer_text(const Layer& layer);
// The reason why the texts are of no layer, where they are of none.
Expected<Layer, std::string> layer_from(const LayerText& text);

}  // namespace hwcost::measure
