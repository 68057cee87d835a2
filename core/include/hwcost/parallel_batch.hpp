// Batches from several threads, and batches of layers of any operators.
#pragma once

#include <cstddef>
#include <span>

#include "hwcost/backend.hpp"
#include "hwcost/export.hpp"

namespace hwcost {

// backend.estimate_batch(in, out) by at most `threads` threads, the caller's among them; 0: as many as there are
// processors. Every candidate's bits are the same whatever the number. Threads are started where the first blocks of
// rows show that it pays, and all have ended when the call returns. What a backend throws ends the call and reaches the
// caller: of several exceptions that of the lowest rows; the output is then incomplete.
HWCOST_EXPORT void estimate_batch(const Backend& backend, const LayerColumns& in, const CostColumns& out,
                                  std::size_t threads);

// Every layer at every choice of widths: row i * widths.size() + j of `out` is layer i at widths[j], one run of it.
// Layers may be of any operators. Their own precision is not looked at; widths are of integers, and a scale_bits of NaN
// stands for the machine's own requantisation (Widths<>{} says raw accumulators). The rest as above.
HWCOST_EXPORT void estimate_grid(const Backend& backend, std::span<const Layer> layers,
                                 std::span<const Widths<>> widths, const CostColumns& out, std::size_t threads);

}  // namespace hwcost
