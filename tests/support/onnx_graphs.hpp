// What tests of imported ONNX models write and ask again and again.
#pragma once

#include <string>
#include <vector>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"
#include "onnx_writer.hpp"

namespace hwcost::test {

inline OnnxAttribute number(std::string name, std::int64_t value) {
  return {.name = std::move(name), .integer = value};
}
inline OnnxAttribute body(std::string name, const ModelWriter& graph) {
  return {.name = std::move(name), .graph = graph.graph()};
}

inline double macs(const Graph& graph) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) sum += facts(node.layer).macs;
  return sum;
}
inline double parameters(const Graph& graph) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) sum += facts(node.layer).params;
  return sum;
}

inline std::vector<double> shape_of(const Graph& graph, std::size_t output = 0) {
  return graph.tensors.at(graph.outputs.at(output)).shape;
}

// The error that the import ends with, "none" where it succeeds.
inline std::string fault_of(const ModelWriter& writer) {
  try {
    (void)writer.import();
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace hwcost::test
