// Shapes of the network's inputs: the file's, with options in place of symbols.
#pragma once

#include "graph_builder.hpp"
#include "parameter_roles.hpp"

namespace hwcost::onnx {

// Defines every input of the graph that no initializer defines: parameters as constants, the others as tensors.
// Throws InputError for options that name no input, dimensions that stay free, and extents that are no counts.
void define_inputs(GraphBuilder& builder, const ParameterRoles& roles, const OnnxOptions& options);

}  // namespace hwcost::onnx
