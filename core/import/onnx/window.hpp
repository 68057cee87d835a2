// Windows that slide over the spatial axes: convolutions and pooling.
#pragma once

#include <vector>

#include "operator_call.hpp"

namespace hwcost::onnx {

// One spatial axis.
struct Window {
  double in = 1.0;
  double out = 1.0;
  double kernel = 1.0;
  double stride = 1.0;
  double dilation = 1.0;
  double pad_begin = 0.0;
  double pad_end = 0.0;
};

// From the attributes strides, dilations, pads, auto_pad, ceil_mode; outermost axis first. Fails with the node's name
// where a list has the wrong length, an extent is not positive, or the kernel exceeds the padded input.
std::vector<Window> sliding_windows(OperatorCall& call, const Shape& in, const Shape& kernel);

// The same for transposed convolutions (output_padding, output_shape).
std::vector<Window> spreading_windows(OperatorCall& call, const Shape& in, const Shape& kernel);

// Batch, channels and the windows' outputs.
Shape output_shape(double batch, double channels, const std::vector<Window>& windows);

// The spatial extents of an operand [batch][channels][...]; fails where they are not 1 to 3.
Shape spatial_extents(const OperatorCall& call, std::size_t operand);

}  // namespace hwcost::onnx
