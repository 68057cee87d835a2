#include "soft_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hwcost {
namespace {

using Source = FigureGroup::Source;
using Reason = std::optional<std::string>;

// One group of figures of one node.
class Planner {
 public:
  Planner(const SoftNetwork& network, const FigureSource& source, const SoftNode& soft, std::size_t group)
      : network_(network), source_(source), soft_(soft), own_(network.graph.nodes[soft.node].layer) {
    plan_.group = group;
    plan_.members = counted_members(soft, own_);
    plan_.widths_add_up = this->group().source != Source::rounded_facts;
    set_steps(1.0, 1.0, 1.0);
    if (is_of_facts()) {
      is_zero_ = own_.op == Op::custom;  // nobody knows them
      if (this->group().source == Source::even_facts && has_channels()) {
        plan_.out_step = std::max(1.0, soft.out_channels);
        plan_.in_step = std::max(1.0, soft.in_extent);
      }
    }
  }

  // Why a candidate cannot be had.
  [[nodiscard]] Reason consider(const Node& candidate, bool straight_through) {
    if (is_of_facts()) return std::nullopt;
    const Verdict verdict = source_.judge(network_.graph, candidate);
    if (verdict.status == Status::unsupported) return verdict.reason;
    is_zero_ = verdict.is_uncounted;
    if (is_zero_) return std::nullopt;
    if (group().source == Source::formula) return values(candidate);
    is_zero_ = verdict.is_free || verdict.counted_as_0;
    if (is_zero_) return std::nullopt;
    const BackendTraits& traits = verdict.machine->backend->traits();
    set_steps(traits.out_channel_step, traits.depthwise_channel_step, traits.in_channel_step);
    plan_.widths_add_up = plan_.widths_add_up && traits.widths_add_up;
    plan_.straight_through = straight_through && has_soft_counts();
    if (Reason reason = source_.why_undefined(group(), verdict)) return reason;
    return plan_.straight_through ? gradient(candidate) : std::nullopt;
  }

  [[nodiscard]] const GroupPlan& plan() const { return plan_; }
  [[nodiscard]] bool is_zero() const { return is_zero_; }
  [[nodiscard]] const FigureGroup& group() const { return source_.groups()[plan_.group]; }

  // Why the layer cannot be seen as a whole: its knots would be too many.
  [[nodiscard]] Reason too_many_widths() const {
    if (plan_.widths_add_up || soft_.weight == kNone || plan_.straight_through) return std::nullopt;
    const Block& block = network_.blocks[soft_.weight];
    if (block.choice != SoftChoice::split || block.widths.size() < kMostAxes) return std::nullopt;
    return fmt::format("its {} widths do not add up; {} are possible", block.widths.size(), kMostAxes - 1);
  }

 private:
  [[nodiscard]] bool is_of_facts() const {
    return group().source == Source::even_facts || group().source == Source::rounded_facts;
  }
  [[nodiscard]] bool has_channels() const { return soft_.out_channels > 0.0; }
  [[nodiscard]] bool has_soft_counts() const {
    const bool splits = soft_.weight != kNone && network_.blocks[soft_.weight].choice == SoftChoice::split;
    const bool counts = soft_.own_class != kNone && network_.classes[soft_.own_class].count != kNone;
    return splits || counts || !soft_.terms.empty();
  }

  // Whole tiles of channels in every group; of operators without channels of their own whole channels.
  void set_steps(double out, double depthwise, double in) {
    const auto* d = std::get_if<Convolution<>>(&own_.dims);
    const double groups = d == nullptr ? 1.0 : d->groups;
    const double outputs = soft_.outputs_an_input;
    plan_.out_step = soft_.is_depthwise ? outputs * std::ceil(depthwise / outputs) : out * groups;
    plan_.in_step = has_channels() ? in * groups : soft_.terms.size() == 1 ? soft_.terms.front().entries : 1.0;
  }

  [[nodiscard]] Reason values(const Node& candidate) const {
    std::array<double, kMostFigures> figures;
    return source_.values(group(), network_.graph, candidate, std::span(figures).first(group().figures.size()));
  }
  [[nodiscard]] Reason gradient(const Node& candidate) const {
    std::array<double, kMostFigures> figures;
    std::vector<double> partials;
    return source_.gradient(group(), network_.graph, candidate, plan_.members,
                            std::span(figures).first(group().figures.size()), partials);
  }

  const SoftNetwork& network_;
  const FigureSource& source_;
  const SoftNode& soft_;
  const Layer& own_;
  GroupPlan plan_;
  bool is_zero_ = false;
};

bool is_fixed(const SoftNode& soft) {
  return soft.weight == kNone && soft.input == kNone && soft.output == kNone && soft.own_class == kNone &&
         soft.terms.empty();
}

void add_fixed(const SoftNetwork& network, const FigureSource& source, const SoftNode& soft, const FigureGroup& group,
               NodePlan& plan) {
  std::array<double, kMostFigures> figures{};
  const auto wanted = std::span(figures).first(group.figures.size());
  static_cast<void>(source.values(group, network.graph, network.graph.nodes[soft.node], wanted));  // considered before
  for (std::size_t i = 0; i < wanted.size(); ++i) plan.fixed[group.figures[i].column] = wanted[i];
}

}  // namespace

NetworkPlan plan_network(const SoftNetwork& network, const FigureSource& source, const ExpectedCostOptions& options) {
  NetworkPlan plans;
  plans.nodes.resize(network.nodes.size());
  for (const SoftNode& soft : network.nodes) {
    NodePlan& plan = plans.nodes[soft.node];
    plan.fixed.assign(options.metrics.size(), 0.0);
    const std::string& name = network.graph.nodes[soft.node].layer.name;
    for (std::size_t g = 0; g < source.groups().size(); ++g) {
      Planner planner(network, source, soft, g);
      bool is_left_out = false;
      for_each_candidate(network, soft, [&](const Node& candidate, const std::string& widths) {
        const Reason reason = planner.consider(candidate, options.mode == GradientMode::straight_through);
        if (!reason || is_left_out) return;
        const bool may_be_left_out = soft.weight == kNone;
        is_left_out = options.leave_out_unpriced && may_be_left_out;
        if (is_left_out) return;
        throw InputError(
            {}, fmt::format("layer '{}'{} has no price on {}: {}{}", name, widths, source.machine().description.name(),
                            *reason, may_be_left_out ? "; leave_out_unpriced leaves such layers out" : ""));
      });
      if (is_left_out) {
        if (plans.left_out.empty() || plans.left_out.back() != name) plans.left_out.push_back(name);
        continue;
      }
      if (planner.is_zero()) continue;
      if (const Reason reason = planner.too_many_widths()) {
        throw InputError({}, fmt::format("layer '{}': {}", name, *reason));
      }
      if (is_fixed(soft)) {
        add_fixed(network, source, soft, planner.group(), plan);
      } else {
        plan.groups.push_back(planner.plan());
      }
    }
  }
  return plans;
}

}  // namespace hwcost
