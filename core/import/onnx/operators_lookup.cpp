#include <fmt/format.h>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

Shape insert_indices(const Shape& data, std::size_t axis, const Shape& indices) {
  Shape shape(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), data.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.end());
  return shape;
}

// Rows of a constant table are an embedding, rows of an activation a gather.
void look_up(OperatorCall& call, Lookup<> dims, std::size_t channel_axis) {
  const bool owned = !call.is_activation(0);
  dims.owned = owned ? 1.0 : 0.0;
  call.layer(owned ? Op::embedding : Op::gather, dims,
             {.weight = owned ? std::optional<std::size_t>(0) : std::nullopt, .channel_axis = channel_axis});
}

}  // namespace

void import_gather(OperatorCall& call, Op) {
  call.need_rank(0, 1);
  const Shape& data = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", 0), data.size());
  call.output(0, insert_indices(data, axis, call.shape(1)));
  const double outer = *elements(data, 0, axis);
  look_up(call,
          {.lookups = outer * call.count(1),
           .row_elements = *elements(data, axis + 1, data.size()),
           .table_rows = outer * static_cast<double>(data[axis])},
          axis);
}

void import_gather_elements(OperatorCall& call, Op) {
  call.need_rank(0, 1);
  const Shape& data = call.shape(0);
  const Shape& indices = call.shape(1);
  const std::size_t axis = call.axis(call.integer("axis", 0), data.size());
  bool fits = data.size() == indices.size();
  for (std::size_t k = 0; fits && k < data.size(); ++k) fits = k == axis || indices[k] <= data[k];
  if (!fits) call.fail(fmt::format("its indices have shape {}, its data {}", to_text(indices), to_text(data)));
  call.output(0, indices, call.input(0).type);
  look_up(call, {.lookups = call.count(1), .table_rows = call.count(0)}, 0);
}

void import_gather_nd(OperatorCall& call, Op) {
  call.need_rank(0, 1);
  call.need_rank(1, 1);
  const Shape& data = call.shape(0);
  const Shape& indices = call.shape(1);
  const std::int64_t batch_dims = call.integer("batch_dims", 0);
  const std::int64_t depth = indices.back();
  const auto rank = static_cast<std::int64_t>(data.size());
  if (batch_dims < 0 || depth < 1 || batch_dims > rank || depth > rank - batch_dims) {
    call.fail(fmt::format("its indices have shape {}, its data {}", to_text(indices), to_text(data)));
  }
  const auto first_kept = static_cast<std::size_t>(batch_dims + depth);
  Shape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(), data.begin() + static_cast<std::ptrdiff_t>(first_kept), data.end());
  call.output(0, shape);
  const double row = *elements(data, first_kept, data.size());
  look_up(call,
          {.lookups = call.count(1) / static_cast<double>(depth),
           .row_elements = row,
           .table_rows = *elements(data, 0, first_kept)},
          0);
}

// Data with some elements replaced by updates.
void import_scatter(OperatorCall& call, Op op) {
  call.output(0, call.shape(0));
  call.layer(op, Lookup<>{.lookups = call.count(2), .table_rows = call.count(0)});
}

}  // namespace hwcost::onnx
