// Expected costs of probabilities that are means of softmaxes.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "hwcost/expected_cost.hpp"
#include "support/refine_layers.hpp"
#include "support/soft_networks.hpp"

namespace hwcost {
namespace {

class ExpectedCostOfLogits : public ::testing::Test {
 protected:
  static SearchSpace space() {
    SearchSpace space;
    space.weights = {{"wa", {"a"}, {0, 4, 8}, SoftChoice::split}, {"wb", {"b"}, {2, 8}, SoftChoice::choice}};
    space.activations = {{"xb", {"b"}, {4, 8}}};
    space.channels = {{"n", {"b"}}};
    return space;
  }
  struct Point {
    std::vector<double> values, gradients;
  };
  Point at(const std::vector<double>& logits, double temperature = 1.0) const {
    Point point{std::vector<double>(2), std::vector<double>(2 * logits.size())};
    ExpectedCost::Workspace workspace(cost_);
    cost_.evaluate_logits({logits, rows_, temperature}, {point.values, point.gradients, {}}, workspace);
    return point;
  }

  // Two 1x1 convolutions of 10 and 6 channels behind each other on 3x3 pixels, from 4 channels.
  static ExpectedCost cost() {
    testing::Network net;
    net.convolution("b", net.convolution("a", net.input({1, 4, 3, 3}), 10), 6);
    ExpectedCostOptions options;
    options.metrics = {"macs", "latency_cycles"};
    return {net.graph, testing::machine("mpic"), space(), options};
  }

  const ExpectedCost cost_ = cost();
  std::vector<std::size_t> rows_{10, 1, 1, 1};
};

// Ten rows of three, one of two, one of two, and a number of channels.
TEST_F(ExpectedCostOfLogits, IsOfTheMeansOfSoftmaxes) {
  std::mt19937 rng(7);
  std::vector<double> logits(30 + 2 + 2 + 1);
  for (double& logit : logits) logit = std::normal_distribution(0.0, 2.0)(rng);
  logits.back() = 4.5;
  const double temperature = 0.5;
  std::vector<double> variables(8, 0.0);
  for (std::size_t row = 0; row < 10; ++row) {
    double sum = 0.0;
    for (std::size_t k = 0; k < 3; ++k) sum += std::exp(logits[3 * row + k] / temperature);
    for (std::size_t k = 0; k < 3; ++k) variables[k] += std::exp(logits[3 * row + k] / temperature) / sum / 10.0;
  }
  variables[3] = 1.0 / (1.0 + std::exp((logits[31] - logits[30]) / temperature));
  variables[4] = 1.0 - variables[3];
  variables[5] = 1.0 / (1.0 + std::exp((logits[33] - logits[32]) / temperature));
  variables[6] = 1.0 - variables[5];
  variables[7] = 4.5;
  const Point point = at(logits, temperature);
  const ExpectedCost::Values expected = cost_.evaluate(variables);
  for (std::size_t m = 0; m < 2; ++m) EXPECT_NEAR(point.values[m], expected.values[m], 1e-11 * expected.values[m]);
  for (std::size_t k = 0; k < logits.size(); ++k) {
    const double step = 1e-6;
    std::vector<double> more = logits;
    std::vector<double> less = logits;
    more[k] += step;
    less[k] -= step;
    for (std::size_t m = 0; m < 2; ++m) {
      const double slope = (at(more, temperature).values[m] - at(less, temperature).values[m]) / (2.0 * step);
      EXPECT_NEAR(point.gradients[m * logits.size() + k], slope, 1e-7 * expected.values[m]) << k;
    }
  }
}

TEST_F(ExpectedCostOfLogits, RefusesWhatDoesNotFit) {
  const std::vector<double> logits(35, 1.0);
  const auto fault_of = [&](const std::vector<double>& values, double temperature = 1.0) -> std::string {
    try {
      static_cast<void>(at(values, temperature));
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(fault_of(logits), "no error");
  EXPECT_NE(fault_of(std::vector<double>(34, 1.0)).find("there are 34 logits, wanted 35"), std::string::npos);
  EXPECT_NE(fault_of(logits, 0.0).find("temperature is 0"), std::string::npos);
  EXPECT_NE(fault_of(logits, 1e-310).find("temperature is 1e-310"), std::string::npos);
  EXPECT_NE(fault_of(logits, std::nan("")).find("temperature is nan"), std::string::npos);
  std::vector<double> wild = logits;
  wild[31] = std::numeric_limits<double>::infinity();
  EXPECT_NE(fault_of(wild).find("'wb' is"), std::string::npos);
  rows_.back() = 2;
  EXPECT_NE(fault_of(logits).find("'n' has 2 rows"), std::string::npos);
  rows_ = {10, 0, 1, 1};
  EXPECT_NE(fault_of(logits).find("'wb' has 0 rows"), std::string::npos);
  rows_ = {std::numeric_limits<std::size_t>::max() / 2, 1, 1, 1};
  EXPECT_NE(fault_of(logits).find("'wa' has 9223372036854775807 rows"), std::string::npos);
  rows_ = {10, 1, 1};
  EXPECT_NE(fault_of(logits).find("rows of 3 blocks, wanted 4"), std::string::npos);
}

}  // namespace
}  // namespace hwcost
