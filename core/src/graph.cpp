// Graphs: sizes of tensors, what makes a graph whole, and the widths of all of it.
#include "hwcost/graph.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>

#include "hwcost/error.hpp"
#include "limits.hpp"

namespace hwcost {
namespace {

[[noreturn]] void fail_at(const Graph& graph, const Node& node, const std::string& what) {
  const std::string& name = node.source.empty() ? node.layer.name : node.source;
  const std::string place = graph.file.empty() ? "node " + name : graph.file + ": node " + name;
  throw InputError({place, 0}, what);
}

// Empty: there is none.
std::optional<std::string> fault_of_sentence(std::string_view text) {
  if (!text.empty() && text.find_first_not_of(' ') == std::string_view::npos) return "is blank";
  return fault_of_text(text, kLongestText);
}

// Walks the nodes in execution order and holds which tensors have a value so far.
class Validator {
 public:
  explicit Validator(const Graph& graph) : graph_(graph), has_value_(graph.tensors.size(), false) {}

  void run() {
    check_texts();
    for (TensorId id = 0; id < graph_.tensors.size(); ++id) check_tensor(id);
    for (const TensorId id : graph_.inputs) {
      check_network_edge(id, "input");
      has_value_[id] = true;
    }
    for (NodeId k = 0; k < graph_.nodes.size(); ++k) check_node(k);
    for (const TensorId id : graph_.outputs) {
      check_network_edge(id, "output");
      if (!has_value_[id]) {
        fail(fmt::format("network output '{}' is computed by no node", graph_.tensors[id].name));
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError({graph_.file, 0}, what); }

  void check_texts() const {
    const auto refuse = [&](std::string_view which, const std::optional<std::string>& fault) {
      if (fault) fail(fmt::format("{} {}", which, *fault));
    };
    refuse("the network's name", fault_of_name(graph_.name));
    for (const std::string& note : graph_.notes) refuse("a note", fault_of_sentence(note));
  }

  void check_names(NodeId k) const {
    const Node& node = graph_.nodes[k];
    const auto refuse = [&](std::string_view which, const std::optional<std::string>& fault) {
      if (fault) fail(fmt::format("node {}: its {} {}", k, which, *fault));
    };
    refuse("name", fault_of_name(node.layer.name));
    refuse("name in the model file", fault_of_name(node.source));
    refuse("module", fault_of_module(node.layer.module));
    refuse("operator's name", fault_of_name(node.layer.custom_op));
    refuse("reason", fault_of_sentence(node.layer.custom_reason));
    refuse("assumption", fault_of_sentence(node.layer.assumption));
  }

  void check_tensor(TensorId id) const {
    const Tensor& tensor = graph_.tensors[id];
    if (const auto fault = fault_of_name(tensor.name)) fail(fmt::format("tensor {}: its name {}", id, *fault));
    check_shape(tensor);
    check_width(tensor);
  }

  void check_width(const Tensor& tensor) const {
    const double bits = tensor.format.bits;
    if (bits >= 1.0 && bits <= 64.0) return;
    fail(fmt::format("tensor '{}' has a width of {} bits, wanted 1 to 64", tensor.name, bits));
  }

  void check_shape(const Tensor& tensor) const {
    if (!tensor.known_shape) return;
    double elements = 1.0;
    for (const double extent : tensor.shape) {
      if (!(extent >= 0.0) || extent != std::floor(extent)) {
        fail(fmt::format("tensor '{}': extent {} is no whole number of at least 0", tensor.name, extent));
      }
      elements *= extent;
    }
    if (!(elements <= kLargestExactCount)) {
      fail(fmt::format("tensor '{}' has more than 2^53 elements", tensor.name));
    }
  }

  void check_network_edge(TensorId id, std::string_view which) const {
    if (id < graph_.tensors.size()) return;
    fail(fmt::format("network {} {} is no tensor: there are {}", which, id, graph_.tensors.size()));
  }

  void check_node_edge(const Node& node, TensorId id, std::string_view which) const {
    if (id < graph_.tensors.size()) return;
    fail_at(graph_, node, fmt::format("{} {} is no tensor: there are {}", which, id, graph_.tensors.size()));
  }

  void check_node(NodeId k) {
    check_names(k);
    const Node& node = graph_.nodes[k];
    for (const TensorId id : node.inputs) {
      check_node_edge(node, id, "input");
      if (!has_value_[id]) {
        fail_at(graph_, node,
                fmt::format("reads '{}', which no earlier node computes: a cycle, or nodes out of order",
                            graph_.tensors[id].name));
      }
    }
    for (const TensorId id : node.outputs) {
      check_node_edge(node, id, "output");
      if (has_value_[id]) {
        fail_at(graph_, node, fmt::format("writes '{}', which has a value already", graph_.tensors[id].name));
      }
      has_value_[id] = true;
    }
    if (node.fused_into && *node.fused_into >= k) {
      fail_at(graph_, node, fmt::format("is fused into node {}, which is no earlier one", *node.fused_into));
    }
    if (node.weights_of) check_owner(node, k);
    if (const auto why = contradiction(node.layer)) fail_at(graph_, node, *why);
  }

  void check_owner(const Node& node, NodeId k) const {
    const NodeId owner = *node.weights_of;
    if (owner >= k) fail_at(graph_, node, fmt::format("reads the weights of node {}, which is no earlier one", owner));
    if (node.layer.owns_weights) {
      fail_at(graph_, node, fmt::format("owns its weights, and reads those of node {}", owner));
    }
    if (!graph_.nodes[owner].layer.owns_weights) {
      fail_at(graph_, node, fmt::format("reads the weights of node {}, which does not own them", owner));
    }
  }

  const Graph& graph_;
  std::vector<bool> has_value_;
};

// Which nodes write and read each tensor.
struct Uses {
  std::vector<std::optional<NodeId>> writer;
  std::vector<std::size_t> readers;  // the network's outputs are read from outside, once more

  explicit Uses(const Graph& graph) : writer(graph.tensors.size()), readers(graph.tensors.size(), 0) {
    for (NodeId k = 0; k < graph.nodes.size(); ++k) {
      for (const TensorId id : graph.nodes[k].outputs) writer[id] = k;
      for (const TensorId id : graph.nodes[k].inputs) ++readers[id];
    }
    for (const TensorId id : graph.outputs) ++readers[id];
  }
};

bool has_weights_a_channel(const Layer& layer) {
  const Family family = info(layer.op).family;
  return family == Family::convolution || family == Family::linear;
}

bool can_clamp_on_the_way_out(const Layer& layer) {
  return has_weights_a_channel(layer) || layer.op == Op::matmul || layer.op == Op::add;
}

// The earlier node that does `node` on its way out; nothing where there is none. What it does already may stand
// between: scales and shifts of channels become part of its weights until a clamp, and two clamps are one.
std::optional<NodeId> fusion_target(const Graph& graph, const Uses& uses, const Node& node) {
  const bool clamp = is_clamp(node.layer.op);
  const bool scales = node.layer.op == Op::batch_norm || node.fused_into;
  if ((!clamp && !scales) || node.inputs.size() != 1) return std::nullopt;
  const TensorId between = node.inputs.front();
  if (!uses.writer[between] || uses.readers[between] != 1) return std::nullopt;
  const NodeId before = *uses.writer[between];
  const Node& producer = graph.nodes[before];
  if (producer.layer.repeat != node.layer.repeat) return std::nullopt;  // one of them is in a loop
  if (producer.fused_into && (clamp || !is_clamp(producer.layer.op))) return producer.fused_into;
  if (!clamp) return has_weights_a_channel(producer.layer) ? std::optional(before) : std::nullopt;
  return can_clamp_on_the_way_out(producer.layer) ? std::optional(before) : std::nullopt;
}

// The kind of clamp that two are, one behind the other: a ReLU adds nothing to one before it.
Op joined_clamp(std::optional<Op> first, Op second) { return first && second == Op::relu ? *first : second; }

}  // namespace

double Tensor::elements() const { return std::accumulate(shape.begin(), shape.end(), 1.0, std::multiplies<>()); }

double Tensor::bytes() const { return std::ceil(elements() * format.bits / 8.0); }

void validate(const Graph& graph) { Validator(graph).run(); }

void mark_fusions(Graph& graph) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    node.fused_into = fusion_target(graph, uses, node);
    if (!node.fused_into || !is_clamp(node.layer.op)) continue;
    std::optional<Op>& activation = graph.nodes[*node.fused_into].layer.fused_activation;
    activation = joined_clamp(activation, node.layer.op);
  }
}

void set_bits(Graph& graph, double weight_bits, double activation_bits) {
  for (Tensor& tensor : graph.tensors) tensor.format = integer(activation_bits);
  for (Node& node : graph.nodes) {
    Layer& layer = node.layer;
    layer.precision.input = layer.precision.output = integer(activation_bits);
    layer.precision.weight = integer(second_operand_is_activation(layer.op) ? activation_bits : weight_bits);
  }
}

}  // namespace hwcost
