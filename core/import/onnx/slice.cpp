#include "slice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "extents.hpp"
#include "folding.hpp"

namespace hwcost::onnx {
namespace {

// Bounds as ONNX clamps them: [0, extent] going up, [-1, extent - 1] going down.
std::int64_t clamp_bound(std::int64_t bound, std::int64_t extent, bool forward) {
  if (bound < 0) bound += extent;
  return forward ? std::clamp<std::int64_t>(bound, 0, extent) : std::clamp<std::int64_t>(bound, -1, extent - 1);
}

std::int64_t steps_between(std::int64_t start, std::int64_t end, std::int64_t step) {
  const std::int64_t distance = step > 0 ? end - start : start - end;
  const std::int64_t size = step > 0 ? step : -step;
  return distance <= 0 ? 0 : (distance + size - 1) / size;
}

}  // namespace

std::optional<SlicePlan> slice_plan(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::optional<Shape> starts = call.list_or_operand("starts", 1);
  const std::optional<Shape> ends = call.list_or_operand("ends", 2);
  if (!starts || !ends) return std::nullopt;
  std::optional<Shape> axes = call.list_or_operand("axes", 3);
  std::optional<Shape> steps = call.integers(4);
  if ((call.has(3) && !axes) || (call.has(4) && !steps)) return std::nullopt;
  if (!axes) {
    axes.emplace(starts->size());
    std::iota(axes->begin(), axes->end(), 0);
  }
  if (!steps) steps.emplace(starts->size(), 1);
  if (ends->size() != starts->size() || axes->size() != starts->size() || steps->size() != starts->size()) {
    call.fail(fmt::format("has {} starts, {} ends, {} axes and {} steps", starts->size(), ends->size(), axes->size(),
                          steps->size()));
  }
  if (starts->size() > in.size()) {
    call.fail(fmt::format("has {} starts for shape {}", starts->size(), to_text(in)));
  }
  SlicePlan plan{.starts = Shape(in.size(), 0), .steps = Shape(in.size(), 1), .shape = in};
  std::vector<bool> is_sliced(in.size(), false);
  for (std::size_t k = 0; k < starts->size(); ++k) {
    const std::size_t axis = call.axis((*axes)[k], in.size());
    if (is_sliced[axis]) call.fail(fmt::format("slices axis {} twice", axis));
    is_sliced[axis] = true;
    // Beyond 2^53 a step takes one element, like any step that is larger than the axis.
    const std::int64_t limit = static_cast<std::int64_t>(kLargestExtent);
    const std::int64_t step = std::clamp<std::int64_t>((*steps)[k], -limit, limit);
    if (step == 0) call.fail("its step is 0");
    const std::int64_t start = clamp_bound((*starts)[k], in[axis], step > 0);
    // A start behind the end going down begins at the last element.
    plan.starts[axis] = step > 0 ? start : std::min(start, in[axis] - 1);
    plan.steps[axis] = step;
    plan.shape[axis] = steps_between(plan.starts[axis], clamp_bound((*ends)[k], in[axis], step > 0), step);
  }
  return plan;
}

std::optional<std::vector<double>> slice_contents(OperatorCall& call, const SlicePlan& plan) {
  const std::vector<double>* contents = call.contents(0);
  const std::optional<double> count = elements(plan.shape);
  if (contents == nullptr || !count || !call.builder().may_fold(*count)) return std::nullopt;
  if (*count == 0.0) return std::vector<double>{};
  std::vector<std::int64_t> strides = row_major_strides(call.shape(0));
  std::int64_t start = 0;
  for (std::size_t k = 0; k < strides.size(); ++k) {
    start += plan.starts[k] * strides[k];
    strides[k] *= plan.shape[k] == 1 ? 0 : plan.steps[k];
  }
  return gather_strided(*contents, plan.shape, strides, start);
}

}  // namespace hwcost::onnx
