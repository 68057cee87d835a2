// Operators whose values decide how many results they have: at most as many as their operands allow.
#include <fmt/format.h>

#include <algorithm>

#include "control.hpp"
#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {

// boxes [batch, boxes, 4], scores [batch, classes, boxes], most boxes a class, thresholds.
void import_non_max_suppression(OperatorCall& call, Op) {
  call.need_rank(1, 3);
  const auto boxes = static_cast<double>(call.extent(1, 2));
  const double kept = call.has(2) ? std::clamp(scalar(call, 2).value_or(boxes), 0.0, boxes) : 0.0;
  const double most = static_cast<double>(call.extent(1, 0)) * static_cast<double>(call.extent(1, 1)) * kept;
  call.output_at_most(0, {static_cast<std::int64_t>(call.checked(most, "its number of results")), 3}, kInt64);
  call.without_model("its work depends on the boxes");
}

// Distinct elements, or slices along an axis; where each was first, which one each is, how often it is there.
void import_unique(OperatorCall& call, Op) {
  Shape distinct = call.shape(0);
  if (call.attribute("axis") == nullptr) distinct = {static_cast<std::int64_t>(call.count(0))};
  const std::size_t axis = call.axis(call.integer("axis", 0), distinct.size());
  const Shape one_each{distinct[axis]};
  call.output_at_most(0, distinct);
  call.output_at_most(1, one_each, kInt64);
  call.output(2, one_each, kInt64);
  call.output_at_most(3, one_each, kInt64);
  call.without_model("its work depends on the elements");
}

// The elements, or slices along an axis, where a condition holds; those beyond its length are left out.
void import_compress(OperatorCall& call, Op op) {
  Shape shape = call.shape(0);
  if (call.attribute("axis") == nullptr) shape = {static_cast<std::int64_t>(call.count(0))};
  const std::size_t axis = call.axis(call.integer("axis", 0), shape.size());
  shape[axis] = std::min(shape[axis], static_cast<std::int64_t>(call.count(1)));
  const std::vector<double>* condition = call.contents(1);
  if (condition != nullptr) {
    const auto end = condition->begin() + static_cast<std::ptrdiff_t>(shape[axis]);
    shape[axis] -= static_cast<std::int64_t>(std::count(condition->begin(), end, 0.0));
    call.output(0, shape);
  } else {
    call.output_at_most(0, shape);
  }
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = *elements(shape)});
}

}  // namespace hwcost::onnx
