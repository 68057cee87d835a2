// Which figures every node of a network has, and how they are had: decided once, before anything is evaluated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "soft_layer.hpp"

namespace hwcost {

struct NodePlan {
  std::vector<GroupPlan> groups;  // that depend on variables
  std::vector<double> fixed;      // what does not: a metric each
};

struct NetworkPlan {
  std::vector<NodePlan> nodes;
  std::vector<std::string> left_out;  // names of layers
};

// Throws InputError: a candidate that has no price, see ExpectedCost.
NetworkPlan plan_network(const SoftNetwork& network, const FigureSource& source, const ExpectedCostOptions& options);

}  // namespace hwcost
