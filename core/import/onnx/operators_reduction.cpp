#include <fmt/format.h>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

Shape reduced(const OperatorCall& call, const std::vector<bool>& is_reduced, bool keep) {
  const Shape& in = call.shape(0);
  Shape shape;
  for (std::size_t k = 0; k < in.size(); ++k) {
    if (!is_reduced[k])
      shape.push_back(in[k]);
    else if (keep)
      shape.push_back(1);
  }
  return shape;
}

}  // namespace

void import_reduction(OperatorCall& call, Op op) {
  const std::size_t rank = call.shape(0).size();
  const std::optional<Shape> axes = call.list_or_operand("axes", 1);
  if (!axes && call.has(1)) return call.cannot_derive("its axes are computed at run time");
  const bool none = !axes || axes->empty();
  if (none && call.integer("noop_with_empty_axes", 0) != 0) return import_view(call, Op::identity);
  std::vector<bool> is_reduced(rank, none);
  if (!none) {
    for (const std::int64_t axis : *axes) is_reduced[call.axis(axis, rank)] = true;
  }
  const Shape out = reduced(call, is_reduced, call.integer("keepdims", 1) != 0);
  call.output(0, out);
  call.layer(op, Reduction<>{.in_elements = call.count(0), .out_elements = *elements(out)});
}

void import_arg_extremum(OperatorCall& call, Op op) {
  call.need_rank(0, 1);
  std::vector<bool> is_reduced(call.shape(0).size(), false);
  is_reduced[call.axis(call.integer("axis", 0), is_reduced.size())] = true;
  const Shape out = reduced(call, is_reduced, call.integer("keepdims", 1) != 0);
  call.output(0, out, kInt64);
  call.layer(op, Reduction<>{.in_elements = call.count(0), .out_elements = *elements(out)});
}

void import_top_k(OperatorCall& call, Op op) {
  call.need_rank(0, 1);
  Shape out = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", -1), out.size());
  const std::optional<Shape> k = call.attribute("k") != nullptr ? Shape{call.integer("k", 1)} : call.integers(1);
  if (k) {
    if (k->size() != 1 || k->front() < 1 || k->front() > out[axis]) {
      call.fail(fmt::format("wants the best {} of {}", to_text(*k), out[axis]));
    }
    out[axis] = k->front();
    call.output(0, out);
    call.output(1, out, kInt64);
  } else {
    call.output_at_most(0, out);
    call.output_at_most(1, out, kInt64);
  }
  call.layer(op, Reduction<>{.in_elements = call.count(0), .out_elements = *elements(out)});
}

void import_cumulative_sum(OperatorCall& call, Op op) {
  call.output(0, call.shape(0));
  call.layer(op, Reduction<>{.in_elements = call.count(0), .out_elements = call.count(0)});
}

// A one where the largest element of a row is.
void import_hardmax(OperatorCall& call, Op op) {
  call.output(0, call.shape(0));
  call.layer(op, Reduction<>{.in_elements = call.count(0), .out_elements = call.count(0)});
}

}  // namespace hwcost::onnx
