// The expected figures of one node: sums over its widths of figures at its channel counts, with their derivatives.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "interpolation.hpp"
#include "knot_memo.hpp"
#include "soft_figures.hpp"
#include "soft_network.hpp"

namespace hwcost {

inline constexpr std::size_t kMostFigures = 24;
using Figures = std::array<double, kMostFigures>;

// How a group of figures is had of a node.
struct GroupPlan {
  std::size_t group = 0;  // of FigureSource::groups()
  double out_step = 1.0, in_step = 1.0;
  bool widths_add_up = true;  // the channels of each width are a layer of their own
  bool straight_through = false;
  std::uint64_t members = 0;  // that its derivatives are made of
};

// One point of the space: what the node's expectation depends on.
struct NodeInputs {
  double out = 0.0;  // its output channels, of all widths together
  double in = 0.0;   // its input coordinate
  bool is_out_soft = false, is_in_soft = false;
  std::span<const double> weight, input, output;  // probabilities; empty: the width is as the graph has it
  bool splits = false;                            // its channels divide over the weights' widths
  bool same_activations = false;                  // input and output are of one quantiser
};

// Figures of a layer and their derivatives by its counts.
struct Part {
  Figures value{}, by_out{}, by_in{};
};

// The figures at the corners of the box that a candidate was last in, corner by corner: searches take small steps.
struct CornerFigures {
  KnotMemo::Key low{};  // of the corner that is low on both axes; zeros: of none
  std::vector<double> figures;
};

// The working memory of one thread for one node; the results of the last call.
struct NodeScratch {
  Node candidate;  // what is asked about: the node with other widths and counts
  std::vector<double> partials;
  Part expected;
  std::vector<Figures> by_weight, by_input, by_output;  // a probability each
  std::vector<Figures> by_width_count;
  std::vector<CornerFigures> corners;  // in the order in which an expectation asks
  std::size_t next_corners = 0;
};

// The widths of a candidate as places in their blocks; kNone: as the graph has it.
struct WidthChoice {
  std::size_t weight = kNone, input = kNone, output = kNone;
};
void set_widths(const SoftNetwork& network, const SoftNode& soft, const WidthChoice& choice, Layer& layer);

class SoftLayer {
 public:
  SoftLayer(const SoftNetwork& network, const FigureSource& source, const KnotMemo& memo, const SoftNode& soft)
      : network_(network), source_(source), memo_(memo), soft_(soft), own_(network.graph.nodes[soft.node].layer) {}

  // Throws InputError where the machine refuses a count.
  void expect(const GroupPlan& plan, const NodeInputs& in, NodeScratch& scratch) const;

 private:
  [[nodiscard]] double weight_bits(std::size_t place) const { return network_.blocks[soft_.weight].widths[place]; }
  void sum_over_weights(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& activations, double probability,
                        Part& sum, NodeScratch& scratch) const;
  void divide(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice, Part& sum,
              NodeScratch& scratch) const;
  void divide_between_knots(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice, Part& sum,
                            NodeScratch& scratch) const;
  void divide_straight_through(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice, Part& sum,
                               NodeScratch& scratch) const;
  Part one_width(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice, NodeScratch& scratch) const;
  Part between_knots(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice,
                     NodeScratch& scratch) const;
  // Of the box that the pieces of both axes span.
  const CornerFigures& corner_figures(const GroupPlan& plan, const std::array<Piece, 2>& pieces,
                                      const WidthChoice& choice, NodeScratch& scratch) const;
  Part straight_through(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice,
                        NodeScratch& scratch) const;
  // Of the candidate as it stands in the scratch.
  Part slopes_of_candidate(const GroupPlan& plan, NodeScratch& scratch) const;
  void ask(const GroupPlan& plan, const KnotMemo::Key& key, const Node& candidate, std::span<double> to) const;

  [[nodiscard]] std::size_t figures(const GroupPlan& plan) const { return source_.groups()[plan.group].figures.size(); }
  [[noreturn]] void fail(const Layer& candidate, const std::string& reason) const;

  const SoftNetwork& network_;
  const FigureSource& source_;
  const KnotMemo& memo_;
  const SoftNode& soft_;
  const Layer& own_;
};

// The widths of a candidate, in words for messages.
std::string in_words(const SoftNetwork& network, const SoftNode& soft, const WidthChoice& choice);

// Calls f(candidate, its widths in words) for every choice of widths, at the node's own counts.
template <class F>
void for_each_candidate(const SoftNetwork& network, const SoftNode& soft, F&& f) {
  const auto choices = [&](std::size_t block) {
    return block == kNone ? std::size_t{1} : network.blocks[block].widths.size();
  };
  const auto place_in = [](std::size_t block, std::size_t place) { return block == kNone ? kNone : place; };
  Node candidate = network.graph.nodes[soft.node];
  for (std::size_t w = 0; w < choices(soft.weight); ++w) {
    for (std::size_t a = 0; a < choices(soft.input); ++a) {
      for (std::size_t o = 0; o < choices(soft.output); ++o) {
        if (soft.has_same_activations() && o != a) continue;
        const WidthChoice choice{place_in(soft.weight, w), place_in(soft.input, a), place_in(soft.output, o)};
        set_widths(network, soft, choice, candidate.layer);
        f(candidate, in_words(network, soft, choice));
      }
    }
  }
}

}  // namespace hwcost
