#include "hwcost/assignment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "did_you_mean.hpp"
#include "named_nodes.hpp"
#include "pruning.hpp"

namespace hwcost {
namespace {

// What a message calls the node, so that an assignment can name it alone.
const std::string& own_name(const Node& node) { return node.source.empty() ? node.layer.name : node.source; }

[[noreturn]] void fail(const Assignment& assignment, const std::string& what) {
  throw InputError(assignment.place, fmt::format("layer '{}': {}", assignment.layer, what));
}

std::optional<std::string> misfit(Layer layer, const WeightFormat& weight) {
  layer.precision.weight = weight;
  return contradiction(layer);
}

// Sets weight and input widths of the nodes that assignments name, and keeps where each node's widths come from.
class WidthSetter {
 public:
  explicit WidthSetter(Graph& graph)
      : graph_(graph), places_(graph.nodes.size(), SourcePlace{graph.file, 0}), weights_(graph.nodes.size()) {
    for (NodeId k = 0; k < graph.nodes.size(); ++k) {
      if (graph.nodes[k].weights_of) sharers_[*graph.nodes[k].weights_of].push_back(k);
    }
  }

  // Of the layers of that name those that have weights are meant, where any has.
  void set(const Assignment& assignment) {
    const std::vector<NodeId> named = nodes_named(assignment);
    const std::vector<NodeId> weighted = with_weights(graph_, named);
    const std::vector<NodeId>& meant = weighted.empty() ? named : weighted;
    for (const NodeId k : meant) {
      if (!assigned_.insert(k).second) fail(assignment, "is assigned twice");
    }
    if (assignment.weight) set_weights(assignment, weighted.empty() ? second_operands(assignment, named) : weighted);
    if (!assignment.input) return;
    for (const NodeId k : meant) {
      set_input(graph_.nodes[k], *assignment.input);
      if (const auto reason = contradiction(graph_.nodes[k].layer)) fail(assignment, *reason);
    }
  }

  [[nodiscard]] const std::vector<SourcePlace>& places() const { return places_; }

 private:
  [[nodiscard]] std::vector<NodeId> nodes_named(const Assignment& assignment) const {
    std::vector<NodeId> named = hwcost::nodes_named(graph_, assignment.layer);
    if (named.empty()) fail(assignment, "the model has no layer of that name" + near_layer(assignment.layer));
    return named;
  }
  [[nodiscard]] std::string near_layer(const std::string& name) const {
    std::vector<std::string> known;
    for (const Node& node : graph_.nodes) known.push_back(node.layer.name);
    const auto near = nearest(name, known);
    return near ? fmt::format("; did you mean '{}'?", *near) : "";
  }

  // Of layers without weights those whose second operand has a width of its own.
  [[nodiscard]] std::vector<NodeId> second_operands(const Assignment& assignment,
                                                    const std::vector<NodeId>& named) const {
    std::vector<NodeId> found =
        those_of(graph_, named, [](const Layer& layer) { return second_operand_is_activation(layer.op); });
    if (!found.empty()) return found;
    std::set<std::string_view> ops;
    for (const NodeId k : named) ops.insert(name(graph_.nodes[k].layer.op));
    fail(assignment, fmt::format("w_bits is given, and {} {} no weights", fmt::join(ops, " and "),
                                 ops.size() == 1 ? "has" : "have"));
  }

  void set_weights(const Assignment& assignment, const std::vector<NodeId>& nodes) {
    check_fits(assignment, nodes);
    for (const NodeId k : nodes) set_weight(assignment, k);
  }

  void check_fits(const Assignment& assignment, const std::vector<NodeId>& nodes) const {
    for (const NodeId k : nodes) {
      const Node& node = graph_.nodes[k];
      const std::optional<std::string> reason = misfit(node.layer, *assignment.weight);
      if (!reason) continue;
      if (nodes.size() == 1) fail(assignment, *reason);
      std::vector<std::string> names;
      for (const NodeId other : nodes) names.push_back(fmt::format("'{}'", own_name(graph_.nodes[other])));
      fail(assignment, fmt::format("w_bits does not fit '{}': {}; {} layers have that name, assign by their own: {}",
                                   own_name(node), *reason, nodes.size(), fmt::join(names, ", ")));
    }
  }

  // Of all nodes that read these weights.
  void set_weight(const Assignment& assignment, NodeId k) {
    const NodeId owner = graph_.nodes[k].weights_of.value_or(k);
    check_agrees(assignment, owner);
    weights_[owner] = &assignment;
    set_reader(assignment, k, owner);
    for (const NodeId sharer : sharers_[owner]) set_reader(assignment, k, sharer);
  }

  void check_agrees(const Assignment& assignment, NodeId owner) const {
    const Assignment* other = weights_[owner];
    if (other == nullptr || *other->weight == *assignment.weight) return;
    fail(assignment, fmt::format("shares its weights with layer '{}', which line {} of {} gives other widths",
                                 other->layer, other->place.line, other->place.file));
  }

  // `reader` reads the weights of node k, which the assignment names.
  void set_reader(const Assignment& assignment, NodeId k, NodeId reader) {
    Layer& layer = graph_.nodes[reader].layer;
    if (reader != k && !has_weights(layer)) return;  // there it is a small parameter, of the biases' width
    std::optional<std::string> reason = misfit(layer, *assignment.weight);
    if (!reason && assignment.weight->is_mixed() && layer.op != graph_.nodes[k].layer.op) {
      reason = fmt::format("its output channels are not those of {}", name(graph_.nodes[k].layer.op));
    }
    if (reason) {
      fail(assignment, fmt::format("shares its weights with {} '{}', which the widths do not fit: {}", name(layer.op),
                                   own_name(graph_.nodes[reader]), *reason));
    }
    layer.precision.weight = *assignment.weight;
    places_[reader] = assignment.place;
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
  std::vector<SourcePlace> places_;                // of weight widths, by node
  std::vector<const Assignment*> weights_;         // by the node that owns them; null where they are as the model says
  std::map<NodeId, std::vector<NodeId>> sharers_;  // the other nodes that read a node's weights
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
