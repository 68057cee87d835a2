// A whole network: tensors, layers in execution order, and the edges between them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"

namespace hwcost {

using TensorId = std::size_t;  // index into Graph::tensors
using NodeId = std::size_t;    // index into Graph::nodes

// An activation that flows between layers. Parameters are not tensors here: a layer's extents say what it owns.
struct Tensor {
  std::string name;
  std::vector<double> shape;  // outermost first; empty with known_shape: a scalar
  NumberFormat format = kFloat32;
  bool known_shape = true;

  [[nodiscard]] HWCOST_EXPORT double elements() const;  // 1 for a scalar
  [[nodiscard]] HWCOST_EXPORT double bytes() const;     // rounded up
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

// One layer in its place. Node k may read only what earlier nodes wrote or graph inputs.
struct Node {
  Layer layer;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  std::optional<NodeId> fused_into;  // a folded scale or a clamp that this earlier node does on its way out
  std::string source;                // the node's own name in the model file
  std::optional<NodeId> weights_of = std::nullopt;  // the earlier node that owns the weights that this one reads too
  friend bool operator==(const Node&, const Node&) = default;
};

struct Graph {
  std::string name;
  std::string file;  // where it was read from
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;       // in execution order
  std::vector<TensorId> inputs;  // of the network
  std::vector<TensorId> outputs;
  std::vector<std::string> notes;  // what an importer assumed, one sentence each: reports print them at the head
  friend bool operator==(const Graph&, const Graph&) = default;
};

// Adds a layer without edges, as layer tables have them.
inline Node& add_layer(Graph& graph, Layer layer) {
  return graph.nodes.emplace_back(
      Node{.layer = std::move(layer), .inputs = {}, .outputs = {}, .fused_into = {}, .source = {}});
}

// Throws InputError where an edge points nowhere, to a later node (a cycle), or a layer contradicts itself.
HWCOST_EXPORT void validate(const Graph& graph);

// Marks what hardware does on the way out of an earlier layer (fused_into, fused_activation): batch norm, or a scale of
// channels that has a fused_into already, behind a convolution or linear layer, and clamps (ReLU, ReLU6, clip) behind
// these, a matmul or an add; only where the tensor between has no other reader and is no network output.
HWCOST_EXPORT void mark_fusions(Graph& graph);

// Sets weights to `weight_bits` and activations (the network's input included) to `activation_bits`, integers, on all
// layers and tensors. Biases stay.
HWCOST_EXPORT void set_bits(Graph& graph, double weight_bits, double activation_bits);

// The largest total of live activations over the execution order, the network's inputs included. Unary operators, batch
// norm, views and padding by nothing take their input's place; add, mul and concat do not. Nothing where the graph has
// no edges (a layer table) or a shape is unknown.
struct ActivationPeak {
  double elements = 0.0;
  double bytes = 0.0;      // at each tensor's own width; its own maximum, not necessarily at the same node
  NodeId at_elements = 0;  // where it is reached
  NodeId at_bytes = 0;
};
HWCOST_EXPORT std::optional<ActivationPeak> peak_activations(const Graph& graph);

}  // namespace hwcost
