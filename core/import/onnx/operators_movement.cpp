#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "control.hpp"
#include "extents.hpp"
#include "operators.hpp"
#include "slice.hpp"

namespace hwcost::onnx {
namespace {

void move(OperatorCall& call, Op op, Shape shape) {
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = out});
}

Shape equal_parts(const OperatorCall& call, std::int64_t extent, std::int64_t parts) {
  if (parts < 1 || parts > extent) call.fail(fmt::format("cannot split {} elements into {} parts", extent, parts));
  const std::int64_t size = (extent + parts - 1) / parts;
  Shape sizes(static_cast<std::size_t>(parts), size);
  sizes.back() = extent - size * (parts - 1);
  if (sizes.back() < 1) call.fail(fmt::format("{} parts of {} leave nothing of {}", parts - 1, size, extent));
  return sizes;
}

std::int64_t block_size(const OperatorCall& call) {
  call.need_rank(0, 4);
  const std::int64_t block = call.integer("blocksize", 0);
  if (block < 1 || block > 65536) call.fail(fmt::format("blocksize is {}", block));
  return block;
}

}  // namespace

void import_identity(OperatorCall& call, Op op) {
  if (call.input(0).sequence) return call.forward(0, shared(call.input(0)));
  if (!call.input(0).shape) return call.cannot_derive_without_shape(0);
  import_view(call, op);
}

void import_view(OperatorCall& call, Op op) {
  // A parameter that an Identity names anew is a parameter of its own: exporters merge equal ones that way.
  if (op == Op::identity && !call.is_activation(0)) {
    Value value = call.input(0);
    value.parameter = call.builder().new_parameter();
    if (value.origin.parameter != 0) value.origin.parameter = value.parameter;
    call.log(ImportFact::Kind::alias, value.name, [] { return "a constant under another name"; });
    return call.forward(0, std::move(value));
  }
  call.output(0, call.shape(0));
  if (call.wants(1)) call.output(1, call.shape(0), kBool);  // Dropout's mask
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = call.count(0)});
}

namespace {

// Joins the operands first, first + step, ...; `quantized`: the operator dequantises them itself.
void concat(OperatorCall& call, Op op, std::size_t first, std::size_t step, bool quantized) {
  call.need_rank(first, 1);
  Shape shape = call.shape(first);
  const std::size_t axis =
      call.axis(call.integer("axis", call.opset() < 4 && call.node().domain.empty() ? 1 : 0), shape.size());
  double along = 0.0;
  Movement<> dims{.in_elements = 0.0};
  OwnedOperands owned;
  for (std::size_t k = first; k < call.input_count(); k += step) {
    Shape other = call.shape(k);
    if (other.size() == shape.size()) {
      along += static_cast<double>(other[axis]);
      other[axis] = shape[axis];
    }
    if (other != shape) {
      call.fail(fmt::format("its operands have shapes {} and {}, which differ outside axis {}",
                            to_text(call.shape(first)), to_text(call.shape(k)), axis));
    }
    dims.in_elements += call.count(k);
    if (call.is_parameter(k, quantized)) owned.counted.push_back(k);
  }
  if (along > kLargestExtent) call.fail("its output has too many elements");
  shape[axis] = static_cast<std::int64_t>(along);
  dims.out_elements = elements(shape).value_or(0.0);
  call.output(0, std::move(shape), call.input(first).type);
  call.layer(op, dims, std::move(owned));
}

}  // namespace

void import_concat(OperatorCall& call, Op op) { concat(call, op, 0, 1, false); }

// y_scale, y_zero_point, then every part with its scale and zero point.
void import_quantized_concat(OperatorCall& call, Op op) { concat(call, op, 2, 3, true); }

void import_split(OperatorCall& call, Op op) {
  call.need_rank(0, 1);
  const Shape& in = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", 0), in.size());
  const auto parts = static_cast<std::int64_t>(call.node().outputs.size());
  const std::int64_t wanted = call.integer("num_outputs", parts);
  if (wanted != parts) call.fail(fmt::format("num_outputs is {}, and it has {} outputs", wanted, parts));
  std::optional<Shape> sizes = call.list_or_operand("split", 1);
  if (!sizes && call.has(1)) return call.cannot_derive("its parts are computed at run time");
  if (!sizes || sizes->empty()) sizes = equal_parts(call, in[axis], parts);
  const bool positive = std::all_of(sizes->begin(), sizes->end(), [](std::int64_t size) { return size >= 0; });
  const std::optional<double> sum =
      positive ? std::optional(std::accumulate(sizes->begin(), sizes->end(), 0.0)) : std::nullopt;
  if (static_cast<std::int64_t>(sizes->size()) != parts || sum != static_cast<double>(in[axis])) {
    call.fail(fmt::format("splits {} elements into {}, and has {} outputs", in[axis], to_text(*sizes), parts));
  }
  for (std::size_t k = 0; k < sizes->size(); ++k) {
    Shape shape = in;
    shape[axis] = (*sizes)[k];
    call.output(k, std::move(shape));
  }
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = call.count(0)});
}

void import_slice(OperatorCall& call, Op op) {
  const std::optional<SlicePlan> plan = slice_plan(call);
  if (!plan) {
    call.output_at_most(0, call.shape(0));
    return call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = call.count(0)});
  }
  if (!call.is_activation(0)) {
    return call.constant_output(0, plan->shape, call.input(0).type, slice_contents(call, *plan), call.input(0).origin);
  }
  move(call, op, plan->shape);
}

void import_pad(OperatorCall& call, Op op) {
  Shape shape = call.shape(0);
  std::optional<Shape> pads = call.list_or_operand("pads", 1);
  if (!pads) pads = call.list_or_operand("paddings", 1);
  const std::optional<Shape> axes = call.integers(3);
  if (!pads || (call.has(3) && !axes)) return call.cannot_derive("its paddings are computed at run time");
  const std::size_t padded = axes ? axes->size() : shape.size();
  if (pads->size() != 2 * padded) {
    call.fail(fmt::format("has {} paddings for {} axes", pads->size(), padded));
  }
  for (std::size_t k = 0; k < padded; ++k) {
    std::int64_t& extent = shape[axes ? call.axis((*axes)[k], shape.size()) : k];
    const double out =
        static_cast<double>(extent) + static_cast<double>((*pads)[k]) + static_cast<double>((*pads)[padded + k]);
    extent = static_cast<std::int64_t>(call.checked(out, "an output extent"));
  }
  move(call, op, std::move(shape));
}

void import_transpose(OperatorCall& call, Op op) {
  const Shape& in = call.shape(0);
  Shape permutation(in.size());
  std::iota(permutation.rbegin(), permutation.rend(), 0);
  if (const Shape* given = call.integer_list("perm")) permutation = *given;
  Shape sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  Shape expected(in.size());
  std::iota(expected.begin(), expected.end(), 0);
  if (sorted != expected) {
    call.fail(fmt::format("perm {} is no order of the axes of {}", to_text(permutation), to_text(in)));
  }
  Shape shape(in.size());
  for (std::size_t k = 0; k < in.size(); ++k) shape[k] = in[static_cast<std::size_t>(permutation[k])];
  if (call.is_activation(0) || !call.input(0).channel_widths) return move(call, op, std::move(shape));
  Value value = call.input(0);
  const auto axis = std::find(permutation.begin(), permutation.end(), value.channel_widths->axis);
  value.channel_widths->axis = static_cast<std::size_t>(axis - permutation.begin());
  value.shape = std::move(shape);
  value.stored = nullptr;
  value.contents = nullptr;
  call.forward(0, std::move(value));
}

void import_tile(OperatorCall& call, Op op) {
  Shape shape = call.shape(0);
  const std::optional<Shape> repeats = call.integers(1);
  if (!repeats) return call.cannot_derive("its repeats are computed at run time");
  if (repeats->size() != shape.size()) {
    call.fail(fmt::format("has repeats {} for shape {}", to_text(*repeats), to_text(shape)));
  }
  for (std::size_t k = 0; k < shape.size(); ++k) {
    const double out = static_cast<double>(shape[k]) * static_cast<double>((*repeats)[k]);
    shape[k] = static_cast<std::int64_t>(call.checked(out, "an output extent"));
  }
  move(call, op, std::move(shape));
}

void import_depth_to_space(OperatorCall& call, Op op) {
  const std::int64_t block = block_size(call);
  Shape shape = call.shape(0);
  if (shape[1] % (block * block) != 0) {
    call.fail(fmt::format("{} channels cannot be spread over blocks of {}", shape[1], block));
  }
  shape[1] /= block * block;
  for (std::size_t k = 2; k < 4; ++k) {
    const double out = static_cast<double>(shape[k]) * static_cast<double>(block);
    shape[k] = static_cast<std::int64_t>(call.checked(out, "an output extent"));
  }
  move(call, op, std::move(shape));
}

void import_space_to_depth(OperatorCall& call, Op op) {
  const std::int64_t block = block_size(call);
  Shape shape = call.shape(0);
  if (shape[2] % block != 0 || shape[3] % block != 0) {
    call.fail(fmt::format("shape {} cannot be divided into blocks of {}", to_text(shape), block));
  }
  const double channels = static_cast<double>(shape[1]) * static_cast<double>(block * block);
  shape[1] = static_cast<std::int64_t>(call.checked(channels, "an output extent"));
  shape[2] /= block;
  shape[3] /= block;
  move(call, op, std::move(shape));
}

}  // namespace hwcost::onnx
