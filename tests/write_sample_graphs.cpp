// Writes JSON documents of the IR on standard output, one after another with a NUL behind each.
#include <iostream>

#include "hwcost/import/json.hpp"
#include "support/sample_graphs.hpp"

int main() {
  using namespace hwcost;
  for (const Graph& graph : {Graph{}, testing::sample_network(), testing::graph_of_random_layers(5, 17)}) {
    std::cout << graph_to_json(graph) << '\0';
  }
}
