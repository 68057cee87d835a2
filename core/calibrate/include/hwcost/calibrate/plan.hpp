// Which layers to measure next, so that a fit learns most from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hwcost/description.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/registry.hpp"

namespace hwcost {

struct PlanOptions {
  std::size_t layers = 100;
  double random_share = 0.5;  // of the layers are drawn by chance: they tell where the model's form is wrong
  std::uint64_t seed = 1;
  std::string pool = "pool";  // what errors call the pool
};

// Layers of `pool`, in the order in which they should be measured. The others than the random ones are chosen one by
// one, each so that the determinant of the fit's information matrix grows most (a greedy D-optimal design), given those
// of `measured` and those chosen before; which parameters the fit has and what prices they move is the description's to
// say. Layers that the machine does not price, that are in the pool twice or are measured already are left out.
// Throws InputError at the description: nothing is free, a parameter has no derivative; at the pool where it has no
// layer left. The same input gives the same plan.
[[nodiscard]] HWCOST_EXPORT std::vector<Layer> plan(const Description& description, const Registry& registry,
                                                    const std::vector<Layer>& pool, const std::vector<Layer>& measured,
                                                    const PlanOptions& options = {});

// Convolutions (1x1, dense, depthwise, grouped), linear layers and matmuls of 8 bits, in turn, whose extents are drawn
// log-uniformly from what networks have, half of the channel counts being multiples of 8; at most 2e9 MACs each.
[[nodiscard]] HWCOST_EXPORT std::vector<Layer> random_layers(std::size_t count, std::uint64_t seed);

}  // namespace hwcost
