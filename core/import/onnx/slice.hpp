// What a Slice node takes.
#pragma once

#include <optional>
#include <vector>

#include "operator_call.hpp"

namespace hwcost::onnx {

// By axis of the input: the first index, the distance of two, and how many (the output's shape).
struct SlicePlan {
  Shape starts;
  Shape steps;
  Shape shape;
};

// Nothing where the bounds are computed at run time. Fails where they contradict the input.
std::optional<SlicePlan> slice_plan(const OperatorCall& call);

// The elements taken from a constant; nothing where its elements are not known.
std::optional<std::vector<double>> slice_contents(OperatorCall& call, const SlicePlan& plan);

}  // namespace hwcost::onnx
