// Nodes into layers: the network's own, and those of bodies within it.
#pragma once

#include <string>
#include <vector>

#include "operator_call.hpp"

namespace hwcost::onnx {

// In execution order. Pre: what the nodes read from outside is defined. The body must outlive the builder.
void import_nodes(GraphBuilder& builder, const Body& body, const ValueUses& uses);

// A copy of the body in the place of the calling node: its inputs are `inputs`, which may be fewer. What its outputs
// are then. The names of its layers begin with `label`.
std::vector<Value> import_body(OperatorCall& call, const Body& body, std::vector<Value> inputs,
                               const std::string& label);

// In the place of a node those that it stands for: they read the node's operands by name.
void import_in_its_place(OperatorCall& call, const std::vector<Node>& nodes);

}  // namespace hwcost::onnx
