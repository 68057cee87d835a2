#include <fmt/format.h>

#include <array>

#include "extents.hpp"
#include "operators.hpp"
#include "product.hpp"
#include "window.hpp"

namespace hwcost::onnx {
namespace {

using Member = double Convolution<>::*;

struct SpatialAxis {
  Member in, out, kernel, stride, dilation, pad_begin, pad_end;
};

using C = Convolution<>;
constexpr std::array<SpatialAxis, 3> kAxes{{
    {&C::in_depth, &C::out_depth, &C::kernel_depth, &C::stride_depth, &C::dilation_depth, &C::pad_front, &C::pad_back},
    {&C::in_height, &C::out_height, &C::kernel_height, &C::stride_height, &C::dilation_height, &C::pad_top,
     &C::pad_bottom},
    {&C::in_width, &C::out_width, &C::kernel_width, &C::stride_width, &C::dilation_width, &C::pad_left, &C::pad_right},
}};

constexpr std::array<Op, 3> kConvolutions{Op::conv1d, Op::conv2d, Op::conv3d};
constexpr std::array<Op, 3> kTransposed{Op::conv_transpose1d, Op::conv_transpose2d, Op::conv_transpose3d};

struct Positions {
  std::size_t weight = 1;
  std::size_t bias = 2;
};

void place(Convolution<>& dims, const std::vector<Window>& windows) {
  const std::size_t unused = kAxes.size() - windows.size();
  for (std::size_t k = 0; k < windows.size(); ++k) {
    const SpatialAxis& axis = kAxes[unused + k];
    dims.*axis.in = windows[k].in;
    dims.*axis.out = windows[k].out;
    dims.*axis.kernel = windows[k].kernel;
    dims.*axis.stride = windows[k].stride;
    dims.*axis.dilation = windows[k].dilation;
    dims.*axis.pad_begin = windows[k].pad_begin;
    dims.*axis.pad_end = windows[k].pad_end;
  }
}

Shape kernel_of(const OperatorCall& call, const Shape& weight, std::size_t rank) {
  if (weight.size() != rank + 2) {
    call.fail(fmt::format("its weight has shape {}, its input {} spatial extents", to_text(weight), rank));
  }
  Shape kernel(weight.begin() + 2, weight.end());
  const Shape* stated = call.integer_list("kernel_shape");
  if (stated != nullptr && !stated->empty() && *stated != kernel) {
    call.fail(fmt::format("kernel_shape is {}, its weight has shape {}", to_text(*stated), to_text(weight)));
  }
  return kernel;
}

std::int64_t groups_of(const OperatorCall& call) {
  const std::int64_t groups = call.integer("group", 1);
  if (groups < 1) call.fail(fmt::format("group is {}, wanted at least 1", groups));
  return groups;
}

void check_channels(const OperatorCall& call, double in_channels, double weight_channels, double out_channels,
                    double groups) {
  if (in_channels != weight_channels) {
    call.fail(fmt::format("its input has {} channels, its weight and groups want {}", in_channels, weight_channels));
  }
  if (static_cast<std::int64_t>(out_channels) % static_cast<std::int64_t>(groups) != 0) {
    call.fail(fmt::format("{} output channels cannot be divided into {} groups", out_channels, groups));
  }
}

void check_bias(const OperatorCall& call, std::size_t position, double out_channels) {
  if (!call.has(position) || call.count(position) == out_channels) return;
  call.fail(fmt::format("its bias has {} elements, its weight {} output channels", call.count(position), out_channels));
}

Convolution<> channels_and_groups(const OperatorCall& call, const Positions& positions, bool transposed) {
  const Shape& weight = call.shape(positions.weight);
  const auto groups = static_cast<double>(groups_of(call));
  const double first = static_cast<double>(weight.at(0));
  const double second = static_cast<double>(weight.at(1));
  Convolution<> dims;
  dims.batch = static_cast<double>(call.extent(0, 0));
  dims.in_channels = static_cast<double>(call.extent(0, 1));
  dims.groups = groups;
  dims.out_channels = call.checked(transposed ? second * groups : first, "out_channels");
  dims.bias = adds_bias(call, positions.bias) ? 1.0 : 0.0;
  check_channels(call, dims.in_channels, transposed ? first : second * groups, dims.out_channels, groups);
  check_bias(call, positions.bias, dims.out_channels);
  return dims;
}

void convolution(OperatorCall& call, const Positions& positions, std::int32_t output_type) {
  const Shape in = spatial_extents(call, 0);
  const std::vector<Window> windows =
      sliding_windows(call, in, kernel_of(call, call.shape(positions.weight), in.size()));
  Convolution<> dims = channels_and_groups(call, positions, false);
  place(dims, windows);
  call.output(0, output_shape(dims.batch, dims.out_channels, windows), output_type);
  call.layer(kConvolutions[in.size() - 1], dims, {.weight = positions.weight, .bias = positions.bias});
}

}  // namespace

void import_convolution(OperatorCall& call, Op) { convolution(call, {}, call.input(0).type); }

// x, w, bias, z: a convolution, the sum with z, an activation.
void import_fused_convolution(OperatorCall& call, Op) {
  convolution(call, {}, call.input(0).type);
  call.fuse(call.text("activation", ""));
  if (call.has(3)) call.assume("the addition of its fourth operand is not counted");
}

// x, w, offset, bias, mask: every element of the window is read between four of the input.
void import_deformable_convolution(OperatorCall& call, Op) {
  convolution(call, {.weight = 1, .bias = 3}, call.input(0).type);
  call.assume("counted as a convolution: reading at computed offsets is not");
}

// x, w, x_zero_point, w_zero_point.
void import_integer_convolution(OperatorCall& call, Op) {
  check_zero_points(call, {{0, 2}, {1, 3}});
  convolution(call, {.weight = 1, .bias = kNoOperand}, kInt32);
  call.mark_accumulator(0);
}

// x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, bias.
void import_quantized_convolution(OperatorCall& call, Op) {
  if (call.integer("channels_last", 0) != 0) return call.cannot_derive("its channels stand last");
  check_zero_points(call, {{0, 2}, {3, 5}});
  convolution(call, {.weight = 3, .bias = 8}, call.has(7) ? call.input(7).type : call.input(0).type);
}

void import_transposed_convolution(OperatorCall& call, Op) {
  const Positions positions;
  const Shape in = spatial_extents(call, 0);
  const std::vector<Window> windows =
      spreading_windows(call, in, kernel_of(call, call.shape(positions.weight), in.size()));
  Convolution<> dims = channels_and_groups(call, positions, true);
  place(dims, windows);
  call.output(0, output_shape(dims.batch, dims.out_channels, windows));
  call.layer(kTransposed[in.size() - 1], dims, {.weight = positions.weight, .bias = positions.bias, .channel_axis = 1});
}

}  // namespace hwcost::onnx
