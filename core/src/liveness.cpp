// Live activations over the execution order.
#include <algorithm>
#include <numeric>

#include "hwcost/graph.hpp"

namespace hwcost {
namespace {

// Whether the node's output takes the place of its input.
bool works_in_place(const Node& node) {
  if (node.inputs.size() != 1 || node.outputs.size() != 1) return false;
  const Op op = node.layer.op;
  if (op == Op::pad) {
    const auto* moved = std::get_if<Movement<>>(&node.layer.dims);
    return moved != nullptr && moved->in_elements == moved->out_elements;
  }
  return is_unary(op) || op == Op::batch_norm || is_view(op);
}

// Memory that a tensor and all that are written over it share. It lives until the last reader of any of them.
struct Buffer {
  double elements = 0.0;
  double bytes = 0.0;
  NodeId born = 0;
  NodeId last_needed = 0;
  bool is_used = false;
};

class Liveness {
 public:
  explicit Liveness(const Graph& graph) : graph_(graph), buffers_(graph.tensors.size()) {
    buffer_of_.resize(graph.tensors.size());
    std::iota(buffer_of_.begin(), buffer_of_.end(), TensorId{0});
  }

  std::optional<ActivationPeak> peak() {
    if (!find_lifetimes()) return std::nullopt;
    return sweep();
  }

 private:
  // Makes the tensor part of its buffer, needed at least until `node`. False where its size is unknown.
  bool hold(TensorId id, NodeId node) {
    const Tensor& tensor = graph_.tensors[id];
    if (!tensor.known_shape) return false;
    Buffer& buffer = buffers_[buffer_of_[id]];
    if (!buffer.is_used) buffer.born = node;
    buffer.is_used = true;
    buffer.elements = std::max(buffer.elements, tensor.elements());
    buffer.bytes = std::max(buffer.bytes, tensor.bytes());
    buffer.last_needed = std::max(buffer.last_needed, node);
    return true;
  }

  bool find_lifetimes() {
    bool known = true;
    for (NodeId k = 0; k < graph_.nodes.size(); ++k) {
      const Node& node = graph_.nodes[k];
      for (const TensorId id : node.inputs) known = hold(id, k) && known;
      if (works_in_place(node)) buffer_of_[node.outputs.front()] = buffer_of_[node.inputs.front()];
      for (const TensorId id : node.outputs) known = hold(id, k) && known;
    }
    const NodeId last = graph_.nodes.size() - 1;
    for (const TensorId id : graph_.outputs) known = hold(id, last) && known;
    // The network's inputs are there from the start.
    for (const TensorId id : graph_.inputs) buffers_[buffer_of_[id]].born = 0;
    return known;
  }

  static void raise(double& highest, NodeId& at, double value, NodeId node) {
    if (value <= highest) return;
    highest = value;
    at = node;
  }

  ActivationPeak sweep() const {
    const std::size_t count = graph_.nodes.size();
    std::vector<std::vector<TensorId>> born(count);
    std::vector<std::vector<TensorId>> dies(count);
    for (TensorId id = 0; id < buffers_.size(); ++id) {
      if (!buffers_[id].is_used) continue;
      born[buffers_[id].born].push_back(id);
      dies[buffers_[id].last_needed].push_back(id);
    }
    ActivationPeak peak;
    double elements = 0.0;
    double bytes = 0.0;
    for (NodeId k = 0; k < count; ++k) {
      for (const TensorId id : born[k]) {
        elements += buffers_[id].elements;
        bytes += buffers_[id].bytes;
      }
      raise(peak.elements, peak.at_elements, elements, k);
      raise(peak.bytes, peak.at_bytes, bytes, k);
      for (const TensorId id : dies[k]) {
        elements -= buffers_[id].elements;
        bytes -= buffers_[id].bytes;
      }
    }
    return peak;
  }

  const Graph& graph_;
  std::vector<Buffer> buffers_;  // by the tensor that began it
  std::vector<TensorId> buffer_of_;
};

}  // namespace

std::optional<ActivationPeak> peak_activations(const Graph& graph) {
  const bool has_edges = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                     [](const Node& node) { return !node.inputs.empty() || !node.outputs.empty(); });
  if (!has_edges) return std::nullopt;
  return Liveness(graph).peak();
}

}  // namespace hwcost
