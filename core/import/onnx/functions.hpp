// Functions that the file defines: in place of a node that calls one stand the nodes of its body.
#pragma once

#include <string>

#include "model.hpp"

namespace hwcost::onnx {

// Operators that we know ourselves stay, though the file defines them too. Throws InputError for functions that call
// themselves, lie too deep in each other, or make too many nodes. `file` is named in errors.
void expand_functions(Model& model, const std::string& file);

}  // namespace hwcost::onnx
