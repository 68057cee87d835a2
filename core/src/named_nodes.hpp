// The nodes that a name in an assignment means.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "hwcost/graph.hpp"

namespace hwcost {

// Those of that name, or that the model file calls so.
inline std::vector<NodeId> nodes_named(const Graph& graph, const std::string& name) {
  std::vector<NodeId> named;
  for (NodeId k = 0; k < graph.nodes.size(); ++k) {
    if (graph.nodes[k].layer.name == name || graph.nodes[k].source == name) named.push_back(k);
  }
  return named;
}

// Those of the nodes whose layer the predicate holds for.
template <class Predicate>
std::vector<NodeId> those_of(const Graph& graph, const std::vector<NodeId>& nodes, const Predicate& predicate) {
  std::vector<NodeId> found;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(found),
               [&](NodeId k) { return predicate(graph.nodes[k].layer); });
  return found;
}

inline std::vector<NodeId> with_weights(const Graph& graph, const std::vector<NodeId>& nodes) {
  return those_of(graph, nodes, has_weights);
}

}  // namespace hwcost
