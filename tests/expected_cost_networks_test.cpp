// Expected costs of whole networks: decided choices cost what the network costs that they were assigned to.
#include "support/soft_networks.hpp"

#include <set>

#include "hwcost/assignment.hpp"
#include "hwcost/import/onnx.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

using Kind = ExpectedCost::Block::Kind;

const std::string kSource = HWCOST_SOURCE_DIR;

Graph model(const std::string& file) { return import_onnx(kSource + "/tests/models/" + file + ".onnx"); }
Machine machine(const std::string& name) {
  return load_machine(name, {kSource + "/hw_descriptions"}, builtin_registry());
}

// A quantiser for every group of layers that lose the same channels, and for all inputs that are the same values.
SearchSpace space_of(const Graph& graph, const std::vector<double>& weights, const std::vector<double>& activations) {
  SearchSpace space;
  std::set<std::string> named;
  for (const auto& layers : channel_ties(graph).groups) {
    std::vector<double> widths = weights;
    widths.push_back(0.0);
    space.weights.push_back({"w." + layers.front(), layers, widths, SoftChoice::split});
    named.insert(layers.begin(), layers.end());
  }
  std::vector<std::vector<std::string>> readers(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    if (!has_weights(node.layer)) continue;
    const std::string& name = node.layer.name;
    if (named.insert(name).second) space.weights.push_back({"w." + name, {name}, weights, SoftChoice::split});
    readers[node.inputs.front()].push_back(name);
  }
  for (const auto& layers : readers) {
    if (!layers.empty()) space.activations.push_back({"a." + layers.front(), layers, activations});
  }
  return space;
}

// Whole numbers of channels at each width: `parts` eighths of the channels at each width of a block, in its order.
std::vector<double> eighths(const ExpectedCost& cost, const std::vector<double>& parts) {
  std::vector<double> point(cost.variable_count());
  for (const ExpectedCost::Block& block : cost.blocks()) {
    if (block.kind == Kind::activation) {
      point[block.offset + block.size - 1] = 1.0;
      continue;
    }
    const bool prunes = std::find(block.widths.begin(), block.widths.end(), 0.0) != block.widths.end();
    for (std::size_t i = 0; i < block.size; ++i) point[block.offset + i] = prunes ? parts[i] / 8.0 : 0.0;
    if (!prunes) point[block.offset] = 1.0;
  }
  return point;
}

// The same as widths of single channels, the pruned ones last, so that tied layers lose the same.
std::vector<Assignment> as_assignments(const ExpectedCost& cost, const Graph& graph, const std::vector<double>& point) {
  std::vector<Assignment> assignments;
  const auto assignment_of = [&](const std::string& layer) -> Assignment& {
    for (Assignment& known : assignments) {
      if (known.layer == layer) return known;
    }
    return assignments.emplace_back(Assignment{layer, {}, {}, {}});
  };
  for (const ExpectedCost::Block& block : cost.blocks()) {
    for (const std::string& layer : block.layers) {
      for (const Node& node : graph.nodes) {
        if (node.layer.name != layer) continue;
        std::vector<double> widths;
        for (std::size_t i = 0; i < block.size; ++i) {
          if (block.kind == Kind::activation) {
            if (point[block.offset + i] == 1.0) assignment_of(layer).input = integer(block.widths[i]);
          } else {
            const double channels = point[block.offset + i] * out_channels(node.layer.dims);
            widths.insert(widths.end(), static_cast<std::size_t>(channels), block.widths[i]);
          }
        }
        if (block.kind == Kind::weight) assignment_of(layer).weight = WeightFormat::per_channel(widths);
      }
    }
  }
  return assignments;
}

struct Case {
  const char* model;
  const char* machine;
  std::vector<double> weights;  // widths; 0 bit behind
  std::vector<double> activations;
  GradientMode mode;
};
void PrintTo(const Case& which, std::ostream* out) { *out << which.model << " on " << which.machine; }

class ExpectedCostOfNetwork : public ::testing::TestWithParam<Case> {
 protected:
  void expect_what_evaluate_says(const std::vector<double>& eighths_at_widths) const {
    const Case& which = GetParam();
    const Machine on = machine(which.machine);
    Graph graph = model(which.model);
    ExpectedCostOptions options;
    options.metrics = testing::figures_of(on);
    options.mode = which.mode;
    options.leave_out_unpriced = true;
    const ExpectedCost cost(graph, on, space_of(graph, which.weights, which.activations), options);
    const std::vector<double> point = eighths(cost, eighths_at_widths);
    const ExpectedCost::Values values = cost.evaluate(point);
    assign(graph, as_assignments(cost, graph, point));
    const NetworkReport report = evaluate(graph, on);
    for (std::size_t k = 0; k < report.layers.size(); ++k) {
      for (std::size_t m = 0; m < options.metrics.size(); ++m) {
        SCOPED_TRACE(report.layers[k].name + " " + options.metrics[m]);
        const double theirs = testing::figure(report.layers[k], options.metrics[m]);
        EXPECT_NEAR(values.layer_values[k * options.metrics.size() + m], theirs, 1e-12 * std::abs(theirs));
      }
    }
  }
};

TEST_P(ExpectedCostOfNetwork, WithOneWidthIsWhatEvaluateSays) { expect_what_evaluate_says({8, 0, 0}); }
TEST_P(ExpectedCostOfNetwork, WithHalfOfTheChannelsPrunedIsWhatEvaluateSays) { expect_what_evaluate_says({4, 0, 4}); }
TEST_P(ExpectedCostOfNetwork, WithMixedWidthsAndPrunedChannelsIsWhatEvaluateSays) {
  expect_what_evaluate_says({3, 4, 1});
}

// Straight through the formula is itself at every whole count; between knots of a granularity of one likewise.
INSTANTIATE_TEST_SUITE_P(
    EachNetwork, ExpectedCostOfNetwork,
    ::testing::Values(Case{"resnet8_op13", "mpic", {2, 8}, {2, 8}, GradientMode::relaxed},
                      Case{"resnet8_op13", "memory-access", {2, 8}, {2, 8}, GradientMode::relaxed},
                      Case{"resnet8_op13", "mixpc", {2, 8}, {8}, GradientMode::straight_through},
                      Case{"resnet8_op13", "gap9-cluster", {4, 8}, {8}, GradientMode::straight_through},
                      Case{"dscnn_op13", "gap9-ne16", {4, 8}, {8}, GradientMode::straight_through},
                      Case{"dscnn_op13", "gap8", {4, 8}, {4, 8}, GradientMode::relaxed},
                      Case{"mobilenetv1_025_op13", "gap9-ne16", {4, 8}, {8}, GradientMode::straight_through},
                      Case{"mobilenetv1_025_op13", "bit-ops", {4, 8}, {8}, GradientMode::relaxed}));

}  // namespace
}  // namespace hwcost
