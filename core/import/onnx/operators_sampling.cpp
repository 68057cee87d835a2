// Operators that read their input at computed places: grids, regions, deformable and frequency transforms.
#include <fmt/format.h>

#include <algorithm>

#include "extents.hpp"
#include "operators.hpp"
#include "window.hpp"

namespace hwcost::onnx {
namespace {

Op sampling_op(std::string_view mode) {
  if (mode == "nearest") return Op::resize_nearest;
  return mode == "cubic" || mode == "bicubic" ? Op::resize_cubic : Op::resize_linear;
}

std::int64_t positive(const OperatorCall& call, std::string_view name, std::int64_t fallback) {
  return static_cast<std::int64_t>(call.checked(static_cast<double>(call.integer(name, fallback)), name));
}

}  // namespace

// x [N, C, ...], grid [N, out..., rank].
void import_grid_sample(OperatorCall& call, Op) {
  const Shape& in = call.shape(0);
  const Shape& grid = call.shape(1);
  if (in.size() < 3 || grid.size() != in.size() || grid.back() != static_cast<std::int64_t>(in.size()) - 2 ||
      grid.front() != in.front()) {
    call.fail(fmt::format("its input has shape {}, its grid {}", to_text(in), to_text(grid)));
  }
  Shape shape{in[0], in[1]};
  shape.insert(shape.end(), grid.begin() + 1, grid.end() - 1);
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  call.layer(sampling_op(call.text("mode", "linear")), Movement<>{.in_elements = call.count(0), .out_elements = out});
  call.assume("counted as a resize to the same output: places are computed at run time");
}

// theta [N, rank, rank + 1], size: the grid [N, ..., rank] is a matrix product with fixed places.
void import_affine_grid(OperatorCall& call, Op op) {
  const std::optional<Shape> size = call.integers(1);
  if (!size) return call.cannot_derive("its size is computed at run time");
  if (size->size() < 3 || size->size() > kLargestRank || !elements(*size)) {
    call.fail(fmt::format("its size is {}", to_text(*size)));
  }
  Shape shape(size->begin() + 2, size->end());
  const auto rank = static_cast<std::int64_t>(shape.size());
  const double places = *elements(shape);
  shape.insert(shape.begin(), size->front());
  shape.push_back(rank);
  call.output(0, shape);
  call.layer(op, MatMul<>{.batch = static_cast<double>(size->front()),
                          .rows = places,
                          .depth = static_cast<double>(rank) + 1.0,
                          .columns = static_cast<double>(rank)});
}

// x [N, C, H, W], rois [R, 4], batch_indices [R].
void import_roi_align(OperatorCall& call, Op op) {
  call.need_rank(0, 4);
  call.need_rank(1, 1);
  const Shape shape{call.extent(1, 0), call.extent(0, 1), positive(call, "output_height", 1),
                    positive(call, "output_width", 1)};
  const std::int64_t ratio = call.integer("sampling_ratio", 0);
  call.output(0, shape);
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = elements(shape).value_or(0.0)});
  call.assume(
      fmt::format("counted as a bilinear resize to the same output: {} samples for each of its elements",
                  ratio > 0 ? fmt::format("{}", ratio * ratio) : std::string("a number that regions decide of")));
}

// x, rois [R, 5].
void import_max_roi_pool(OperatorCall& call, Op) {
  call.need_rank(0, 4);
  call.need_rank(1, 1);
  const Shape* pooled = call.integer_list("pooled_shape");
  if (pooled == nullptr || pooled->size() != 2) call.fail("has no pooled_shape of two extents");
  call.output(0, {call.extent(1, 0), call.extent(0, 1), (*pooled)[0], (*pooled)[1]});
  call.without_model("run-time values decide of its windows");
}

// x, indices, output_shape: puts every element where the pooling took it from.
void import_max_unpool(OperatorCall& call, Op op) {
  std::optional<Shape> shape = call.has(2) ? call.integers(2) : std::nullopt;
  if (call.has(2) && !shape) return call.cannot_derive("its output shape is computed at run time");
  if (!shape) {
    const Shape in = spatial_extents(call, 0);
    const Shape* kernel = call.integer_list("kernel_shape");
    if (kernel == nullptr) call.fail("has no kernel_shape");
    shape = output_shape(static_cast<double>(call.extent(0, 0)), static_cast<double>(call.extent(0, 1)),
                         spreading_windows(call, in, *kernel));
  }
  call.output(0, *shape);
  call.layer(op, Lookup<>{.lookups = call.count(0), .table_rows = elements(*shape).value_or(0.0)});
}

// Columns of blocks added up to an image: x [N, C * block, L], image_shape, block_shape.
void import_columns_to_image(OperatorCall& call, Op op) {
  const std::optional<Shape> image = call.integers(1);
  const std::optional<Shape> block = call.integers(2);
  if (!image || !block) return call.cannot_derive("its shape is computed at run time");
  call.need_rank(0, 2);
  const std::optional<double> size = elements(*block);
  const double channels = size && *size > 0.0 ? static_cast<double>(call.extent(0, 1)) / *size : 0.0;
  Shape shape{call.extent(0, 0), static_cast<std::int64_t>(call.checked(channels, "its number of channels"))};
  shape.insert(shape.end(), image->begin(), image->end());
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  call.layer(op, Reduction<>{.in_elements = call.count(0), .out_elements = out});
}

// x, shape, for the axes of the attribute.
void import_center_crop_pad(OperatorCall& call, Op op) {
  Shape shape = call.shape(0);
  const std::optional<Shape> target = call.integers(1);
  if (!target) return call.cannot_derive("its target shape is computed at run time");
  const Shape* axes = call.integer_list("axes");
  const std::size_t count = axes != nullptr ? axes->size() : shape.size();
  if (target->size() != count) call.fail(fmt::format("its target shape is {} for {} axes", to_text(*target), count));
  for (std::size_t k = 0; k < count; ++k) {
    shape[axes != nullptr ? call.axis((*axes)[k], shape.size()) : k] = (*target)[k];
  }
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = out});
}

void import_reverse_sequence(OperatorCall& call, Op op) {
  call.need_rank(0, 2);
  call.output(0, call.shape(0));
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = call.count(0)});
}

// x [..., signal, 1 or 2], dft_length, axis. The axis is an attribute before opset 20.
void import_fourier_transform(OperatorCall& call, Op) {
  call.need_rank(0, 2);
  Shape shape = call.shape(0);
  const std::optional<Shape> length = call.integers(1);
  const std::optional<Shape> axis_operand = call.integers(2);
  if ((call.has(1) && !length) || (call.has(2) && !axis_operand)) {
    return call.cannot_derive("its length is computed at run time");
  }
  const std::int64_t stated = axis_operand && axis_operand->size() == 1
                                  ? axis_operand->front()
                                  : call.integer("axis", call.opset() < 20 ? 1 : -2);
  const std::size_t axis = call.axis(stated, shape.size());
  if (length && length->size() == 1) shape[axis] = length->front();
  if (call.integer("onesided", 0) != 0 && call.integer("inverse", 0) == 0) shape[axis] = shape[axis] / 2 + 1;
  shape.back() = 2;
  call.output(0, std::move(shape));
  call.without_model("it is a Fourier transform");
}

// signal [N, length, 1 or 2], frame_step, window, frame_length.
void import_short_time_fourier_transform(OperatorCall& call, Op) {
  call.need_rank(0, 2);
  const std::optional<Shape> step = call.integers(1);
  const std::optional<Shape> length = call.integers(3);
  if (!step || (call.has(3) && !length)) return call.cannot_derive("its frames are computed at run time");
  if (!call.has(2) && !call.has(3)) call.fail("has neither a window nor a frame_length");
  if (call.has(3) && length->size() != 1) {
    call.fail(fmt::format("its frame_length is {}, wanted one number", to_text(*length)));
  }
  const std::int64_t frame = call.has(3) ? length->front() : call.extent(2, 0);
  if (step->size() != 1 || step->front() < 1 || frame < 1 || frame > call.extent(0, 1)) {
    call.fail(fmt::format("takes frames of {} every {} elements of {}", frame, to_text(*step), call.extent(0, 1)));
  }
  const std::int64_t frames = (call.extent(0, 1) - frame) / step->front() + 1;
  const std::int64_t bins = call.integer("onesided", 1) != 0 ? frame / 2 + 1 : frame;
  call.output(0, {call.extent(0, 0), frames, bins, 2});
  call.without_model("it is a Fourier transform");
}

void import_determinant(OperatorCall& call, Op) {
  call.need_rank(0, 2);
  call.output(0, Shape(call.shape(0).begin(), call.shape(0).end() - 2));
  call.without_model("it is a determinant");
}

}  // namespace hwcost::onnx
