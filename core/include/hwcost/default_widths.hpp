// Integer widths assumed for floating-point operands, as a description's `default_bits` says.
#pragma once

#include <cstddef>

#include "hwcost/description.hpp"
#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

// Replaces floating-point formats alone; integers stay as the model says.
HWCOST_EXPORT void assume_widths(Layer& layer, const DefaultBits& bits);
// The same for all layers and tensors. Gives the number of layers that changed.
HWCOST_EXPORT std::size_t assume_widths(Graph& graph, const DefaultBits& bits);

}  // namespace hwcost
