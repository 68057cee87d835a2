#include "hwcost/assignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "pruning.hpp"

namespace hwcost {
namespace {

bool is_named(const Node& node, const std::string& name) { return node.layer.name == name || node.source == name; }

[[noreturn]] void fail(const Assignment& assignment, const std::string& what) {
  throw InputError(assignment.place, fmt::format("layer '{}': {}", assignment.layer, what));
}

// Sets weight and input widths of the nodes that assignments name, and keeps where each node's widths come from.
class WidthSetter {
 public:
  explicit WidthSetter(Graph& graph) : graph_(graph), places_(graph.nodes.size(), SourcePlace{graph.file, 0}) {}

  void set(const Assignment& assignment) {
    bool found = false;
    for (NodeId k = 0; k < graph_.nodes.size(); ++k) {
      if (!is_named(graph_.nodes[k], assignment.layer)) continue;
      found = true;
      if (!assigned_.insert(k).second) fail(assignment, "is assigned twice");
      set_node(assignment, k);
    }
    if (!found) fail(assignment, "the model has no layer of that name");
  }

  [[nodiscard]] const std::vector<SourcePlace>& places() const { return places_; }

 private:
  void set_node(const Assignment& assignment, NodeId k) {
    Layer& layer = graph_.nodes[k].layer;
    places_[k] = assignment.place;
    if (assignment.weight) layer.precision.weight = *assignment.weight;
    if (assignment.input) set_input(graph_.nodes[k], *assignment.input);
    if (const std::optional<std::string> reason = contradiction(layer)) fail(assignment, *reason);
  }

  // The layer reads that width, so it is what is stored and what the layer before writes. Of several readers with
  // different widths the widest decides.
  void set_input(Node& node, NumberFormat format) {
    node.layer.precision.input = format;
    const bool second_is_weight = node.layer.op == Op::matmul || node.layer.op == Op::attention;
    for (std::size_t i = 0; i < (second_is_weight ? std::min<std::size_t>(1, node.inputs.size()) : node.inputs.size());
         ++i) {
      const TensorId id = node.inputs[i];
      Tensor& tensor = graph_.tensors[id];
      if (!narrowed_.insert(id).second && tensor.format.bits >= format.bits) continue;
      tensor.format = format;
      for (Node& writer : graph_.nodes) {
        if (std::find(writer.outputs.begin(), writer.outputs.end(), id) != writer.outputs.end()) {
          writer.layer.precision.output = format;
        }
      }
    }
  }

  Graph& graph_;
  std::vector<SourcePlace> places_;
  std::set<NodeId> assigned_;
  std::set<TensorId> narrowed_;
};

}  // namespace

void assign(Graph& graph, const std::vector<Assignment>& assignments) {
  WidthSetter setter(graph);
  for (const Assignment& assignment : assignments) setter.set(assignment);
  remove_pruned_channels(graph, setter.places());
}

}  // namespace hwcost
