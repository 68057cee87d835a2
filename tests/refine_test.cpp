// Widths raised where a layer gets no dearer by it: published cases, and one phenomenon a test.
#include "hwcost/refine.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "support/refine_layers.hpp"

namespace hwcost {
namespace {

using testing::convolution;
using testing::histogram;
using testing::linear;
using testing::machine;
using testing::with_channels;
using testing::with_widths;

using Row = std::map<std::string, std::string>;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

std::vector<Row> published_cases() {
  std::ifstream file(HWCOST_SOURCE_DIR "/tests/golden/plinio_refine.csv");
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> names = cells_of(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = cells_of(line);
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = cells.at(i);
  }
  return rows;
}

double number(const Row& row, const std::string& column) { return std::stod(row.at(column)); }

Layer layer_of(const Row& row) {
  const std::string& kind = row.at("kind");
  const double in = number(row, "C_in");
  const double out = number(row, "C_out");
  const double size = number(row, "out_h");
  Layer layer = kind == "fc"    ? linear(in, out)
                : kind == "1x1" ? convolution(in, out, size, 1.0)
                : kind == "3x3" ? convolution(in, out, size, 3.0)
                                : convolution(in, out, size, 3.0, in);
  return with_widths(layer, {{0, number(row, "before_n0")},
                             {2, number(row, "before_n2")},
                             {4, number(row, "before_n4")},
                             {8, number(row, "before_n8")}});
}

std::vector<double> positive_numbers(const std::string& text) {
  std::istringstream stream(text);
  std::vector<double> numbers;
  for (double number = 0.0; stream >> number;) {
    if (number > 0.0) numbers.push_back(number);
  }
  return numbers;
}

TEST(Refine, ReachesThePublishedOptimumOnEveryCase) {
  const Machine ne16 = machine("ne16-plinio");
  const std::vector<Row> rows = published_cases();
  EXPECT_EQ(rows.size(), 30U);
  for (const Row& row : rows) {
    SCOPED_TRACE("case " + row.at("case_id"));
    const Layer layer = layer_of(row);
    RefineOptions options;
    options.widths = positive_numbers(row.at("precision_order"));
    const auto refined = refine(layer, *ne16.backend, options);
    ASSERT_TRUE(refined) << refined.error().reason;
    EXPECT_EQ(refined->metric, Metric::latency_cycles);
    EXPECT_EQ(refined->cost_after, number(row, "bruteforce_cost"));
    EXPECT_LE(refined->cost_after, refined->cost_before);
    // With pruned channels that tool's own figure is of tiles that are not there.
    if (number(row, "before_n0") == 0.0) {
      EXPECT_EQ(refined->cost_before, number(row, "cost_before"));
    }
    // Of several optima the published one need not have most bits.
    double published_bits = 0.0;
    double bits = 0.0;
    for (const double width : {2.0, 4.0, 8.0}) {
      published_bits += width * number(row, "bruteforce_n" + std::to_string(static_cast<int>(width)));
      bits += width * histogram(refined->after, 0)[width];
    }
    EXPECT_GE(bits, published_bits);
  }
}

TEST(Refine, FillsATileOfTheArray) {
  // 3 channels of 8 bits cost an extra tile of 32; so do the 61 others.
  const Layer layer = with_widths(convolution(16, 64, 6, 1), {{4, 61}, {8, 3}});
  const auto refined = refine(layer, *machine("ne16-job").backend);
  ASSERT_TRUE(refined);
  EXPECT_EQ(refined->after.groups, (std::vector<ChannelGroup>{{8, 64}}));
  EXPECT_LT(refined->cost_after, refined->cost_before);
}

TEST(Refine, AFormStaysTheFormThatItWas) {
  const Machine gap8 = machine("gap8");  // prices all widths alike: all channels may be raised
  RefineOptions options;
  options.widths = {8};
  Layer layer = convolution(16, 4, 6, 3);
  layer.precision.weight = integer(4);
  EXPECT_EQ(refine(layer, *gap8.backend, options)->after, WeightFormat(integer(8)));
  EXPECT_EQ(refine(layer, *gap8.backend)->after, WeightFormat(integer(4))) << "no other width is allowed";
  const auto list = refine(with_channels(layer, {4, 0, 2, 4}), *gap8.backend);
  EXPECT_EQ(list->after, WeightFormat::per_channel({4, 0, 4, 4}));
  const auto counts = refine(with_widths(layer, {{0, 1}, {2, 1}, {4, 2}}), *gap8.backend, options);
  EXPECT_EQ(counts->after.groups, (std::vector<ChannelGroup>{{0, 1}, {8, 3}}));
  EXPECT_TRUE(counts->after.by_channel.empty());
}

TEST(Refine, OneWidthThatBecomesSeveralIsAListWithScoresAndElseAHistogram) {
  // 2 of 34 channels would need a tile of their own if all had 4 bits.
  const Machine ne16 = machine("ne16-job");
  RefineOptions options;
  options.formula = Formula("out_channels > 2 ? w_bits*out_channels : out_channels", {});  // 2 channels are cheap
  options.metric = Metric::cost;
  options.widths = {8};
  Layer layer = convolution(16, 4, 6, 3);
  layer.precision.weight = integer(4);
  const auto counts = refine(layer, *ne16.backend, options);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->after.groups, (std::vector<ChannelGroup>{{4, 2}, {8, 2}}));
  EXPECT_TRUE(counts->after.by_channel.empty());
  EXPECT_EQ(refine(layer, *ne16.backend, options, {1, 7, 2, 3})->after, WeightFormat::per_channel({4, 8, 4, 8}));
}

TEST(Refine, CostsThatDifferByRoundingAreEqual) {
  // A tenth a channel, whatever its width: sums of parts are not the same doubles as the whole.
  RefineOptions options;
  options.formula = Formula("out_channels*0.1", {});
  int widened = 0;
  for (double n = 2.0; n < 60.0; ++n) {
    const Layer layer = with_widths(linear(8, n), {{2, 1}, {4, n - 1.0}});
    const auto refined = refine(layer, *machine("bit-ops").backend, options);
    ASSERT_TRUE(refined);
    EXPECT_LE(refined->cost_after, refined->cost_before);
    widened += refined->after.groups == std::vector<ChannelGroup>{{4, n}} ? 1 : 0;
  }
  EXPECT_GE(widened, 40);
}

TEST(Refine, WidthsThatTheMachineRefusesAreNoTarget) {
  RefineOptions options;
  options.widths = {16};
  const auto refined =
      refine(with_widths(convolution(16, 8, 3, 1), {{4, 4}, {8, 4}}), *machine("ne16-job").backend, options);
  ASSERT_TRUE(refined);
  EXPECT_EQ(refined->after.groups, (std::vector<ChannelGroup>{{8, 8}}));
}

TEST(Refine, LayersWithoutAPriceAreRefusedWithTheReason) {
  const Machine ne16 = machine("ne16-job");
  EXPECT_EQ(refine(with_widths(convolution(16, 8, 9, 5), {{4, 8}}), *ne16.backend).error().reason,
            "kernel 5x5: the array runs 3x3, 1x1 and depthwise 3x3");
  Layer pool;
  pool.op = Op::max_pool;
  pool.dims = Pooling<>{};
  EXPECT_EQ(refine(pool, *ne16.backend).error().reason, "max_pool has no widths a channel");
  Layer pruned = linear(8, 8);
  pruned.precision.weight = integer(0);
  EXPECT_EQ(refine(pruned, *ne16.backend).error().reason, "all its channels are pruned");
  pruned.precision.weight = kFloat32;
  EXPECT_EQ(refine(pruned, *ne16.backend).error().reason, "its weights are f32");
}

TEST(Refine, SearchesBeyondTheLimitsAreRefusedWithTheirSize) {
  RefineOptions options;
  options.widths = {2, 4, 8, 16, 32};
  const auto whole = refine(with_widths(linear(8, 512), {{2, 512}}), *machine("memory-access").backend, options);
  ASSERT_FALSE(whole);
  EXPECT_NE(whole.error().reason.find("combinations"), std::string::npos) << whole.error().reason;
  const auto large = refine(with_widths(linear(8, 1e15), {{2, 1e15}}), *machine("gap8").backend, options);
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().reason.find("channels at 5 widths"), std::string::npos) << large.error().reason;
}

std::string fault(const Layer& layer, const RefineOptions& options, const std::vector<double>& scores = {}) {
  try {
    static_cast<void>(refine(layer, *machine("gap8").backend, options, scores));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Refine, BadOptionsAreTold) {
  const Layer layer = with_channels(linear(8, 2), {2, 4});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  RefineOptions options;
  options.widths = {2.5};
  EXPECT_EQ(fault(layer, options), "error: a width to raise channels to is 2.5, not a whole number from 1 to 64");
  options.widths = {nan};
  EXPECT_EQ(fault(layer, options), "error: a width to raise channels to is nan, not a whole number from 1 to 64");
  options.widths = {};
  options.metric = Metric::utilization;
  EXPECT_EQ(fault(layer, options),
            "error: utilization is a ratio, of which layers have no shares: wanted one of latency_cycles, "
            "latency_seconds, cost, energy_joules, traffic_bytes, convention_ops");
  options.metric = Metric::energy_joules;
  EXPECT_EQ(fault(layer, options).find("error: the machine defines no energy_joules: wanted one of latency_cycles"),
            0U);
  EXPECT_EQ(fault(layer, {}, {1}), "error: layer 'fc': 1 scores for 2 channels");
  EXPECT_EQ(fault(layer, {}, {1, nan}), "error: layer 'fc': a score is nan, no finite number");
  EXPECT_EQ(fault(with_widths(linear(8, 2), {{2, 1}, {4, 1}}), {}, {1, 2}),
            "error: layer 'fc': scores need to know which channel has which width, and a histogram does not say: give "
            "one width a channel");
}

}  // namespace
}  // namespace hwcost
