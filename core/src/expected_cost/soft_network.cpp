#include "soft_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "hwcost/assignment.hpp"
#include "hwcost/batch.hpp"
#include "named_nodes.hpp"
#include "pruning.hpp"
#include "sentence.hpp"

namespace hwcost {
namespace {

[[noreturn]] void fail(const std::string& what) { throw InputError({}, what); }

constexpr double kMostChannels = 4294967295.0;  // knots are remembered by 32-bit counts

class SoftNetworkBuilder {
 public:
  SoftNetworkBuilder(Graph graph, const SearchSpace& space) {
    network_.graph = std::move(graph);
    for (NodeId k = 0; k < nodes().size(); ++k) network_.nodes.push_back(soft_node(k));
    for (const WeightQuantizer& quantizer : space.weights) add(quantizer);
    for (const ActivationQuantizer& quantizer : space.activations) add(quantizer);
    for (const SoftChannels& channels : space.channels) add(channels);
    make_classes();
    for (std::size_t c = 0; c < network_.classes.size(); ++c) follow(c);
    for (const SoftNode& soft : network_.nodes) check(soft);
  }

  SoftNetwork take() && { return std::move(network_); }

 private:
  [[nodiscard]] const std::vector<Node>& nodes() const { return network_.graph.nodes; }
  [[nodiscard]] const std::string& name_of(NodeId k) const { return nodes()[k].layer.name; }

  [[nodiscard]] SoftNode soft_node(NodeId k) const {
    SoftNode soft;
    soft.node = k;
    const Dims& dims = nodes()[k].layer.dims;
    soft.out_channels = out_channels(dims);
    if (const auto* d = std::get_if<Convolution<>>(&dims)) {
      soft.in_extent = d->in_channels;
      soft.is_depthwise = d->is_depthwise();
      if (soft.is_depthwise) soft.outputs_an_input = d->out_channels / d->groups;
    } else if (const auto* linear = std::get_if<Linear<>>(&dims)) {
      soft.in_extent = linear->in_channels;
    }
    return soft;
  }

  Block& add_block(Block::Kind kind, const std::string& name, std::vector<double> widths, std::size_t size) {
    for (const Block& other : network_.blocks) {
      if (other.name == name) fail(fmt::format("two parts of the search space have the name '{}'", name));
    }
    Block& block = network_.blocks.emplace_back();
    block.kind = kind;
    block.name = name;
    block.widths = std::move(widths);
    block.offset = network_.variables;
    block.size = size;
    network_.variables += size;
    return block;
  }

  static void check_widths(const std::string& name, const std::vector<double>& widths) {
    if (widths.empty()) fail(fmt::format("quantiser '{}' has no widths", name));
    for (auto width = widths.begin(); width != widths.end(); ++width) {
      if (std::find(widths.begin(), width, *width) != width) {
        fail(fmt::format("quantiser '{}' has the width {} twice", name, *width));
      }
    }
  }

  // The nodes with weights of these names, and those that read the same weights.
  [[nodiscard]] std::vector<NodeId> weighted_nodes(const std::string& block,
                                                   const std::vector<std::string>& names) const {
    if (names.empty()) fail(fmt::format("'{}' names no layers", block));
    std::set<NodeId> found;
    for (const std::string& layer : names) {
      const std::vector<NodeId> named = nodes_named(network_.graph, layer);
      if (named.empty()) fail(fmt::format("'{}': the model has no layer '{}'", block, layer));
      const std::vector<NodeId> weighted = with_weights(network_.graph, named);
      if (weighted.empty()) fail(fmt::format("'{}': layer '{}' has no weights", block, layer));
      for (const NodeId k : weighted) add_readers(nodes()[k].weights_of.value_or(k), found);
    }
    return {found.begin(), found.end()};
  }
  void add_readers(NodeId owner, std::set<NodeId>& found) const {
    for (NodeId k = 0; k < nodes().size(); ++k) {
      if ((k == owner || nodes()[k].weights_of == owner) && has_weights(nodes()[k].layer)) found.insert(k);
    }
  }

  void add(const WeightQuantizer& quantizer) {
    check_widths(quantizer.name, quantizer.widths);
    const std::vector<NodeId> found = weighted_nodes(quantizer.name, quantizer.layers);
    const std::size_t index = network_.blocks.size();
    Block& block = add_block(Block::Kind::weight, quantizer.name, quantizer.widths, quantizer.widths.size());
    block.choice = quantizer.kind;
    for (const NodeId k : found) {
      for (const double width : quantizer.widths) check_weight(quantizer, k, width);
      if (network_.nodes[k].weight != kNone) fail_twice(block.name, k, network_.blocks[network_.nodes[k].weight].name);
      network_.nodes[k].weight = index;
      block.layers.push_back(name_of(k));
    }
  }
  void check_weight(const WeightQuantizer& quantizer, NodeId k, double width) const {
    Layer layer = nodes()[k].layer;
    layer.precision.weight = integer(width);
    if (const auto reason = contradiction(layer)) {
      fail(fmt::format("quantiser '{}', layer '{}': {}", quantizer.name, layer.name, *reason));
    }
    if (quantizer.kind == SoftChoice::split && network_.nodes[k].out_channels == 0.0) {
      fail(fmt::format("quantiser '{}': the channels of {} '{}' cannot divide over widths, only `choice` can be made",
                       quantizer.name, hwcost::name(layer.op), layer.name));
    }
  }
  [[noreturn]] void fail_twice(const std::string& block, NodeId k, const std::string& other) const {
    fail(fmt::format("layer '{}' is in '{}' and in '{}': put what shares it into one", name_of(k), other, block));
  }

  // What depends on the inputs' width is what differs between two networks to which assign() gave different ones.
  void add(const ActivationQuantizer& quantizer) {
    check_widths(quantizer.name, quantizer.widths);
    if (quantizer.layers.empty()) fail(fmt::format("'{}' names no layers", quantizer.name));
    for (const double width : quantizer.widths) static_cast<void>(with_inputs(quantizer, width));
    const Graph one = with_inputs(quantizer, 1.0);
    const Graph other = with_inputs(quantizer, 2.0);
    const std::size_t index = network_.blocks.size();
    Block& block = add_block(Block::Kind::activation, quantizer.name, quantizer.widths, quantizer.widths.size());
    for (NodeId k = 0; k < nodes().size(); ++k) {
      const Precision& a = one.nodes[k].layer.precision;
      const Precision& b = other.nodes[k].layer.precision;
      SoftNode& soft = network_.nodes[k];
      if (a.input != b.input) {
        if (soft.input != kNone) fail_twice(block.name, k, network_.blocks[soft.input].name);
        soft.input = index;
        block.layers.push_back(name_of(k));
      }
      if (a.output != b.output) {
        if (soft.output != kNone) {
          fail(fmt::format("'{}' and '{}' are of the same values, those that layer '{}' writes: make them one",
                           network_.blocks[soft.output].name, block.name, name_of(k)));
        }
        soft.output = index;
      }
    }
  }
  [[nodiscard]] Graph with_inputs(const ActivationQuantizer& quantizer, double width) const {
    std::vector<Assignment> assignments;
    for (const std::string& layer : quantizer.layers) {
      assignments.push_back({.layer = layer, .weight = {}, .input = integer(width), .place = {}});
    }
    Graph graph = network_.graph;
    try {
      assign(graph, assignments);
    } catch (const InputError& error) {
      fail(fmt::format("quantiser '{}': {}", quantizer.name, sentence(error)));
    }
    return graph;
  }

  void add(const SoftChannels& channels) {
    const std::vector<NodeId> found = weighted_nodes(channels.name, channels.layers);
    const std::size_t offset = network_.variables;
    Block& block = add_block(Block::Kind::channels, channels.name, {}, 1);
    block.channels = network_.nodes[found.front()].out_channels;
    for (const NodeId k : found) {
      const SoftNode& soft = network_.nodes[k];
      if (soft.out_channels == 0.0) fail(fmt::format("'{}': layer '{}' has no channels", block.name, name_of(k)));
      if (soft.out_channels != block.channels) {
        fail(fmt::format("'{}': layer '{}' has {} channels, and layer '{}' has {}", block.name, name_of(found.front()),
                         block.channels, name_of(k), soft.out_channels));
      }
      if (nodes()[k].layer.precision.weight.is_mixed() && soft.weight == kNone) {
        fail(fmt::format("'{}': which widths layer '{}' would lose channels of is not known", block.name, name_of(k)));
      }
      if (const auto [it, is_new] = counts_.emplace(k, offset); !is_new) fail_twice(block.name, k, "another number");
      block.layers.push_back(name_of(k));
    }
  }

  // The variable that is the probability of 0 bit.
  [[nodiscard]] std::size_t pruning_of(const SoftNode& soft) const {
    if (soft.weight == kNone) return kNone;
    const Block& block = network_.blocks[soft.weight];
    const auto zero = std::find(block.widths.begin(), block.widths.end(), 0.0);
    return zero == block.widths.end() ? kNone : block.offset + static_cast<std::size_t>(zero - block.widths.begin());
  }

  // Layers that lose equally many channels by the same variables lose the same ones.
  void make_classes() {
    std::map<std::tuple<double, std::size_t, std::size_t>, std::size_t> known;
    for (SoftNode& soft : network_.nodes) {
      const auto count = counts_.find(soft.node);
      ChannelClass channels{soft.out_channels, pruning_of(soft), count == counts_.end() ? kNone : count->second, {}};
      if (channels.pruning == kNone && channels.count == kNone) continue;
      const auto [it, is_new] =
          known.emplace(std::tuple(channels.channels, channels.pruning, channels.count), network_.classes.size());
      if (is_new) network_.classes.push_back(channels);
      network_.classes[it->second].nodes.push_back(soft.node);
      soft.own_class = it->second;
    }
  }

  // Takes all channels of the class out, by the rules of assign(), and looks at what the layers behind have lost:
  // extents are affine in the channels.
  void follow(std::size_t channel_class) {
    const ChannelClass& channels = network_.classes[channel_class];
    Graph left = network_.graph;
    for (const NodeId k : channels.nodes) left.nodes[k].layer.precision.weight = integer(0.0);
    try {
      remove_pruned_channels(left, std::vector<SourcePlace>(left.nodes.size()));
    } catch (const InputError& error) {
      fail(
          fmt::format("{}; tie all layers whose channels meet there (one quantiser, or one number of channels), or "
                      "let none of them lose any",
                      sentence(error)));
    }
    for (SoftNode& soft : network_.nodes) {
      const double lost = lost_inputs(soft, left);
      if (lost == 0.0) continue;
      soft.terms.push_back({channel_class, lost / channels.channels});
      if (info(nodes()[soft.node].layer.op).family == Family::convolution ||
          info(nodes()[soft.node].layer.op).family == Family::linear) {
        continue;
      }
      set_slopes(soft, left.nodes[soft.node].layer, lost);
    }
  }

  // How many of its inputs the node lost; sets their number where it is met first.
  [[nodiscard]] double lost_inputs(SoftNode& soft, const Graph& left) const {
    const Node& before = nodes()[soft.node];
    const Node& after = left.nodes[soft.node];
    if (const auto* d = std::get_if<Convolution<>>(&before.layer.dims)) {
      return d->in_channels - std::get<Convolution<>>(after.layer.dims).in_channels;
    }
    if (const auto* d = std::get_if<Linear<>>(&before.layer.dims)) {
      return d->in_channels - std::get<Linear<>>(after.layer.dims).in_channels;
    }
    if (before.layer == after.layer || before.outputs.empty()) return 0.0;
    const Tensor& full = network_.graph.tensors[before.outputs.front()];
    const Tensor& rest = left.tensors[before.outputs.front()];
    for (std::size_t axis = 0; axis < full.shape.size(); ++axis) {
      if (full.shape[axis] == rest.shape[axis]) continue;
      soft.in_extent = full.shape[axis];
      return full.shape[axis] - rest.shape[axis];
    }
    return 0.0;
  }

  void set_slopes(SoftNode& soft, const Layer& left, double lost) const {
    const Layer& own = nodes()[soft.node].layer;
    std::vector<double> slopes;
    std::visit(
        [&]<class D>(const D& before) {
          for (const auto& member : D::kMembers) {
            slopes.push_back((before.*member.pointer - std::get<D>(left.dims).*member.pointer) / lost);
          }
        },
        own.dims);
    const auto differs = [](double a, double b) { return std::abs(a - b) > 1e-9 * std::max(std::abs(a), std::abs(b)); };
    if (!soft.slopes.empty() && !std::equal(slopes.begin(), slopes.end(), soft.slopes.begin(), std::not_fn(differs))) {
      fail(fmt::format("{} '{}' reads channels of several layers, and how its extents depend on each is not known",
                       hwcost::name(own.op), own.name));
    }
    soft.slopes = std::move(slopes);
  }

  void check(const SoftNode& soft) const {
    const Layer& layer = nodes()[soft.node].layer;
    if (!(std::max(soft.in_extent, soft.out_channels) <= kMostChannels)) {
      fail(fmt::format("layer '{}' has more than 2^32 channels", layer.name));
    }
    if (soft.follows_inputs() && soft.weight == kNone && layer.precision.weight.is_mixed()) {
      fail(fmt::format("which widths depthwise layer '{}' would lose channels of is not known", layer.name));
    }
    if (!soft.is_depthwise || soft.terms.empty() || soft.own_class == kNone) return;
    if (soft.terms.size() == 1 && soft.terms.front().channel_class == soft.own_class) return;
    fail(
        fmt::format("depthwise layer '{}' has the channels that it reads: tie it to the layers before (one output a "
                    "channel), or let it lose none of its own",
                    layer.name));
  }

  SoftNetwork network_;
  std::map<NodeId, std::size_t> counts_;  // the variable that is the node's number of channels
};

}  // namespace

SoftNetwork soft_network(Graph graph, const SearchSpace& space) {
  return SoftNetworkBuilder(std::move(graph), space).take();
}

std::uint64_t counted_members(const SoftNode& soft, const Layer& own) {
  const Family family = info(own.op).family;
  std::uint64_t members = members_named(family, {"out_channels", "in_channels", "weight_bits"});
  if (soft.is_depthwise) members |= members_named(family, {"groups"});
  for (std::size_t k = 0; k < soft.slopes.size(); ++k) {
    if (soft.slopes[k] != 0.0) members |= std::uint64_t{1} << k;
  }
  return members;
}

void set_channels(const SoftNode& soft, const Layer& own, double out, double in, Layer& layer) {
  if (const auto* d = std::get_if<Convolution<>>(&own.dims)) {
    Convolution<>& to = std::get<Convolution<>>(layer.dims);
    if (soft.is_depthwise) {
      to = with_out_channels(*d, out);
    } else {
      to.out_channels = out;
      to.in_channels = in;
    }
  } else if (std::holds_alternative<Linear<>>(own.dims)) {
    Linear<>& to = std::get<Linear<>>(layer.dims);
    to.out_channels = out;
    to.in_channels = in;
  } else if (!soft.slopes.empty()) {
    std::visit(
        [&]<class D>(D& to) {
          const D& from = std::get<D>(own.dims);
          for (std::size_t k = 0; k < kMemberCount<D>; ++k) {
            to.*D::kMembers[k].pointer = from.*D::kMembers[k].pointer - soft.slopes[k] * (soft.in_extent - in);
          }
        },
        layer.dims);
  }
}

}  // namespace hwcost
