#include "pruning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "channel_set.hpp"
#include "hwcost/work.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kChannelAxis = 1;     // of NC[D]HW
constexpr double kMostChannels = 16777216;  // that are followed one by one
constexpr const char* kNoRule = "how its output depends on channels is not known";

// Walks the nodes in execution order; tensors keep their full shapes until all layers are done.
class Pruning {
 public:
  Pruning(Graph& graph, const std::vector<SourcePlace>& places)
      : graph_(graph), places_(places), sets_(graph.tensors.size()) {
    for (const Node& node : graph.nodes) parameters_before_.push_back(parameters(node));
  }

  void run() {
    for (NodeId k = 0; k < graph_.nodes.size(); ++k) visit_node(k);
    for (Node& node : graph_.nodes) check_shared_parameters(node);
    for (TensorId id = 0; id < graph_.tensors.size(); ++id) {
      if (sets_[id]) graph_.tensors[id].shape[sets_[id]->axis] -= sets_[id]->pruned_entries();
    }
  }

 private:
  using Set = std::optional<ChannelSet>;

  [[noreturn]] void refuse(const ChannelSet& set, const std::string& why) const {
    throw BlockedChannels(places_[set.layer],
                          fmt::format("layer '{}' loses {} of {} channels, which cannot be taken out of {} '{}': {}",
                                      graph_.nodes[set.layer].layer.name, set.pruned, set.channels,
                                      name(node_->layer.op), node_->layer.name, why),
                          static_cast<NodeId>(node_ - graph_.nodes.data()));
  }

  static double parameters(const Node& node) {
    const Work<> w = work(node.layer);
    return w.parameters() + w.buffers;
  }
  [[nodiscard]] bool lost_parameters(const Node& node) const {
    return parameters(node) != parameters_before_[static_cast<std::size_t>(&node - graph_.nodes.data())];
  }

  // What two layers read stays one tensor only where both lose the same inputs.
  void check_shared_parameters(Node& node) {
    if (!node.weights_of) return;
    const Node& owner = graph_.nodes[*node.weights_of];
    if (!lost_parameters(node) && !lost_parameters(owner)) return;
    const ChannelSet* here = first_set(node);
    const ChannelSet* there = first_set(owner);
    if (here != nullptr && there != nullptr && certainly_equal(*here, *there)) return;
    node_ = &node;
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): parameters go with pruned inputs alone, so one has a set
    refuse(here != nullptr ? *here : *there,
           fmt::format("it shares its weights with {} '{}', which may not lose the same inputs", name(owner.layer.op),
                       owner.layer.name));
  }

  void visit_node(NodeId k) {
    node_ = &graph_.nodes[k];
    node_id_ = k;
    if (first_set(*node_) != nullptr) {
      write(std::visit([this](auto& dims) { return pass(dims); }, node_->layer.dims));
    } else {
      write(own_set());
    }
  }

  // Of the first input that loses channels; null where none does.
  [[nodiscard]] const ChannelSet* first_set(const Node& node) const {
    for (const TensorId id : node.inputs) {
      if (sets_[id]) return &*sets_[id];
    }
    return nullptr;
  }

  // What the layer's own widths prune from its output tensor, with the channels' axis there.
  [[nodiscard]] Set own_set() const {
    Set own = pruned_by_widths(node_->layer, node_id_);
    if (!own || node_->outputs.empty()) return std::nullopt;
    own->origin = node_->weights_of.value_or(node_id_);  // one tensor's channels are the same in all its readers
    const Tensor& out = graph_.tensors[node_->outputs.front()];
    if (!out.known_shape || out.shape.empty()) refuse(*own, "the shape of the output is not known");
    own->axis = std::holds_alternative<Linear<>>(node_->layer.dims) ? out.shape.size() - 1 : kChannelAxis;
    const double extent = own->axis < out.shape.size() ? out.shape[own->axis] : 0.0;
    if (extent == own->channels - own->pruned) return std::nullopt;  // removed before
    if (extent != own->channels) refuse(*own, fmt::format("the output has {} channels", extent));
    return own;
  }

  void write(const Set& set) {
    if (!set) return;
    for (const TensorId id : node_->outputs) {
      const Tensor& out = graph_.tensors[id];
      if (!out.known_shape || set->axis >= out.shape.size() || out.shape[set->axis] != set->channels * set->entries) {
        refuse(*set, fmt::format("the output '{}' does not have these channels", out.name));
      }
      sets_[id] = set;
    }
  }

  [[nodiscard]] const Tensor& input(std::size_t i) const { return graph_.tensors[node_->inputs[i]]; }
  [[nodiscard]] const Tensor& output() const { return graph_.tensors[node_->outputs.front()]; }

  // The pruned input of a layer that reads one activation.
  [[nodiscard]] const ChannelSet& only_set() const {
    const ChannelSet& set = *first_set(*node_);
    if (node_->inputs.size() != 1) refuse(set, "it reads several activations");
    return set;
  }
  [[nodiscard]] const ChannelSet& only_set_along(std::size_t axis) const {
    const ChannelSet& set = only_set();
    if (set.axis != axis)
      refuse(set, fmt::format("they lie along axis {}, and it reads channels along {}", set.axis, axis));
    return set;
  }
  [[nodiscard]] std::size_t last_axis() const { return input(0).shape.size() - 1; }

  void check_reads(const ChannelSet& set, double in_channels) const {
    if (in_channels == set.channels * set.entries) return;
    refuse(set, fmt::format("it reads {} channels where its input has {}", in_channels, set.channels * set.entries));
  }

  // `count` elements without those of the pruned channels; numbers that the channels do not divide stay (a scalar).
  static void shrink_parameters(double& count, const ChannelSet& set) {
    if (set.scales(count)) count = set.scaled(count);
  }

  Set pass(Convolution<>& dims) {
    const ChannelSet& set = only_set_along(kChannelAxis);
    check_reads(set, dims.in_channels);
    if (dims.is_depthwise()) return pass_depthwise(dims, set);
    if (dims.groups != 1.0) check_groups_lose_alike(dims, set);
    dims.in_channels -= set.pruned_entries();
    return own_set();
  }

  void check_groups_lose_alike(const Convolution<>& dims, const ChannelSet& set) const {
    if (set.pruned == set.channels) return;
    if (set.which.empty())
      refuse(set,
             fmt::format("it has {} groups, and which channels are lost is not known: give a width for every channel",
                         dims.groups));
    const double each = set.pruned / dims.groups;
    const auto channels_a_group = static_cast<std::ptrdiff_t>(set.channels / dims.groups);
    if (std::fmod(set.channels, dims.groups) != 0.0) refuse(set, "its groups do not end between channels");
    for (auto begin = set.which.begin(); begin != set.which.end(); begin += channels_a_group) {
      if (static_cast<double>(std::count(begin, begin + channels_a_group, true)) == each) continue;
      refuse(set, fmt::format("its {} groups would not lose equally many", dims.groups));
    }
  }

  // A depthwise layer loses the channels that it reads; its own widths may prune more of them where all are known.
  Set pass_depthwise(Convolution<>& dims, const ChannelSet& set) {
    if (set.entries != 1.0) refuse(set, "several of its channels belong to one that is lost");
    const ChannelSet lost = repeated(set, dims.out_channels / dims.groups);
    const Set own = own_set();
    const ChannelSet merged = own ? merge_depthwise(lost, *own) : lost;
    remove_from_widths(node_->layer.precision.weight, lost, own);
    dims = with_out_channels(dims, dims.out_channels - lost.pruned_entries());
    return merged;
  }

  // Both by single output channel, or both of equal number: then they are the same ones.
  [[nodiscard]] ChannelSet merge_depthwise(const ChannelSet& lost, const ChannelSet& own) const {
    if (!lost.which.empty() && !own.which.empty()) {
      ChannelSet merged = own;
      for (std::size_t c = 0; c < merged.which.size(); ++c) {
        if (lost.which[c / static_cast<std::size_t>(lost.entries)]) merged.which[c] = true;
      }
      merged.pruned = static_cast<double>(std::count(merged.which.begin(), merged.which.end(), true));
      return merged;
    }
    if (lost.pruned_entries() != own.pruned) {
      refuse(lost, fmt::format("{} of its own channels have 0 bit, which may not be the same ones", own.pruned));
    }
    return lost;
  }

  // Takes the lost channels' widths out of a depthwise layer's.
  void remove_from_widths(WeightFormat& weight, const ChannelSet& lost, const Set& own) const {
    if (!weight.is_mixed()) return;
    if (!lost.which.empty() && !weight.by_channel.empty()) {
      std::vector<double> left;
      for (std::size_t c = 0; c < weight.by_channel.size(); ++c) {
        if (!lost.which[c / static_cast<std::size_t>(lost.entries)]) left.push_back(weight.by_channel[c]);
      }
      weight = left.empty() ? WeightFormat(integer(0.0)) : WeightFormat::per_channel(std::move(left));
      return;
    }
    if (own && own->pruned == lost.pruned_entries()) {
      weight.groups.erase(weight.groups.begin());
      std::erase(weight.by_channel, 0.0);
      if (!weight.is_mixed()) weight.uniform = integer(0.0);
      return;
    }
    if (weight.groups.size() > 1) refuse(lost, "it has several widths, and which the lost channels have is not known");
    weight.groups.front().channels -= lost.pruned_entries();
    if (weight.groups.front().channels == 0.0) weight = integer(0.0);
  }

  Set pass(Linear<>& dims) {
    const ChannelSet& set = only_set_along(last_axis());
    check_reads(set, dims.in_channels);
    dims.in_channels -= set.pruned_entries();
    return own_set();
  }

  Set pass(Pooling<>& dims) {
    const ChannelSet& set = only_set_along(kChannelAxis);
    dims.channels -= set.pruned_entries();
    return set;
  }

  Set pass(Normalization<>& dims) {
    const ChannelSet& set = only_set();
    const Op op = node_->layer.op;
    const bool over_last_axis = op == Op::layer_norm || op == Op::rms_norm;
    if (op == Op::group_norm) refuse(set, "the groups that are normalized would change");
    if (set.axis != (over_last_axis ? last_axis() : kChannelAxis)) refuse(set, "another axis is normalized");
    if (set.scales(dims.channels)) dims.channels = set.scaled(dims.channels);
    dims.elements = set.scaled(dims.elements);
    shrink_parameters(dims.parameters, set);
    shrink_parameters(dims.buffers, set);
    return set;
  }

  Set pass(Softmax<>& dims) {
    const ChannelSet& set = only_set_along(last_axis());
    if (dims.length != set.channels * set.entries) refuse(set, "the softmax runs over another axis");
    dims.length -= set.pruned_entries();
    return set;
  }

  // Over the pixels of NC[D]HW.
  Set pass(Reduction<>& dims) {
    const ChannelSet& set = only_set_along(kChannelAxis);
    const std::vector<double>& from = input(0).shape;
    const std::vector<double>& to = output().shape;
    const bool keeps_axes = to.size() == from.size() && to[kChannelAxis] == from[kChannelAxis];
    // Without the reduced axes the channels are told from pixels by their number alone.
    const bool keeps_channels = to.size() == 2 && to[kChannelAxis] == from[kChannelAxis] &&
                                std::count(from.begin() + 2, from.end(), from[kChannelAxis]) == 0;
    if (!keeps_axes && !keeps_channels) refuse(set, "the channels themselves may be reduced");
    dims.in_elements = set.scaled(dims.in_elements);
    dims.out_elements = set.scaled(dims.out_elements);
    return set;
  }

  Set pass(Elementwise<>& dims) {
    const ChannelSet set = common_set();
    double read = 0.0;
    double removed = 0.0;
    for (const TensorId id : node_->inputs) {
      const double elements = graph_.tensors[id].elements();
      read += elements;
      if (sets_[id]) removed += elements - set.scaled(elements);
    }
    dims.input_elements = read == dims.input_elements ? read - removed : set.scaled(dims.input_elements);
    dims.elements = set.scaled(dims.elements);
    shrink_parameters(dims.parameters, set);
    return set;
  }

  // The channels that all operands of an element-wise operator lose, along the output's axis.
  [[nodiscard]] ChannelSet common_set() const {
    if (!output().known_shape) refuse(*first_set(*node_), "the shape of its output is not known");
    const std::size_t rank = output().shape.size();
    Set common;
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      Set set = sets_[node_->inputs[i]];
      if (!set) continue;
      set->axis += rank - std::min(rank, input(i).shape.size());  // shapes are aligned at their ends
      if (common && (set->axis != common->axis || !certainly_equal(*set, *common))) {
        refuse(*common,
               fmt::format("the {} that layer '{}' loses may not be the same ones; give both a width for every "
                           "channel, with the 0s at the same places",
                           set->pruned, graph_.nodes[set->layer].layer.name));
      }
      common = set;
    }
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      if (!sets_[node_->inputs[i]] && has_channels_of(input(i), *common, rank)) {
        refuse(*common, fmt::format("its operand '{}' still has all of them", input(i).name));
      }
    }
    return *common;
  }

  // Whether the operand has the set's axis, rather than being broadcast along it.
  static bool has_channels_of(const Tensor& operand, const ChannelSet& set, std::size_t out_rank) {
    if (!operand.known_shape) return true;
    const std::size_t missing = out_rank - std::min(out_rank, operand.shape.size());
    return set.axis >= missing && operand.shape[set.axis - missing] != 1.0;
  }

  Set pass(Movement<>& dims) {
    switch (node_->layer.op) {
      case Op::identity:
      case Op::pad:
      case Op::resize_nearest:
      case Op::resize_linear:
      case Op::resize_cubic:
        return shrink(dims, only_set());
      case Op::reshape:
        return shrink(dims, reshaped_set());
      case Op::concat:
        return pass_concat(dims);
      default:
        refuse(*first_set(*node_), kNoRule);
    }
  }

  static Set shrink(Movement<>& dims, const ChannelSet& set) {
    dims.in_elements = set.scaled(dims.in_elements);
    dims.out_elements = set.scaled(dims.out_elements);
    return set;
  }

  [[nodiscard]] ChannelSet reshaped_set() const {
    const ChannelSet& set = only_set();
    if (!output().known_shape) refuse(set, "the shape of the output is not known");
    if (const Set seen = reshaped(set, input(0).shape, output().shape)) return *seen;
    refuse(set, "it mixes channels with other axes");
  }

  // Joined along the channels: those of all operands in turn, each known one by one.
  Set pass_concat(Movement<>& dims) {
    const ChannelSet& first = *first_set(*node_);
    if (!output().known_shape || !(output().shape[first.axis] <= kMostChannels)) {
      refuse(first, "the channels of its output are not known");
    }
    ChannelSet joined{
        .axis = first.axis, .entries = first.entries, .which = {}, .layer = first.layer, .origin = node_id_};
    double removed = 0.0;
    for (const TensorId id : node_->inputs) {
      append(joined, graph_.tensors[id], sets_[id]);
      if (sets_[id]) removed += graph_.tensors[id].elements() - sets_[id]->scaled(graph_.tensors[id].elements());
    }
    joined.channels = static_cast<double>(joined.which.size());
    joined.pruned = static_cast<double>(std::count(joined.which.begin(), joined.which.end(), true));
    if (joined.channels * joined.entries != output().shape[joined.axis]) {
      refuse(first, "its operands are not joined along the channels");
    }
    dims.in_elements -= removed;
    dims.out_elements -= removed;
    return joined;
  }

  void append(ChannelSet& joined, const Tensor& operand, const Set& set) const {
    if (!set) {
      const double channels =
          operand.known_shape && joined.axis < operand.shape.size() ? operand.shape[joined.axis] : 0.0;
      joined.which.resize(joined.which.size() + static_cast<std::size_t>(channels / joined.entries), false);
    } else if (set->axis != joined.axis || set->entries != joined.entries) {
      refuse(*set, "its operands have their channels along different axes");
    } else if (set->pruned == set->channels) {
      joined.which.resize(joined.which.size() + static_cast<std::size_t>(set->channels), true);
    } else if (set->which.empty()) {
      refuse(*set, "which channels are lost is not known; give a width for every channel");
    } else {
      joined.which.insert(joined.which.end(), set->which.begin(), set->which.end());
    }
  }

  template <class D>
  Set pass(D&) {
    refuse(*first_set(*node_), kNoRule);
  }

  Graph& graph_;
  const std::vector<SourcePlace>& places_;
  std::vector<Set> sets_;                  // by tensor
  std::vector<double> parameters_before_;  // by node
  Node* node_ = nullptr;                   // the one that is visited
  NodeId node_id_ = 0;
};

}  // namespace

void remove_pruned_channels(Graph& graph, const std::vector<SourcePlace>& places) { Pruning(graph, places).run(); }

}  // namespace hwcost
