// What tests ask of an imported graph.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "hwcost/graph.hpp"
#include "onnx_writer.hpp"

namespace hwcost::test {

inline const Layer& layer(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.layer.name == name) return node.layer;
  }
  throw std::runtime_error("no layer " + name);
}

// "8 4 8 32": input, weight, output, bias.
inline std::string widths(const Layer& layer) {
  const Precision& p = layer.precision;
  return fmt::format("{} {} {} {}", to_text(p.input), to_text(p.weight.uniform), to_text(p.output), to_text(p.bias));
}

// The one line that an import fails with.
inline std::string error_of(const ModelWriter& writer, const OnnxOptions& options = {}) {
  try {
    (void)writer.import(options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace hwcost::test
