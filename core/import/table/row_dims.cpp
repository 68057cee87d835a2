#include "row_dims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace hwcost::table {
namespace {

constexpr std::array kAxes{Axis::depth, Axis::height, Axis::width};

using PerAxis = std::array<double, kAxes.size()>;
double product(const PerAxis& extents) { return extents[0] * extents[1] * extents[2]; }

// in_d, in_h, in_w or out_d, ...: one value an axis.
PerAxis take_all(RowExtents& row, Extent of_depth) {
  return {row.take(on(of_depth, Axis::depth)), row.take(on(of_depth, Axis::height)),
          row.take(on(of_depth, Axis::width))};
}

void expect_all(RowExtents& row, Extent of_depth, const PerAxis& values) {
  for (const Axis axis : kAxes) row.expect(on(of_depth, axis), values[static_cast<std::size_t>(axis)]);
}

// The tensor of an operator that gives back the shape that it reads.
struct SameShape {
  double batch, channels;
  PerAxis pixels;

  [[nodiscard]] double positions() const { return batch * product(pixels); }
  [[nodiscard]] double elements() const { return positions() * channels; }
};

SameShape take_same_shape(RowExtents& row) {
  const SameShape shape{row.take(Extent::batch), row.take(Extent::in_channels), take_all(row, Extent::in_d)};
  row.expect(Extent::out_channels, shape.channels);
  expect_all(row, Extent::out_d, shape.pixels);
  return shape;
}

// How a window moves along one axis.
struct Window {
  double in, kernel, stride, dilation, pad_before, pad_after;

  [[nodiscard]] double reach() const { return dilation * (kernel - 1.0) + 1.0; }
  // Rounded down; below 1 where the window does not fit.
  [[nodiscard]] double out() const { return std::floor((in + pad_before + pad_after - reach()) / stride) + 1.0; }
  [[nodiscard]] double transposed_out() const { return (in - 1.0) * stride - pad_before - pad_after + reach(); }
};

Window take_window(RowExtents& row, Axis axis) {
  const double symmetric = row.take(on(Extent::pad_d, axis));
  return {.in = row.take(on(Extent::in_d, axis)),
          .kernel = row.take(on(Extent::kernel_d, axis)),
          .stride = row.take(on(Extent::stride_d, axis)),
          .dilation = row.take(on(Extent::dilation_d, axis)),
          .pad_before = row.take_given(on(Extent::pad_front, axis)).value_or(symmetric),
          .pad_after = row.take_given(on(Extent::pad_back, axis)).value_or(symmetric)};
}

// The output extent of a convolution: a transposed one may be told to be larger, any other may only be checked.
double convolution_out(RowExtents& row, Op op, Axis axis, const Window& window) {
  const Extent column = on(Extent::out_d, axis);
  if (is_transposed(op)) return row.take_given(column).value_or(window.transposed_out());
  const double out = window.out();
  if (!(out >= 1.0)) return row.take(column);  // the window does not fit, which the layer's own check says better
  row.expect(column, out);
  return out;
}

struct AxisMembers {
  double Convolution<>::*in, Convolution<>::*out, Convolution<>::*kernel, Convolution<>::*stride;
  double Convolution<>::*dilation, Convolution<>::*pad_before, Convolution<>::*pad_after;
};
using Conv = Convolution<>;
constexpr std::array<AxisMembers, 3> kConvolutionAxes{{
    {&Conv::in_depth, &Conv::out_depth, &Conv::kernel_depth, &Conv::stride_depth, &Conv::dilation_depth,
     &Conv::pad_front, &Conv::pad_back},
    {&Conv::in_height, &Conv::out_height, &Conv::kernel_height, &Conv::stride_height, &Conv::dilation_height,
     &Conv::pad_top, &Conv::pad_bottom},
    {&Conv::in_width, &Conv::out_width, &Conv::kernel_width, &Conv::stride_width, &Conv::dilation_width,
     &Conv::pad_left, &Conv::pad_right},
}};

Dims convolution(Op op, RowExtents& row) {
  Convolution<> d;
  d.batch = row.take(Extent::batch);
  d.in_channels = row.require(Extent::in_channels, op);
  d.out_channels = row.require(Extent::out_channels, op);
  d.groups = row.take(Extent::groups);
  d.bias = row.take(Extent::bias);
  d.depthwise = row.take(Extent::depthwise);
  for (std::size_t i = kAxes.size() - static_cast<std::size_t>(spatial_rank(op)); i < kAxes.size(); ++i) {
    const Window window = take_window(row, kAxes[i]);
    const AxisMembers& members = kConvolutionAxes[i];
    d.*members.in = window.in;
    d.*members.kernel = window.kernel;
    d.*members.stride = window.stride;
    d.*members.dilation = window.dilation;
    d.*members.pad_before = window.pad_before;
    d.*members.pad_after = window.pad_after;
    d.*members.out = convolution_out(row, op, kAxes[i], window);
  }
  return d;
}

Dims linear(Op op, RowExtents& row) {
  const PerAxis tokens = take_all(row, Extent::in_d);
  expect_all(row, Extent::out_d, tokens);
  return Linear<>{.batch = row.take(Extent::batch),
                  .tokens = product(tokens),
                  .in_channels = row.require(Extent::in_channels, op),
                  .out_channels = row.require(Extent::out_channels, op),
                  .bias = row.take(Extent::bias)};
}

Dims matmul(Op op, RowExtents& row) {
  const double rows = row.take(Extent::in_h);
  row.expect(Extent::out_h, rows);
  return MatMul<>{.batch = row.take(Extent::batch),
                  .rows = rows,
                  .depth = row.require(Extent::in_channels, op),
                  .columns = row.require(Extent::out_channels, op),
                  .shared_batch = 1.0};
}

enum class PoolKind { window, global, adaptive };

PoolKind kind_of_pool(Op op) {
  switch (op) {
    case Op::global_max_pool:
    case Op::global_avg_pool:
    case Op::global_lp_pool:
      return PoolKind::global;
    case Op::adaptive_max_pool:
    case Op::adaptive_avg_pool:
      return PoolKind::adaptive;
    default:
      return PoolKind::window;
  }
}

// One axis of a pool.
struct PoolAxis {
  double in, out, kernel, stride;
};

PoolAxis pool_axis(RowExtents& row, PoolKind kind, Axis axis) {
  const Extent out_column = on(Extent::out_d, axis);
  if (kind == PoolKind::window) {
    const Window window = take_window(row, axis);
    const double out = window.out();
    if (!(out >= 1.0)) {
      row.fail(on(Extent::kernel_d, axis),
               fmt::format("the window covers {}, more than the input {} and its padding {}", window.reach(), window.in,
                           window.pad_before + window.pad_after));
    }
    row.expect(out_column, out);
    return {window.in, out, window.kernel, window.stride};
  }
  const double in = row.take(on(Extent::in_d, axis));
  if (kind == PoolKind::global) {
    row.expect(out_column, 1.0);
    return {in, 1.0, in, 1.0};
  }
  const double out = std::max(row.take(out_column), 1.0);
  return {in, out, std::ceil(in / out), std::max(std::floor(in / out), 1.0)};
}

Dims pooling(Op op, RowExtents& row) {
  const PoolKind kind = kind_of_pool(op);
  const PoolAxis depth = pool_axis(row, kind, Axis::depth);
  const PoolAxis height = pool_axis(row, kind, Axis::height);
  const PoolAxis width = pool_axis(row, kind, Axis::width);
  const double channels = row.require(Extent::in_channels, op);
  row.expect(Extent::out_channels, channels);
  return Pooling<>{.batch = row.take(Extent::batch),
                   .channels = channels,
                   .in_depth = depth.in,
                   .in_height = height.in,
                   .in_width = width.in,
                   .out_depth = depth.out,
                   .out_height = height.out,
                   .out_width = width.out,
                   .kernel_depth = depth.kernel,
                   .kernel_height = height.kernel,
                   .kernel_width = width.kernel,
                   .stride_depth = depth.stride,
                   .stride_height = height.stride,
                   .stride_width = width.stride};
}

// Activations that take part in one output element.
double operands_of(Op op) {
  switch (op) {
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::pow:
    case Op::mod:
    case Op::min:
    case Op::max:
    case Op::compare:
    case Op::logical:
      return 2.0;
    case Op::where:
      return 3.0;
    default:
      return 1.0;
  }
}

Dims elementwise(Op op, RowExtents& row) {
  const SameShape shape = take_same_shape(row);
  const double activations = operands_of(op);
  const bool has_slopes = op == Op::prelu;  // its second operand, a slope a channel
  return Elementwise<>{.elements = shape.elements(),
                       .input_elements = activations * shape.elements(),
                       .operands = activations + (has_slopes ? 1.0 : 0.0),
                       .parameters = has_slopes ? shape.channels : 0.0};
}

Dims normalization(Op op, RowExtents& row) {
  const SameShape shape = take_same_shape(row);
  const double parameters_a_channel = op == Op::local_response_norm ? 0.0 : op == Op::rms_norm ? 1.0 : 2.0;
  return Normalization<>{.elements = shape.elements(),
                         .channels = shape.channels,
                         .parameters = parameters_a_channel * shape.channels,
                         .buffers = op == Op::batch_norm ? 2.0 * shape.channels : 0.0};
}

Dims softmax(Op, RowExtents& row) {
  const SameShape shape = take_same_shape(row);
  return Softmax<>{.rows = shape.positions(), .length = shape.channels};
}

Dims lookup(Op op, RowExtents& row) {
  const PerAxis positions = take_all(row, Extent::in_d);
  expect_all(row, Extent::out_d, positions);
  return Lookup<>{.lookups = row.take(Extent::batch) * product(positions),
                  .row_elements = row.require(Extent::out_channels, op),
                  .table_rows = row.require(Extent::in_channels, op),
                  .owned = op == Op::embedding ? 1.0 : 0.0};
}

// Over the spatial axes, except those that keep every element.
Dims reduction(Op op, RowExtents& row) {
  if (op == Op::cumulative_sum) {
    const double elements = take_same_shape(row).elements();
    return Reduction<>{.in_elements = elements, .out_elements = elements};
  }
  const double kept = row.take(Extent::batch) * row.take(Extent::in_channels);
  const PerAxis pixels = take_all(row, Extent::in_d);
  row.expect(Extent::out_channels, row.take(Extent::in_channels));
  expect_all(row, Extent::out_d, {1.0, 1.0, 1.0});
  return Reduction<>{.in_elements = kept * product(pixels), .out_elements = kept};
}

bool changes_size(Op op) {
  switch (op) {
    case Op::slice:
    case Op::pad:
    case Op::tile:
    case Op::resize_nearest:
    case Op::resize_linear:
    case Op::resize_cubic:
      return true;
    default:
      return false;
  }
}

Dims movement(Op op, RowExtents& row) {
  const double batch = row.take(Extent::batch);
  const double in_channels = row.take(Extent::in_channels);
  const double out_channels = row.take_given(Extent::out_channels).value_or(in_channels);
  double in = batch * in_channels;
  double out = batch * out_channels;
  for (const Axis axis : kAxes) {
    const double extent = row.take(on(Extent::in_d, axis));
    in *= extent;
    out *= row.take_given(on(Extent::out_d, axis)).value_or(extent);
  }
  if (in != out && !changes_size(op)) {
    row.fail(Extent::out_channels,
             fmt::format("{} keeps all {} elements, but out_* columns give {}", name(op), in, out));
  }
  return Movement<>{.in_elements = op == Op::constant ? 0.0 : in, .out_elements = out};
}

Dims recurrent(Op op, RowExtents& row) {
  const double steps = row.take(Extent::in_w);
  row.expect(Extent::out_w, steps);
  return Recurrent<>{.batch = row.take(Extent::batch),
                     .steps = steps,
                     .input_size = row.require(Extent::in_channels, op),
                     .hidden_size = row.require(Extent::out_channels, op),
                     .directions = 1.0,
                     .bias = row.take(Extent::bias),
                     .sequence_output = 1.0};
}

Dims attention(Op op, RowExtents& row) {
  const double heads = row.take(Extent::groups);
  const double in_channels = row.require(Extent::in_channels, op);
  const double out_channels = row.take_given(Extent::out_channels).value_or(in_channels);
  for (const auto& [column, channels] :
       {std::pair{Extent::in_channels, in_channels}, {Extent::out_channels, out_channels}}) {
    if (std::fmod(channels, heads) != 0.0)
      row.fail(column, fmt::format("{} does not divide by groups {} (heads)", channels, heads));
  }
  const double queries = row.take(Extent::in_h);
  row.expect(Extent::out_h, queries);
  return Attention<>{.batch = row.take(Extent::batch),
                     .heads = heads,
                     .key_value_heads = heads,
                     .query_length = queries,
                     .key_length = row.take_given(Extent::in_w).value_or(queries),
                     .head_size = in_channels / heads,
                     .value_size = out_channels / heads};
}

}  // namespace

Dims dims_of_row(Op op, RowExtents& row) {
  switch (info(op).family) {
    case Family::convolution:
      return convolution(op, row);
    case Family::linear:
      return linear(op, row);
    case Family::matmul:
      return matmul(op, row);
    case Family::pooling:
      return pooling(op, row);
    case Family::elementwise:
      return elementwise(op, row);
    case Family::normalization:
      return normalization(op, row);
    case Family::softmax:
      return softmax(op, row);
    case Family::lookup:
      return lookup(op, row);
    case Family::reduction:
      return reduction(op, row);
    case Family::movement:
      return movement(op, row);
    case Family::recurrent:
      return recurrent(op, row);
    case Family::attention:
      return attention(op, row);
    case Family::custom:
      break;
  }
  return Custom<>{};  // refused before: it has no form in a table
}

}  // namespace hwcost::table
