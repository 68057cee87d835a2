// Parts of a fit by themselves: what is kept apart from what, and least squares with bounds.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "folds.hpp"
#include "least_squares.hpp"

namespace hwcost {
namespace {

Observations observed(const std::vector<std::pair<std::string, std::vector<std::string>>>& shapes_and_networks) {
  Observations result;
  for (const auto& [shape, networks] : shapes_and_networks)
    result.all.push_back({.layer = {}, .value = 1.0, .shape = shape, .networks = networks});
  return result;
}
Rows rows_of(const Observations& observations) {
  Rows rows;
  for (std::size_t i = 0; i < observations.all.size(); ++i) rows.push_back(static_cast<Eigen::Index>(i));
  return rows;
}
std::set<std::string> shapes(const Observations& observations, const Rows& rows) {
  std::set<std::string> found;
  for (const Eigen::Index row : rows) found.insert(observations.all[static_cast<std::size_t>(row)].shape);
  return found;
}
bool have_a_shape_in_common(const Observations& observations, const Split& split) {
  const std::set<std::string> seen = shapes(observations, split.seen);
  const std::set<std::string> tried = shapes(observations, split.tried);
  return std::any_of(tried.begin(), tried.end(), [&](const std::string& shape) { return seen.contains(shape); });
}

// Each shape stands in two networks and once by itself.
TEST(Folds, KeepAShapeOnOneSideWhateverNetworksHaveIt) {
  std::vector<std::pair<std::string, std::vector<std::string>>> layers;
  for (int i = 0; i < 30; ++i) {
    layers.push_back({std::to_string(i / 3), {}});
    if (i % 3 > 0) layers.back().second.push_back("net" + std::to_string((i / 3 + 7 * (i % 3)) % 10));
  }
  const Observations observations = observed(layers);
  const Folds parts = folds(observations, rows_of(observations), 5, 1);
  EXPECT_TRUE(parts.by_network);
  EXPECT_EQ(parts.splits.size(), 5u);
  for (const Split& split : parts.splits) EXPECT_FALSE(have_a_shape_in_common(observations, split));
  EXPECT_FALSE(have_a_shape_in_common(observations, hold_out(observations, 0.3, 1)));
}

TEST(Folds, OfOneNetworkAreOfShapes) {
  const Observations observations = observed({{"a", {"net"}}, {"b", {"net"}}, {"c", {"net"}}, {"a", {"net"}}});
  const Folds parts = folds(observations, rows_of(observations), 10, 1);
  EXPECT_FALSE(parts.by_network);
  EXPECT_EQ(parts.splits.size(), 3u);
  for (const Split& split : parts.splits) EXPECT_FALSE(have_a_shape_in_common(observations, split));
  const Split held = hold_out(observations, 0.3, 1);
  EXPECT_FALSE(held.seen.empty());
  EXPECT_FALSE(held.tried.empty());
}

TEST(Folds, OfOneShapeAreNone) {
  const Observations observations = observed({{"a", {"net"}}, {"a", {"other"}}});
  EXPECT_TRUE(folds(observations, rows_of(observations), 10, 1).splits.empty());
}

// Karush, Kuhn and Tucker: nothing free has a slope, nothing at an end would fall by going inwards.
void expect_the_least(const Eigen::MatrixXd& a, const Eigen::VectorXd& b, const Eigen::VectorXd& low,
                      const Eigen::VectorXd& high) {
  const Eigen::VectorXd x = bounded_least_squares(a.transpose() * a, a.transpose() * b, low, high);
  const Eigen::VectorXd slope = a.transpose() * (b - a * x);
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    RC_ASSERT(x[i] >= low[i] && x[i] <= high[i]);
    if (x[i] > low[i]) RC_ASSERT(slope[i] > -1e-9);
    if (x[i] < high[i]) RC_ASSERT(slope[i] < 1e-9);
  }
}

// Many problems a case: an unknown that must leave an end again is rare.
RC_GTEST_PROP(BoundedLeastSquares, EndsWhereNoUnknownCouldDoBetter, ()) {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  const auto uniform = [&](double most) { return most * static_cast<double>(random() >> 11) * 0x1.0p-53; };
  const auto vector = [&](Eigen::Index size, double most) -> Eigen::VectorXd {
    return Eigen::VectorXd::NullaryExpr(size, [&](Eigen::Index) { return uniform(most); });
  };
  for (int problem = 0; problem < 10; ++problem) {
    const auto unknowns = static_cast<Eigen::Index>(2 + random() % 6);
    const auto rows = unknowns + 2 + static_cast<Eigen::Index>(random() % 30);
    Eigen::MatrixXd a = 1e-3 * Eigen::MatrixXd::Identity(rows, unknowns);
    a += Eigen::MatrixXd::NullaryExpr(
        rows, unknowns, [&](Eigen::Index, Eigen::Index) { return uniform(1.0) < 0.7 ? uniform(1.0) : 0.0; });
    const Eigen::VectorXd low = vector(unknowns, 0.1);
    const Eigen::VectorXd high = (low + vector(unknowns, 0.6)).array() + 0.05;
    expect_the_least(a, vector(rows, uniform(1.0)), low, high);
  }
}

}  // namespace
}  // namespace hwcost
