// The assignments of a network refined: which layers go together, who prices them, whose scores they have.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "hwcost/default_widths.hpp"
#include "named_nodes.hpp"
#include "refinement.hpp"

namespace hwcost {
namespace {

using Outcome = RefinedAssignment::Outcome;

// Assignments that set the same weights, by name or by sharing them; all have the same widths.
struct Bundle {
  std::set<NodeId> owners;  // of these weights
  std::vector<std::size_t> assignments;
  std::vector<NodeId> nodes;                     // that read them, in execution order
  std::map<double, const ChannelScore*> scores;  // by channel
};

class NetworkRefiner {
 public:
  NetworkRefiner(const Graph& graph, const std::vector<Assignment>& assignments, const Machine& machine,
                 const RefineOptions& options)
      : graph_(graph), machine_(machine), options_(options), assigned_(graph) {
    check(options);
    assign(assigned_, assignments);
    report_.before = price_network(assigned_);
    report_.metric = objective_metric(options, report_.before.metrics, {machine.description.file(), 0});
    if (!options_.formula && machine.description.formula()) {
      options_.formula = Formula(machine.description.formula()->text, machine.description.formula()->place);
    }
    objective_ = {report_.metric, options_.formula ? &*options_.formula : nullptr};
    for (const Assignment& assignment : assignments) {
      report_.assignments.push_back({.assignment = assignment,
                                     .outcome = Outcome::kept,
                                     .reason = {},
                                     .nodes = {},
                                     .before = assignment.weight.value_or(WeightFormat())});
    }
    for (std::size_t i = 0; i < assignments.size(); ++i) bundle(i);
  }

  NetworkRefinement run(const std::vector<ChannelScore>& scores) && {
    for (const ChannelScore& score : scores) take(score);
    for (const Bundle& bundle : bundles_) refine_bundle(bundle);
    Graph refined = graph_;
    std::vector<Assignment> assignments;
    for (const RefinedAssignment& line : report_.assignments) assignments.push_back(line.assignment);
    assign(refined, assignments);
    report_.after = price_network(refined);
    return std::move(report_);
  }

 private:
  [[nodiscard]] NetworkReport price_network(const Graph& graph) const {
    EvaluateOptions how;
    how.formula = options_.formula;
    return evaluate(graph, machine_, how);
  }

  [[nodiscard]] NodeId owner(NodeId k) const { return graph_.nodes[k].weights_of.value_or(k); }

  // Puts the assignment to the others of its weights.
  void bundle(std::size_t index) {
    RefinedAssignment& line = report_.assignments[index];
    if (!line.assignment.weight) {
      line.reason = "no w_bits";
      return;
    }
    const std::vector<NodeId> named = with_weights(graph_, nodes_named(graph_, line.assignment.layer));
    if (named.empty()) {
      line.reason = "the second operand is an activation";
      return;
    }
    Bundle merged;
    for (const NodeId k : named) merged.owners.insert(owner(k));
    std::erase_if(bundles_, [&](Bundle& other) {
      if (std::none_of(other.owners.begin(), other.owners.end(), [&](NodeId k) { return merged.owners.contains(k); }))
        return false;
      merged.owners.merge(other.owners);
      merged.assignments.insert(merged.assignments.end(), other.assignments.begin(), other.assignments.end());
      return true;
    });
    merged.assignments.push_back(index);
    for (NodeId k = 0; k < graph_.nodes.size(); ++k) {
      if (has_weights(graph_.nodes[k].layer) && merged.owners.contains(owner(k))) merged.nodes.push_back(k);
    }
    bundles_.push_back(std::move(merged));
  }

  void take(const ChannelScore& score) {
    const auto fail = [&](const std::string& what) {
      throw InputError(score.place, fmt::format("layer '{}': {}", score.layer, what));
    };
    const std::vector<NodeId> named = with_weights(graph_, nodes_named(graph_, score.layer));
    if (named.empty()) fail("the model has no layer with weights of that name");
    const auto bundle = std::find_if(bundles_.begin(), bundles_.end(),
                                     [&](const Bundle& b) { return b.owners.contains(owner(named.front())); });
    if (bundle == bundles_.end()) fail("has scores, but the assignments give it no weight widths");
    const double channels = out_channels(graph_.nodes[bundle->nodes.front()].layer.dims);
    if (!(score.channel >= 0.0 && score.channel < channels)) {
      fail(fmt::format("has no channel {}: it has {}, counted from 0", score.channel, channels));
    }
    if (!std::isfinite(score.score)) fail(fmt::format("a score is {}, no finite number", score.score));
    if (!bundle->scores.emplace(score.channel, &score).second) {
      fail(fmt::format("channel {} has a score already", score.channel));
    }
  }

  // One a channel; 0 for pruned ones that have none.
  [[nodiscard]] std::vector<double> scores_of(const Bundle& bundle, const WeightFormat& weight) const {
    if (bundle.scores.empty()) return {};
    const ChannelScore& first = *bundle.scores.begin()->second;
    check_takes_scores(weight, first.place, first.layer);
    const auto channels = static_cast<std::size_t>(out_channels(graph_.nodes[bundle.nodes.front()].layer.dims));
    std::vector<double> scores;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const auto it = bundle.scores.find(static_cast<double>(channel));
      scores.push_back(it == bundle.scores.end() ? 0.0 : it->second->score);
      const bool is_pruned = !weight.by_channel.empty() && weight.by_channel[channel] == 0.0;
      if (it == bundle.scores.end() && !is_pruned) {
        throw InputError(first.place,
                         fmt::format("layer '{}': channel {} has no score, and others have", first.layer, channel));
      }
    }
    return scores;
  }

  void refine_bundle(const Bundle& bundle) {
    const Dims& dims = graph_.nodes[bundle.nodes.front()].layer.dims;
    const WeightFormat weight = *report_.assignments[bundle.assignments.front()].assignment.weight;
    const std::vector<double> scores = scores_of(bundle, weight);
    const auto tell = [&](Outcome outcome, const std::string& reason, const WeightFormat& after) {
      for (const std::size_t i : bundle.assignments) {
        RefinedAssignment& line = report_.assignments[i];
        line.outcome = outcome;
        line.reason = reason;
        line.assignment.weight = after;
        line.nodes = bundle.nodes;
      }
    };
    for (const NodeId k : bundle.nodes) {
      if (const auto none = why_no_groups(assigned_.nodes[k].layer)) return tell(Outcome::kept, *none, weight);
    }
    std::vector<PricedLayer> layers;
    for (const NodeId k : bundle.nodes) {
      auto layer = priced(k);
      if (!layer) return tell(Outcome::unsupported, layer.error().reason, weight);
      layers.push_back(std::move(*layer));
    }
    const auto raised = search_widths(layers, objective_, options_.widths);
    if (!raised) return tell(Outcome::unsupported, raised.error().reason, weight);
    const Layer& here = assigned_.nodes[bundle.nodes.front()].layer;
    const std::vector<ChannelGroup> before = present_groups(here.precision.weight, out_channels(here.dims));
    if (raised->groups == before) return tell(Outcome::kept, "", weight);
    // Channels that an earlier layer prunes may have widths in the assignment; which is known where they are 0 bit.
    const bool says_what_is_lost = before == present_groups(weight, out_channels(dims));
    if (!says_what_is_lost && (weight.is_mixed() || raised->groups.size() > 1)) {
      return tell(Outcome::kept, "an earlier layer prunes channels that are not 0 bit here: give them 0 bit", weight);
    }
    std::vector<ChannelGroup> groups = raised->groups;
    if (!says_what_is_lost) groups.front().channels = out_channels(dims);
    tell(Outcome::raised, "", with_groups(weight, groups, dims, scores));
  }

  // The layer on the machine that prices it, as evaluate() finds it.
  [[nodiscard]] Expected<PricedLayer, Unsupported> priced(NodeId k) const {
    const LayerReport& row = report_.before.layers[k];
    const auto refused = [&] {
      const std::string& reason = row.reason.empty() ? fmt::format("has no {}", name(report_.metric)) : row.reason;
      return tl::unexpected(Unsupported{reason, Unsupported::Cause::cannot_run});
    };
    PricedLayer layer{assigned_.nodes[k].layer, nullptr, {}};
    for (const Machine* m = &machine_; m != nullptr && layer.backend == nullptr; m = m->fallback.get()) {
      if (m->description.default_bits()) assume_widths(layer.layer, *m->description.default_bits());
      if (m->backend->estimate(layer.layer)) {
        layer.backend = m->backend.get();
      } else {
        layer.refused_by.push_back({m->backend.get(), layer.layer});
      }
    }
    if (layer.backend == nullptr) return refused();
    // A convention that does not count the layer, or a metric that the machine it falls back to lacks.
    const auto cost = price(layer, objective_);
    const auto told = row.metric(report_.metric);
    constexpr double kRounding = 1e-9;
    if (!cost || !told || std::abs(*told - *cost * layer.layer.repeat) > kRounding * std::abs(*told)) return refused();
    return layer;
  }

  const Graph& graph_;
  const Machine& machine_;
  RefineOptions options_;
  Graph assigned_;
  Objective objective_;
  NetworkRefinement report_;
  std::vector<Bundle> bundles_;
};

}  // namespace

NetworkRefinement refine(const Graph& graph, const std::vector<Assignment>& assignments, const Machine& machine,
                         const RefineOptions& options, const std::vector<ChannelScore>& scores) {
  return NetworkRefiner(graph, assignments, machine, options).run(scores);
}

}  // namespace hwcost
