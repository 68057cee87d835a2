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
  // Layers whose floating-point widths were replaced by the `default_bits` of a description.
  struct AssumedWidths {
    const Description* description = nullptr;  // the machine's own, or of one that it falls back to
    std::size_t layers = 0;
  };
  std::vector<AssumedWidths> assumed_widths;  // a description each, in order of first use
  std::size_t proven_free = 0;
  std::size_t uncounted = 0;
  std::size_t unknown = 0;
  std::size_t unmodelled = 0;  // on the machine itself, not proven free
  std::size_t on_fallback = 0;
  double macs_counted_as_0 = 0.0;
  std::vector<std::string> unmodelled_operators;  // each once, in order of first use

  void add_assumed_widths(const Description& description, std::size_t layers);
  void add_unmodelled(const std::string& op);
};

std::vector<std::string> assumptions(const Graph& graph, const Machine& machine, const std::optional<Formula>& formula,
                                     const Tally& tally);

}  // namespace hwcost
