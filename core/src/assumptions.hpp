// The sentences at a report's head: what its numbers rest on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/formula.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"

namespace hwcost {

// How many layers met which rule while a network was priced.
struct Tally {
  std::size_t assumed_widths = 0;
  std::size_t proven_free = 0;
  std::size_t uncounted = 0;
  std::size_t unknown = 0;
  std::size_t unmodelled = 0;  // on the machine itself, not proven free
  std::size_t on_fallback = 0;
  std::vector<std::string> unmodelled_operators;  // each once, in order of first use

  void add_unmodelled(const std::string& op);
};

std::vector<std::string> assumptions(const Graph& graph, const Machine& machine, const std::optional<Formula>& formula,
                                     const Tally& tally);

}  // namespace hwcost
