// The columns that C sees are those of the C++ structs: same names, same order.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hwcost/batch.hpp"
#include "hwcost/columns.h"
#include "hwcost/metric.hpp"
#include "hwcost/plugin.h"

namespace hwcost {
namespace {

using Names = std::vector<std::string>;

#define NAME_OF_COLUMN(list, name) #name,
#define NAME_OF_FAMILY(family) #family,
#define NAMES_OF_FAMILY(family) Names{HWCOST_EXTENTS_##family(NAME_OF_COLUMN, family)},

const std::vector<Names> kExtents{HWCOST_FAMILIES(NAMES_OF_FAMILY)};

template <class Struct>
Names members() {
  Names names;
  for (const auto& member : Struct::kMembers) names.emplace_back(member.name);
  return names;
}

TEST(Columns, ExtentsOfEveryFamilyAreItsMembers) {
  ASSERT_EQ(kExtents.size(), std::variant_size_v<Dims>);
  ASSERT_EQ(std::size_t{hwcost_family_count}, kExtents.size());
  for (std::size_t family = 0; family < kExtents.size(); ++family)
    with_family(static_cast<Family>(family), [&]<class D>() { EXPECT_EQ(kExtents[family], members<D>()) << family; });
}

TEST(Columns, WidthsAreThoseOfFormulas) {
  EXPECT_EQ((Names{HWCOST_EXTENTS_widths(NAME_OF_COLUMN, widths)}), members<Widths<>>());
}

TEST(Columns, CostPartsAreThoseOfCost) {
  Names parts;
  const Cost<> cost;
  Cost<>::visit(cost, [&](std::string_view part, double) { parts.emplace_back(part); });
  EXPECT_EQ((Names{HWCOST_COST_PARTS(NAME_OF_COLUMN, part)}), parts);
}

TEST(Columns, MetricsAreThoseOfReports) {
  Names metrics;
  for (std::size_t m = 0; m < kMetricCount; ++m) metrics.emplace_back(name(static_cast<Metric>(m)));
  EXPECT_EQ((Names{HWCOST_METRICS(NAME_OF_COLUMN, metric)}), metrics);
}

// Numbers of the families are those of their operators.
TEST(Columns, FamiliesAreNumberedAsOperatorsAre) {
  const std::vector<std::pair<const char*, int>> examples{
      {"conv2d", hwcost_family_convolution},   {"linear", hwcost_family_linear},
      {"matmul", hwcost_family_matmul},        {"avg_pool", hwcost_family_pooling},
      {"relu", hwcost_family_elementwise},     {"layer_norm", hwcost_family_normalization},
      {"softmax", hwcost_family_softmax},      {"embedding", hwcost_family_lookup},
      {"reduce_sum", hwcost_family_reduction}, {"concat", hwcost_family_movement},
      {"lstm", hwcost_family_recurrent},       {"attention", hwcost_family_attention},
      {"custom", hwcost_family_custom}};
  ASSERT_EQ(examples.size(), std::size_t{hwcost_family_count});
  for (const auto& [op, family] : examples)
    EXPECT_EQ(static_cast<int>(info(op_named(op).value()).family), family) << op;
}

TEST(Columns, StatusesAreThoseOfBatches) {
  EXPECT_EQ(static_cast<int>(Status::priced), hwcost_priced);
  EXPECT_EQ(static_cast<int>(Status::approximated), hwcost_approximated);
  EXPECT_EQ(static_cast<int>(Status::unsupported), hwcost_unsupported);
}

TEST(Columns, RowOfCIsTheRowOfCpp) {
  std::vector<double> values(hwcost_convolution_count + std::size_t{hwcost_widths_count});
  std::vector<const double*> columns;
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = static_cast<double>(k);
    columns.push_back(&values[k]);
  }
  const hwcost_layers layers{sizeof(hwcost_layers),
                             "conv2d",
                             hwcost_family_convolution,
                             1,
                             columns.data(),
                             hwcost_convolution_count,
                             columns.data() + hwcost_convolution_count,
                             hwcost_widths_count};
  const auto in_cpp = struct_at<Convolution<>>(LayerColumns{Op::conv2d, 1, columns}, 0, 0);
  const auto in_c = hwcost_convolution_at(&layers, 0);
#define EXPECT_SAME(list, name) EXPECT_EQ(in_c.name, in_cpp.name);
  HWCOST_EXTENTS_convolution(EXPECT_SAME, convolution)
      EXPECT_EQ(hwcost_widths_at(&layers, 0).shift, static_cast<double>(values.size() - 1));
}

}  // namespace
}  // namespace hwcost
