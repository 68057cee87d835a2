// What every expected cost owes, on every shipped description.
#include "support/shipped_descriptions.hpp"
#include "support/soft_networks.hpp"

#include <filesystem>

#include "hwcost/assignment.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

using testing::chain_of_layers;
using testing::figures_of;
using testing::one_hot;
using testing::random_point;
using testing::space_of_chain;

const std::filesystem::path kDescriptions = HWCOST_SOURCE_DIR "/hw_descriptions";

// Widths that the machine runs the chain at.
struct WidthSets {
  std::vector<double> weights, activations;
};

bool runs(const Machine& machine, double weight_bits, double activation_bits) {
  Graph graph = chain_of_layers();
  set_bits(graph, weight_bits, activation_bits);
  const NetworkReport report = evaluate(graph, machine);
  return std::all_of(report.layers.begin(), report.layers.end(), [&](const LayerReport& row) {
    return row.status != Status::unsupported || (row.op != "conv2d" && row.op != "linear");
  });
}

WidthSets widths_of(const Machine& machine) {
  WidthSets sets;
  for (const double bits : {2.0, 4.0, 8.0}) {
    if (runs(machine, bits, 8.0)) sets.weights.push_back(bits);
    if (runs(machine, 8.0, bits)) sets.activations.push_back(bits);
  }
  return sets;
}

class ExpectedCostConformance : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] ExpectedCost cost(SoftChoice kind, GradientMode mode) const {
    const SearchSpace space = space_of_chain(widths_.weights, widths_.activations, kind);
    ExpectedCostOptions options;
    options.metrics = figures_of(machine_);
    options.mode = mode;
    options.leave_out_unpriced = true;
    return ExpectedCost(chain_of_layers(), machine_, space, options);
  }

  void SetUp() override { ASSERT_FALSE(widths_.weights.empty() || widths_.activations.empty()); }

  Machine machine_ =
      load_machine((kDescriptions / (GetParam() + ".info")).string(), {kDescriptions}, builtin_registry());
  WidthSets widths_ = widths_of(machine_);
};

TEST_P(ExpectedCostConformance, RelaxedGradientIsThatOfFiniteDifferences) {
  std::mt19937 rng(1);
  for (const SoftChoice kind : {SoftChoice::split, SoftChoice::choice}) {
    const ExpectedCost relaxed = cost(kind, GradientMode::relaxed);
    testing::expect_gradient_of_differences(relaxed, random_point(relaxed, rng));
  }
}

// Decided widths cost what the network costs that they were assigned to, layer by layer and bit for bit, whichever
// mode.
TEST_P(ExpectedCostConformance, DecidedWidthsCostWhatEvaluateSays) {
  for (const GradientMode mode : {GradientMode::relaxed, GradientMode::straight_through}) {
    const ExpectedCost soft = cost(SoftChoice::split, mode);
    for (std::size_t choice = 0; choice < 4; ++choice) {
      std::vector<std::size_t> choices(soft.blocks().size());
      for (std::size_t b = 0; b < choices.size(); ++b) choices[b] = choice == 3 ? b * 7 % 5 : choice;
      const ExpectedCost::Values values = soft.evaluate(one_hot(soft, choices));
      Graph graph = chain_of_layers();
      std::vector<Assignment> assignments;
      for (std::size_t b = 0; b < soft.blocks().size(); ++b) {
        const ExpectedCost::Block& block = soft.blocks()[b];
        if (block.kind == ExpectedCost::Block::Kind::channels) continue;
        for (const std::string& layer : block.layers) {
          auto known = std::find_if(assignments.begin(), assignments.end(),
                                    [&](const Assignment& a) { return a.layer == layer; });
          if (known == assignments.end()) known = assignments.insert(known, Assignment{layer, {}, {}, {}});
          const NumberFormat format = integer(block.widths[choices[b] % block.size]);
          if (block.kind == ExpectedCost::Block::Kind::weight) {
            known->weight = format;
          } else {
            known->input = format;
          }
        }
      }
      assign(graph, assignments);
      const NetworkReport report = evaluate(graph, machine_);
      for (std::size_t k = 0; k < report.layers.size(); ++k) {
        const LayerReport& row = report.layers[k];
        for (std::size_t m = 0; m < soft.metrics().size(); ++m) {
          EXPECT_EQ(values.layer_values[k * soft.metrics().size() + m], testing::figure(row, soft.metrics()[m]))
              << row.name << " " << soft.metrics()[m] << " choice " << choice << " mode " << static_cast<int>(mode);
        }
      }
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<std::string>& row) {
  std::string name = row.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(EachDescription, ExpectedCostConformance,
                         ::testing::ValuesIn(testing::modelled_descriptions({kDescriptions})), test_name);

}  // namespace
}  // namespace hwcost
