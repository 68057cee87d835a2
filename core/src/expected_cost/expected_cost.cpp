#include "hwcost/expected_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hwcost/default_widths.hpp"
#include "hwcost/error.hpp"
#include "soft_plan.hpp"
#include "softmax_means.hpp"

namespace hwcost {
namespace {

Graph graph_of(const Layer& layer) {
  Graph graph;
  add_layer(graph, layer);
  return graph;
}

Graph prepared(Graph graph, const Machine& machine) {
  validate(graph);
  if (const auto& bits = machine.description.default_bits()) assume_widths(graph, *bits);
  return graph;
}

void check_size(std::string_view what, std::size_t size, std::size_t wanted) {
  if (size == wanted) return;
  throw InputError({}, fmt::format("{} have room for {} numbers, wanted {}", what, size, wanted));
}

}  // namespace

struct ExpectedCost::Workspace::Scratch {
  std::shared_ptr<const bool> owner;  // the identity of whose it is
  std::vector<NodeScratch> nodes;
  std::vector<double> count, alive;        // a class each
  std::vector<double> by_count, by_alive;  // class by class, a metric each
  std::vector<double> softmax, variables, gradients;
};

class ExpectedCost::Implementation {
 public:
  Implementation(Graph graph, const Machine& machine, const SearchSpace& space, const ExpectedCostOptions& options)
      : metrics_(options.metrics),
        network_(soft_network(prepared(std::move(graph), machine), space)),
        source_(machine, options),
        plan_(plan_network(network_, source_, options)),
        memo_(most_figures(), options.remembered_knots) {
    for (const Node& node : network_.graph.nodes) layers_.push_back(node.layer.name);
  }

  [[nodiscard]] const SoftNetwork& network() const { return network_; }
  [[nodiscard]] const std::vector<std::string>& metrics() const { return metrics_; }
  [[nodiscard]] const std::vector<std::string>& layers() const { return layers_; }
  [[nodiscard]] const std::vector<std::string>& left_out() const { return plan_.left_out; }

  void prepare(Workspace::Scratch& scratch) const {
    scratch.owner = identity_;
    for (const Node& node : network_.graph.nodes) scratch.nodes.emplace_back().candidate = node;
    scratch.count.resize(network_.classes.size());
    scratch.alive.resize(network_.classes.size());
  }

  void evaluate(std::span<const double> variables, const Results& results, Workspace::Scratch& scratch) const {
    check(variables, results, scratch);
    std::fill(results.values.begin(), results.values.end(), 0.0);
    std::fill(results.gradients.begin(), results.gradients.end(), 0.0);
    count_channels(variables, scratch);
    for (const SoftNode& soft : network_.nodes) add(soft, variables, results, scratch);
    if (!results.gradients.empty()) pass_on(variables, results.gradients, scratch);
  }

  void evaluate_logits(const Logits& logits, const Results& results, Workspace::Scratch& scratch) const {
    check_logits(network_.blocks, logits);
    const std::size_t metrics = results.gradients.empty() ? 0 : metrics_.size();
    if (metrics != 0) check_size("gradients", results.gradients.size(), metrics * logits.values.size());
    scratch.softmax.resize(logits.values.size());
    scratch.variables.resize(network_.variables);
    scratch.gradients.resize(metrics * network_.variables);
    take_softmax_means(network_.blocks, logits, scratch.softmax, scratch.variables);
    evaluate(scratch.variables, {results.values, scratch.gradients, results.layer_values}, scratch);
    for (std::size_t m = 0; m < metrics; ++m) {
      pass_to_logits(network_.blocks, logits, scratch.softmax,
                     std::span(scratch.gradients).subspan(m * network_.variables, network_.variables),
                     results.gradients.subspan(m * logits.values.size(), logits.values.size()));
    }
  }

 private:
  using Scratch = Workspace::Scratch;

  [[nodiscard]] std::size_t most_figures() const {
    std::size_t most = 1;
    for (const FigureGroup& group : source_.groups()) most = std::max(most, group.figures.size());
    return most;
  }

  void check(std::span<const double> variables, const Results& results, const Scratch& scratch) const {
    if (scratch.owner != identity_) throw InputError({}, "the workspace was made for another expected cost");
    const auto check_room = [](std::string_view what, std::span<double> room, std::size_t wanted) {
      if (!room.empty()) check_size(what, room.size(), wanted);
    };
    check_size("variables", variables.size(), network_.variables);
    check_room("values", results.values, metrics_.size());
    check_room("gradients", results.gradients, metrics_.size() * network_.variables);
    check_room("layer_values", results.layer_values, metrics_.size() * layers_.size());
    for (const Block& block : network_.blocks) {
      for (std::size_t i = 0; i < block.size; ++i) {
        const double variable = variables[block.offset + i];
        if (!std::isfinite(variable))
          throw InputError({}, fmt::format("variable {} of '{}' is {}, no finite number", i, block.name, variable));
        if (block.kind == Block::Kind::channels && variable < 0.0)
          throw InputError({}, fmt::format("'{}' has {} channels, wanted 0 or more", block.name, variable));
      }
    }
  }

  void count_channels(std::span<const double> variables, Scratch& scratch) const {
    scratch.by_count.assign(network_.classes.size() * metrics_.size(), 0.0);
    scratch.by_alive.assign(network_.classes.size() * metrics_.size(), 0.0);
    for (std::size_t c = 0; c < network_.classes.size(); ++c) {
      const ChannelClass& channels = network_.classes[c];
      scratch.count[c] = channels.count == kNone ? channels.channels : variables[channels.count];
      scratch.alive[c] = scratch.count[c];
      if (channels.pruning != kNone) scratch.alive[c] *= 1.0 - variables[channels.pruning];
    }
  }

  [[nodiscard]] NodeInputs inputs_of(const SoftNode& soft, std::span<const double> variables,
                                     const Scratch& scratch) const {
    NodeInputs in;
    in.in = soft.in_extent;
    for (const ChannelTerm& term : soft.terms) {
      in.in -= term.entries * (network_.classes[term.channel_class].channels - scratch.alive[term.channel_class]);
    }
    in.out = soft.out_channels;
    if (soft.follows_inputs()) {
      in.out = soft.outputs_an_input * in.in;
      in.is_out_soft = true;
    } else if (soft.own_class != kNone && network_.classes[soft.own_class].count != kNone) {
      in.out = scratch.count[soft.own_class];
      in.is_out_soft = true;
    }
    in.is_in_soft = !soft.terms.empty() && !soft.is_depthwise;
    const auto probabilities = [&](std::size_t block) {
      return block == kNone ? std::span<const double>()
                            : variables.subspan(network_.blocks[block].offset, network_.blocks[block].size);
    };
    in.weight = probabilities(soft.weight);
    in.input = probabilities(soft.input);
    in.output = probabilities(soft.output);
    in.splits = soft.weight != kNone && network_.blocks[soft.weight].choice == SoftChoice::split;
    in.same_activations = soft.has_same_activations();
    return in;
  }

  void add(const SoftNode& soft, std::span<const double> variables, const Results& results, Scratch& scratch) const {
    const NodePlan& plan = plan_.nodes[soft.node];
    std::span<double> own;
    if (!results.layer_values.empty()) {
      own = results.layer_values.subspan(soft.node * metrics_.size(), metrics_.size());
    }
    std::copy(plan.fixed.begin(), plan.fixed.begin() + static_cast<std::ptrdiff_t>(own.size()), own.begin());
    for (std::size_t m = 0; m < results.values.size(); ++m) results.values[m] += plan.fixed[m];
    if (plan.groups.empty()) return;
    const NodeInputs in = inputs_of(soft, variables, scratch);
    const SoftLayer layer(network_, source_, memo_, soft);
    NodeScratch& node = scratch.nodes[soft.node];
    node.next_corners = 0;
    for (const GroupPlan& group : plan.groups) {
      layer.expect(group, in, node);
      const auto& figures = source_.groups()[group.group].figures;
      for (std::size_t i = 0; i < figures.size(); ++i) {
        const std::size_t m = figures[i].column;
        if (!results.values.empty()) results.values[m] += node.expected.value[i];
        if (!own.empty()) own[m] = node.expected.value[i];
        if (!results.gradients.empty()) {
          add_gradient(soft, node, i, m, results.gradients.subspan(m * network_.variables, network_.variables),
                       scratch);
        }
      }
    }
  }

  // Figure i of the node, which is metric m.
  void add_gradient(const SoftNode& soft, const NodeScratch& node, std::size_t i, std::size_t m,
                    std::span<double> gradient, Scratch& scratch) const {
    const auto add_block = [&](std::size_t block, const std::vector<Figures>& slopes) {
      if (block == kNone) return;
      for (std::size_t k = 0; k < slopes.size(); ++k) gradient[network_.blocks[block].offset + k] += slopes[k][i];
    };
    add_block(soft.weight, node.by_weight);
    add_block(soft.input, node.by_input);
    add_block(soft.output, node.by_output);
    double by_in = node.expected.by_in[i];
    if (soft.follows_inputs()) {
      by_in = soft.outputs_an_input * node.expected.by_out[i];
    } else if (soft.own_class != kNone) {
      scratch.by_count[soft.own_class * metrics_.size() + m] += node.expected.by_out[i];
    }
    for (const ChannelTerm& term : soft.terms) {
      scratch.by_alive[term.channel_class * metrics_.size() + m] += term.entries * by_in;
    }
  }

  // From channel counts to the variables that they are made of.
  void pass_on(std::span<const double> variables, std::span<double> gradients, const Scratch& scratch) const {
    for (std::size_t c = 0; c < network_.classes.size(); ++c) {
      const ChannelClass& channels = network_.classes[c];
      const double kept = channels.pruning == kNone ? 1.0 : 1.0 - variables[channels.pruning];
      for (std::size_t m = 0; m < metrics_.size(); ++m) {
        const std::span<double> gradient = gradients.subspan(m * network_.variables, network_.variables);
        const double by_alive = scratch.by_alive[c * metrics_.size() + m];
        if (channels.pruning != kNone) gradient[channels.pruning] -= scratch.count[c] * by_alive;
        if (channels.count != kNone) {
          gradient[channels.count] += scratch.by_count[c * metrics_.size() + m] + kept * by_alive;
        }
      }
    }
  }

  std::shared_ptr<const bool> identity_ = std::make_shared<const bool>();  // an address that no other has
  std::vector<std::string> metrics_;
  std::vector<std::string> layers_;
  SoftNetwork network_;
  FigureSource source_;
  NetworkPlan plan_;
  KnotMemo memo_;
};

ExpectedCost::ExpectedCost(const Graph& graph, const Machine& machine, const SearchSpace& space,
                           const ExpectedCostOptions& options)
    : implementation_(std::make_unique<const Implementation>(graph, machine, space, options)) {}
ExpectedCost::ExpectedCost(const Layer& layer, const Machine& machine, const SearchSpace& space,
                           const ExpectedCostOptions& options)
    : ExpectedCost(graph_of(layer), machine, space, options) {}
ExpectedCost::~ExpectedCost() = default;
ExpectedCost::ExpectedCost(ExpectedCost&&) noexcept = default;
ExpectedCost& ExpectedCost::operator=(ExpectedCost&&) noexcept = default;

const std::vector<ExpectedCost::Block>& ExpectedCost::blocks() const { return implementation_->network().blocks; }
std::size_t ExpectedCost::variable_count() const { return implementation_->network().variables; }
const std::vector<std::string>& ExpectedCost::metrics() const { return implementation_->metrics(); }
const std::vector<std::string>& ExpectedCost::layers() const { return implementation_->layers(); }
const std::vector<std::string>& ExpectedCost::left_out() const { return implementation_->left_out(); }

std::vector<double> ExpectedCost::uniform() const {
  std::vector<double> variables;
  for (const Block& block : blocks()) {
    const double each = block.kind == Block::Kind::channels ? block.channels : 1.0 / static_cast<double>(block.size);
    variables.insert(variables.end(), block.size, each);
  }
  return variables;
}

ExpectedCost::Workspace::Workspace(const ExpectedCost& cost) : scratch_(std::make_unique<Scratch>()) {
  cost.implementation_->prepare(*scratch_);
}
ExpectedCost::Workspace::~Workspace() = default;
ExpectedCost::Workspace::Workspace(Workspace&&) noexcept = default;
ExpectedCost::Workspace& ExpectedCost::Workspace::operator=(Workspace&&) noexcept = default;

void ExpectedCost::evaluate(std::span<const double> variables, const Results& results, Workspace& workspace) const {
  implementation_->evaluate(variables, results, *workspace.scratch_);
}

void ExpectedCost::evaluate_logits(const Logits& logits, const Results& results, Workspace& workspace) const {
  implementation_->evaluate_logits(logits, results, *workspace.scratch_);
}

ExpectedCost::Values ExpectedCost::evaluate(std::span<const double> variables) const {
  Values values;
  values.values.resize(metrics().size());
  values.gradients.resize(metrics().size() * variable_count());
  values.layer_values.resize(layers().size() * metrics().size());
  Workspace workspace(*this);
  evaluate(variables, {values.values, values.gradients, values.layer_values}, workspace);
  return values;
}

}  // namespace hwcost
