// Which layers have to lose the same channels, found by taking channels out and looking at where they get stuck.
#include <algorithm>
#include <limits>

#include "hwcost/expected_cost.hpp"
#include "pruning.hpp"
#include "sentence.hpp"

namespace hwcost {
namespace {

constexpr NodeId kNowhere = std::numeric_limits<NodeId>::max();

// Layers that lose their channels together, and what stops them.
struct Group {
  std::vector<NodeId> owners;  // of the weights
  NodeId stuck_at = kNowhere;
  std::string reason;
};

class TieFinder {
 public:
  explicit TieFinder(const Graph& graph) : graph_(graph) {
    for (NodeId k = 0; k < graph.nodes.size(); ++k) {
      const Layer& layer = graph.nodes[k].layer;
      const auto* convolution = std::get_if<Convolution<>>(&layer.dims);
      const bool follows_inputs = convolution != nullptr && convolution->is_depthwise();
      if (out_channels(layer.dims) > 0.0 && !follows_inputs && !graph.nodes[k].weights_of)
        groups_.push_back({{k}, 0, {}});
    }
    for (Group& group : groups_) try_without(group);
  }

  // The groups that are stuck at the earliest node are operands of it: together they may pass.
  ChannelTies run() && {
    ChannelTies ties;
    while (!groups_.empty()) {
      const auto first = std::min_element(groups_.begin(), groups_.end(),
                                          [](const Group& a, const Group& b) { return a.stuck_at < b.stuck_at; });
      const NodeId at = first->stuck_at;
      if (at == kNowhere) break;
      Group joined;
      std::erase_if(groups_, [&](const Group& group) {
        if (group.stuck_at != at) return false;
        joined.owners.insert(joined.owners.end(), group.owners.begin(), group.owners.end());
        return true;
      });
      std::sort(joined.owners.begin(), joined.owners.end());
      try_without(joined);
      if (joined.stuck_at != at) {
        groups_.push_back(std::move(joined));
        continue;
      }
      for (const NodeId k : joined.owners) ties.fixed.push_back({graph_.nodes[k].layer.name, joined.reason});
    }
    std::sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) { return a.owners < b.owners; });
    for (const Group& group : groups_) {
      std::vector<std::string>& names = ties.groups.emplace_back();
      for (const NodeId k : group.owners) names.push_back(graph_.nodes[k].layer.name);
    }
    return ties;
  }

 private:
  void try_without(Group& group) const {
    Graph left = graph_;
    for (Node& node : left.nodes) {
      const auto k = static_cast<NodeId>(&node - left.nodes.data());
      const NodeId owner = node.weights_of.value_or(k);
      if (has_weights(node.layer) && std::find(group.owners.begin(), group.owners.end(), owner) != group.owners.end()) {
        node.layer.precision.weight = integer(0.0);
      }
    }
    group.stuck_at = kNowhere;
    try {
      remove_pruned_channels(left, std::vector<SourcePlace>(left.nodes.size()));
    } catch (const BlockedChannels& blocked) {
      group.stuck_at = blocked.at();
      group.reason = sentence(blocked);
      return;
    }
    for (const TensorId id : graph_.outputs) {
      if (left.tensors[id].shape == graph_.tensors[id].shape) continue;
      group.stuck_at = graph_.nodes.size();
      group.reason = "they are the network's output '" + graph_.tensors[id].name + "'";
    }
  }

  const Graph& graph_;
  std::vector<Group> groups_;
};

}  // namespace

ChannelTies channel_ties(const Graph& graph) { return TieFinder(graph).run(); }

}  // namespace hwcost
