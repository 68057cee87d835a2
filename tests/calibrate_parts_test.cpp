// Parts of a fit by themselves: what is kept apart from what.
#include <gtest/gtest.h>

#include <set>

#include "folds.hpp"

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

}  // namespace
}  // namespace hwcost
