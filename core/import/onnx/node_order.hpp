// Execution order of a model's nodes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model.hpp"

namespace hwcost::onnx {

// The file's order where every node reads only what is there already, else the nearest one that does. Throws
// InputError for cycles, for names that nothing writes and names that are written twice.
std::vector<std::size_t> execution_order(const Model& model, const std::string& file);

}  // namespace hwcost::onnx
