// Execution order of a model's nodes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "value_uses.hpp"

namespace hwcost::onnx {

// The file's order where every node reads only what is there already, else the nearest one that does. Throws
// InputError for cycles, for names that nothing writes and names that are written twice.
// `uses` are those of the nodes; `is_given` says what is there before the first node.
std::vector<std::size_t> execution_order(const std::vector<Node>& nodes, const ValueUses& uses,
                                         const std::function<bool(std::string_view)>& is_given,
                                         const std::string& file);

}  // namespace hwcost::onnx
