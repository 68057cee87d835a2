// Which inputs of a graph are weights that were taken out of the file.
#pragma once

#include <string_view>
#include <unordered_set>

#include "hwcost/import/onnx.hpp"
#include "model.hpp"
#include "value_uses.hpp"

namespace hwcost::onnx {

struct ParameterRoles {
  std::unordered_set<std::string_view> by_position;    // they stand where only weights stand
  std::unordered_set<std::string_view> by_neighbours;  // their place says nothing; other inputs are weights
  [[nodiscard]] bool is_parameter(std::string_view name) const {
    return by_position.contains(name) || by_neighbours.contains(name);
  }
};

// The rule, for inputs that have no initializer:
//
// - A use is a *data* use where an operator works on that operand (the first of Conv, Gemm, MatMul, norms, pools,
//   activations and the operators that we do not know), a *weight* use where it owns it (the later operands of Conv,
//   Gemm, norms, recurrent layers; a second matrix operand of MatMul), and *neutral* elsewhere (additions, Concat, a
//   second operand of Einsum without a batch in common, ...). Identity, Cast, Reshape, Transpose and their kind pass an
//   input on: their reader's use counts.
// - An input with a data use, a symbolic dimension or an option for its shape is an activation.
// - Of the rest, an input with a weight use is a parameter; where that leaves no activation, the first input is one.
// - An input with neutral uses alone is a parameter only where some input is one by its place, it is not the first, and
//   it holds floats (a class token, a position embedding).
// `uses` are the model's.
ParameterRoles find_parameters(const Model& model, const ValueUses& uses, const OnnxOptions& options);

}  // namespace hwcost::onnx
