// Any bytes as the neutral IR; what is read is written and read back the same.
#include <cstdlib>

#include "fuzz.hpp"
#include "hwcost/import/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return hwcost::fuzz::run([&] {
    const hwcost::Graph graph = hwcost::read_graph_json(hwcost::fuzz::as_text(data, size), "fuzz.json");
    if (!(hwcost::read_graph_json(hwcost::graph_to_json(graph), "fuzz.json") == graph)) std::abort();
  });
}
