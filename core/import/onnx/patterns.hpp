// Activation functions that exporters write out in elementary nodes.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "hwcost/op.hpp"
#include "model.hpp"
#include "value_uses.hpp"

namespace hwcost::onnx {

struct FusedActivation {
  Op op = Op::gelu;
  std::string_view input;
  std::size_t nodes = 0;  // that it was written in
};

struct Patterns {
  std::unordered_map<const Node*, FusedActivation> last_nodes;  // the node that writes the function's result
  std::unordered_set<const Node*> absorbed;                     // the others
};

// A group of element-wise nodes between one value and another is recognised by what it computes at sample points, so
// that the order of factors and the way of writing constants do not matter: HardSwish, SiLU, GELU (by erf, tanh or a
// sigmoid), Mish, HardSigmoid. No other node may read what lies within. `uses` are the body's, `file` is named in
// errors.
Patterns find_patterns(const Body& body, const ValueUses& uses, const std::string& file);

}  // namespace hwcost::onnx
