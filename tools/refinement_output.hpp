// What became of a network's assignments when they were refined, as text.
#pragma once

#include <string>

#include "hwcost/refine.hpp"

namespace hwcost::command {

// For people: a row a line of the assignments, then the totals.
std::string refinement_table(const NetworkRefinement& refinement);
// The same rows; the last one has no layer and the outcome `total`.
std::string refinement_csv(const NetworkRefinement& refinement);
// One object, by schemas/hwcost-refinement-1.schema.json.
std::string refinement_json(const NetworkRefinement& refinement);

}  // namespace hwcost::command
