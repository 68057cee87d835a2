// Names of layers from names of nodes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model.hpp"

namespace hwcost::onnx {

struct LayerName {
  std::string name;
  std::string module;
};

// "/layer1/layer1.0/conv1/Conv" is layer and module "layer1.0.conv1": scopes joined by dots without the operator's own
// segment, a scope that begins with the one before it and a dot taking its place. "/Reshape" is "Reshape" in no module.
// Names without scopes stay; their module ends before the last dot. A node without a name is its type and `position`.
LayerName layer_name(const Node& node, std::size_t position);

// The node in errors: its name, or its type and position.
std::string node_label(const Node& node, std::size_t position);

// One line of valid UTF-8: control characters and broken sequences become '?'.
std::string clean_text(std::string_view text);

}  // namespace hwcost::onnx
