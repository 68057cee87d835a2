#include "soft_layer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace hwcost {
namespace {

// Of the members of D's list the one that is `pointer`.
template <class D>
constexpr std::size_t index_of(double D::*pointer) {
  std::size_t k = 0;
  while (D::kMembers[k].pointer != pointer) ++k;
  return k;
}

void add(Figures& to, const double* from, double times, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] += from[i] * times;
}
void add(Figures& to, const Figures& from, double times, std::size_t count) { add(to, from.data(), times, count); }

// Of the corners of two pieces.
std::size_t number_of(const Corner& corner) { return (corner[0] ? 1u : 0u) + (corner[1] ? 2u : 0u); }

// A count that rounding alone keeps from a whole number is that number: no tile is charged for the rest of a rounding.
double without_rounding(double count, double of) {
  constexpr double kRounding = 1.0 / (1 << 22);
  const double whole = std::rint(count);
  return std::abs(count - whole) <= kRounding * of ? whole : count;
}

// An output channel too few to count, where slopes at none are wanted of layers whose inputs are their outputs.
constexpr double kAlmostNone = 1e-12;

void set_weight(double bits, Layer& layer) {
  WeightFormat& weight = layer.precision.weight;
  weight.groups.clear();
  weight.by_channel.clear();
  weight.uniform = integer(bits);
}

// d cost / d the node's output channels and d the input coordinate, of the derivatives by the members of its extents.
struct CountSlopes {
  double by_out = 0.0, by_in = 0.0;
};

CountSlopes count_slopes(const SoftNode& soft, const Layer& layer, std::span<const double> partials) {
  if (std::holds_alternative<Convolution<>>(layer.dims)) {
    using D = Convolution<>;
    constexpr std::size_t kOut = index_of<D>(&D::out_channels);
    constexpr std::size_t kIn = index_of<D>(&D::in_channels);
    constexpr std::size_t kGroups = index_of<D>(&D::groups);
    if (!soft.is_depthwise) return {partials[kOut], partials[kIn]};
    return {partials[kOut] + (partials[kIn] + partials[kGroups]) / soft.outputs_an_input, 0.0};
  }
  if (std::holds_alternative<Linear<>>(layer.dims)) {
    using D = Linear<>;
    return {partials[index_of<D>(&D::out_channels)], partials[index_of<D>(&D::in_channels)]};
  }
  CountSlopes slopes;
  for (std::size_t k = 0; k < soft.slopes.size(); ++k) slopes.by_in += partials[k] * soft.slopes[k];
  return slopes;
}

}  // namespace

void set_widths(const SoftNetwork& network, const SoftNode& soft, const WidthChoice& choice, Layer& layer) {
  const auto format = [&](std::size_t block, std::size_t place) { return network.blocks[block].widths[place]; };
  if (choice.weight != kNone) set_weight(format(soft.weight, choice.weight), layer);
  if (choice.input != kNone) layer.precision.input = integer(format(soft.input, choice.input));
  if (choice.output != kNone) layer.precision.output = integer(format(soft.output, choice.output));
}

std::string in_words(const SoftNetwork& network, const SoftNode& soft, const WidthChoice& choice) {
  std::vector<std::string> words;
  const auto add_word = [&](std::string_view what, std::size_t block, std::size_t place) {
    if (place != kNone) words.push_back(fmt::format("{} of {} bits", what, network.blocks[block].widths[place]));
  };
  add_word("weights", soft.weight, choice.weight);
  add_word("inputs", soft.input, choice.input);
  add_word("outputs", soft.output, choice.output);
  return words.empty() ? "" : fmt::format(" with {}", fmt::join(words, " and "));
}

void SoftLayer::fail(const Layer& candidate, const std::string& reason) const {
  std::string counts;
  if (const double out = out_channels(candidate.dims); out > 0.0) counts = fmt::format(" at {} output channels", out);
  throw InputError({}, fmt::format("layer '{}'{} with weights of {} and inputs of {} bits has no price on {}: {}",
                                   candidate.name, counts, to_text(candidate.precision.weight),
                                   to_text(candidate.precision.input), source_.machine().description.name(), reason));
}

void SoftLayer::expect(const GroupPlan& plan, const NodeInputs& in, NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  scratch.expected = {};
  scratch.by_weight.assign(in.weight.size(), Figures{});
  scratch.by_input.assign(in.input.size(), Figures{});
  scratch.by_output.assign(in.output.size(), Figures{});
  const auto at = [&](const WidthChoice& choice, double by_input, double by_output) {
    Part sum;
    const double probability = by_input * by_output;
    sum_over_weights(plan, in, choice, probability, sum, scratch);
    add(scratch.expected.value, sum.value, probability, count);
    add(scratch.expected.by_out, sum.by_out, probability, count);
    add(scratch.expected.by_in, sum.by_in, probability, count);
    if (choice.input != kNone) add(scratch.by_input[choice.input], sum.value, by_output, count);
    if (choice.output != kNone && !in.same_activations)
      add(scratch.by_output[choice.output], sum.value, by_input, count);
  };
  const std::size_t inputs = std::max<std::size_t>(1, in.input.size());
  const std::size_t outputs = std::max<std::size_t>(1, in.output.size());
  for (std::size_t a = 0; a < inputs; ++a) {
    const double by_input = in.input.empty() ? 1.0 : in.input[a];
    if (in.same_activations) {
      at({kNone, a, a}, by_input, 1.0);
      continue;
    }
    for (std::size_t o = 0; o < outputs; ++o) {
      at({kNone, in.input.empty() ? kNone : a, in.output.empty() ? kNone : o}, by_input,
         in.output.empty() ? 1.0 : in.output[o]);
    }
  }
}

void SoftLayer::sum_over_weights(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& activations,
                                 double probability, Part& sum, NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  if (in.weight.empty()) {
    sum = one_width(plan, in, activations, scratch);
    return;
  }
  if (in.splits && !plan.widths_add_up) {
    divide(plan, in, activations, sum, scratch);
    for (std::size_t w = 0; w < in.weight.size(); ++w) {
      add(scratch.by_weight[w], scratch.by_width_count[w], probability * in.out, count);
    }
    return;
  }
  for (std::size_t w = 0; w < in.weight.size(); ++w) {
    if (weight_bits(w) == 0.0) continue;
    WidthChoice choice = activations;
    choice.weight = w;
    const double theta = in.weight[w];
    if (!in.splits) {
      const Part part = one_width(plan, in, choice, scratch);
      add(sum.value, part.value, theta, count);
      add(sum.by_out, part.by_out, theta, count);
      add(sum.by_in, part.by_in, theta, count);
      add(scratch.by_weight[w], part.value, probability, count);
      continue;
    }
    NodeInputs some = in;
    some.out = theta * in.out;
    some.is_out_soft = true;
    const Part part = one_width(plan, some, choice, scratch);
    add(sum.value, part.value, 1.0, count);
    add(sum.by_out, part.by_out, theta, count);
    add(sum.by_in, part.by_in, 1.0, count);
    add(scratch.by_weight[w], part.by_out, probability * in.out, count);
  }
}

Part SoftLayer::one_width(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice,
                          NodeScratch& scratch) const {
  if (plan.straight_through && (in.is_out_soft || in.is_in_soft)) return straight_through(plan, in, choice, scratch);
  return between_knots(plan, in, choice, scratch);
}

Part SoftLayer::between_knots(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice,
                              NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  const std::array pieces{piece_at({plan.out_step, soft_.out_channels, in.is_out_soft}, in.out),
                          piece_at({plan.in_step, soft_.in_extent, in.is_in_soft}, in.in)};
  const CornerFigures& corners = corner_figures(plan, pieces, choice, scratch);
  Part part;
  for_each_corner(std::span(pieces), [&](const Corner& corner, double weight, const auto& slopes) {
    const double* there = &corners.figures[number_of(corner) * count];
    add(part.value, there, weight, count);
    add(part.by_out, there, slopes[0], count);
    add(part.by_in, there, slopes[1], count);
  });
  return part;
}

const CornerFigures& SoftLayer::corner_figures(const GroupPlan& plan, const std::array<Piece, 2>& pieces,
                                               const WidthChoice& choice, NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  const auto key_of = [&](std::uint32_t out_knot, std::uint32_t in_knot) {
    static_assert(std::tuple_size_v<KnotMemo::Key> >= 5 + kMostAxes);
    return KnotMemo::Key{static_cast<std::uint32_t>(soft_.node),
                         static_cast<std::uint32_t>(plan.group),
                         static_cast<std::uint32_t>(choice.weight),
                         static_cast<std::uint32_t>(choice.input),
                         static_cast<std::uint32_t>(choice.output),
                         out_knot,
                         in_knot};
  };
  if (scratch.next_corners == scratch.corners.size()) scratch.corners.emplace_back();
  CornerFigures& corners = scratch.corners[scratch.next_corners++];
  const KnotMemo::Key low = key_of(pieces[0].low_knot, pieces[1].low_knot);
  if (!corners.figures.empty() && corners.low == low) return corners;
  corners.figures.clear();  // a refusal leaves none
  std::vector<double> found(4 * count, 0.0);
  for_each_corner(std::span(pieces), [&](const Corner& corner, double, const auto&) {
    const auto [out, in_extent] = std::pair(pieces[0].at(corner[0]), pieces[1].at(corner[1]));
    if (soft_.out_channels > 0.0 && out == 0.0) return;  // no output: no cost
    const KnotMemo::Key key = key_of(pieces[0].knot(corner[0]), pieces[1].knot(corner[1]));
    const std::span<double> there = std::span(found).subspan(number_of(corner) * count, count);
    if (memo_.get(key, there)) return;
    set_widths(network_, soft_, choice, scratch.candidate.layer);
    set_channels(soft_, own_, out, in_extent, scratch.candidate.layer);
    ask(plan, key, scratch.candidate, there);
  });
  corners.low = low;
  corners.figures = std::move(found);
  return corners;
}

void SoftLayer::ask(const GroupPlan& plan, const KnotMemo::Key& key, const Node& candidate,
                    std::span<double> to) const {
  const FigureGroup& group = source_.groups()[plan.group];
  if (const auto reason = source_.values(group, network_.graph, candidate, to)) fail(candidate.layer, *reason);
  memo_.put(key, to);
}

Part SoftLayer::straight_through(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice,
                                 NodeScratch& scratch) const {
  const double out = without_rounding(std::max(0.0, in.out), soft_.out_channels);
  const double in_extent = without_rounding(std::max(0.0, in.in), soft_.in_extent);
  set_widths(network_, soft_, choice, scratch.candidate.layer);
  set_channels(soft_, own_, soft_.is_depthwise ? std::max(out, kAlmostNone) : out, in_extent, scratch.candidate.layer);
  Part part = slopes_of_candidate(plan, scratch);
  if (soft_.out_channels > 0.0 && out == 0.0) part.value = part.by_in = Figures{};
  return part;
}

Part SoftLayer::slopes_of_candidate(const GroupPlan& plan, NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  Part part;
  const Node& candidate = scratch.candidate;
  if (const auto reason = source_.gradient(source_.groups()[plan.group], network_.graph, candidate, plan.members,
                                           std::span(part.value).first(count), scratch.partials)) {
    fail(candidate.layer, *reason);
  }
  const std::size_t members = scratch.partials.size() / std::max<std::size_t>(1, count);
  for (std::size_t i = 0; i < count; ++i) {
    const CountSlopes slopes =
        count_slopes(soft_, candidate.layer, std::span(scratch.partials).subspan(i * members, members));
    part.by_out[i] = slopes.by_out;
    part.by_in[i] = slopes.by_in;
  }
  return part;
}

// A machine on which widths do not add up sees the layer as a whole: all counts of widths are axes.
void SoftLayer::divide(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice, Part& sum,
                       NodeScratch& scratch) const {
  scratch.by_width_count.assign(in.weight.size(), Figures{});
  if (plan.straight_through) {
    divide_straight_through(plan, in, choice, sum, scratch);
  } else {
    divide_between_knots(plan, in, choice, sum, scratch);
  }
  for (std::size_t w = 0; w < in.weight.size(); ++w) {
    add(sum.by_out, scratch.by_width_count[w], in.weight[w], figures(plan));
  }
}

void SoftLayer::divide_between_knots(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice, Part& sum,
                                     NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  std::array<Piece, kMostAxes> pieces;
  std::array<std::size_t, kMostAxes> width_of{};  // of each axis, ascending
  std::size_t axes = 0;
  for (std::size_t w = 0; w < in.weight.size(); ++w) {
    if (weight_bits(w) != 0.0) width_of[axes++] = w;
  }
  std::sort(width_of.begin(), width_of.begin() + static_cast<std::ptrdiff_t>(axes),
            [&](std::size_t a, std::size_t b) { return weight_bits(a) < weight_bits(b); });
  for (std::size_t k = 0; k < axes; ++k) {
    pieces[k] = piece_at({plan.out_step, soft_.out_channels, true}, in.weight[width_of[k]] * in.out);
  }
  pieces[axes] = piece_at({plan.in_step, soft_.in_extent, in.is_in_soft}, in.in);
  KnotMemo::Key key{static_cast<std::uint32_t>(soft_.node), static_cast<std::uint32_t>(plan.group),
                    static_cast<std::uint32_t>(kNone - 1), static_cast<std::uint32_t>(choice.input),
                    static_cast<std::uint32_t>(choice.output)};
  for_each_corner(std::span(pieces).first(axes + 1), [&](const Corner& corner, double weight, const auto& slopes) {
    double out = 0.0;
    for (std::size_t k = 0; k <= axes; ++k) {
      key[5 + k] = pieces[k].knot(corner[k]);
      if (k < axes) out += pieces[k].at(corner[k]);
    }
    if (out == 0.0) return;
    Figures there;
    if (!memo_.get(key, std::span(there).first(count))) {
      Layer& layer = scratch.candidate.layer;
      set_widths(network_, soft_, choice, layer);
      set_weight(0.0, layer);
      for (std::size_t k = 0; k < axes; ++k) {
        const double channels = pieces[k].at(corner[k]);
        if (channels > 0.0) layer.precision.weight.groups.push_back({weight_bits(width_of[k]), channels});
      }
      set_channels(soft_, own_, out, pieces[axes].at(corner[axes]), layer);
      ask(plan, key, scratch.candidate, std::span(there).first(count));
    }
    add(sum.value, there, weight, count);
    add(sum.by_in, there, slopes[axes], count);
    for (std::size_t k = 0; k < axes; ++k) add(scratch.by_width_count[width_of[k]], there, slopes[k], count);
  });
}

// At the mean width of the channels, as such machines see them; a channel of another width moves the mean too.
void SoftLayer::divide_straight_through(const GroupPlan& plan, const NodeInputs& in, const WidthChoice& choice,
                                        Part& sum, NodeScratch& scratch) const {
  const std::size_t count = figures(plan);
  double share = 0.0;
  double bits = 0.0;
  for (std::size_t w = 0; w < in.weight.size(); ++w) {
    if (weight_bits(w) == 0.0) continue;
    share += in.weight[w];
    bits += in.weight[w] * weight_bits(w);
  }
  const double out = without_rounding(std::max(0.0, share * in.out), soft_.out_channels);
  set_widths(network_, soft_, choice, scratch.candidate.layer);
  set_weight(out > 0.0 ? bits / share : 0.0, scratch.candidate.layer);
  const double in_extent = without_rounding(std::max(0.0, in.in), soft_.in_extent);
  const auto at_out = soft_.is_depthwise ? std::max(out, kAlmostNone) : out;
  set_channels(soft_, own_, at_out, in_extent, scratch.candidate.layer);
  if (out == 0.0) {  // the first channel decides the width
    for (std::size_t w = 0; w < in.weight.size(); ++w) {
      if (weight_bits(w) == 0.0) continue;
      set_weight(weight_bits(w), scratch.candidate.layer);
      scratch.by_width_count[w] = slopes_of_candidate(plan, scratch).by_out;
    }
    return;
  }
  sum = slopes_of_candidate(plan, scratch);
  const std::size_t members = scratch.partials.size() / count;
  const std::size_t weight_member = members - kMemberCount<Widths<>> + index_of<Widths<>>(&Widths<>::weight_bits);
  for (std::size_t w = 0; w < in.weight.size(); ++w) {
    if (weight_bits(w) == 0.0) continue;
    for (std::size_t i = 0; i < count; ++i) {
      const double by_bits = scratch.partials[i * members + weight_member];
      scratch.by_width_count[w][i] = sum.by_out[i] + by_bits * (weight_bits(w) - bits / share) / out;
    }
  }
  sum.by_out = {};
}

}  // namespace hwcost
