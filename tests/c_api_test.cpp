// The C interface: the prices of C++, and an error in words for whatever a caller gets wrong.
#include "hwcost/hwcost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "../core/conformance/batch_columns.hpp"
#include "../core/conformance/random_layers.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/price_table.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

constexpr const char* kFolder = HWCOST_SOURCE_DIR "/hw_descriptions";

class CApi : public ::testing::Test {
 protected:
  using Handle = std::unique_ptr<hwcost_machine, decltype(&hwcost_free_machine)>;
  Handle machine_named(const char* name) {
    hwcost_search search{};
    search.struct_size = sizeof search;
    search.description_folders = &kFolder;
    search.description_folder_count = 1;
    return {hwcost_load_machine(name, &search, &error_), hwcost_free_machine};
  }
  std::string error() const { return text_.data(); }

  // Columns of C over those of C++.
  static hwcost_layers layers_of(const LayerColumns& in) {
    const std::size_t extents = in.columns.size() - hwcost_widths_count;
    return {sizeof(hwcost_layers),
            name(in.op).data(),
            static_cast<std::uint32_t>(info(in.op).family),
            in.size,
            in.columns.data(),
            extents,
            in.columns.data() + extents,
            hwcost_widths_count};
  }

  std::array<char, 300> text_{};
  hwcost_message error_{text_.data(), text_.size()};
  Handle mpic_ = machine_named("mpic");
};

TEST_F(CApi, NamesTheMachineAndWhatItDefines) {
  ASSERT_NE(mpic_, nullptr) << error();
  EXPECT_STREQ(hwcost_machine_name(mpic_.get()), "mpic");
  EXPECT_EQ(hwcost_machine_clock_hertz(mpic_.get()), 250e6);
  EXPECT_EQ(hwcost_machine_defines(mpic_.get(), hwcost_metric_latency_cycles), 1);
  EXPECT_EQ(hwcost_machine_defines(mpic_.get(), hwcost_metric_traffic_bytes), 0);
  EXPECT_EQ(hwcost_c_api(), HWCOST_C_API);
  EXPECT_STREQ(hwcost_version(), "0.1.0");
}

TEST_F(CApi, TellsTheColumnsOfEveryOperatorByName) {
  EXPECT_EQ(hwcost_extent_count("conv2d"), std::size_t{hwcost_convolution_count});
  EXPECT_STREQ(hwcost_extent_name("conv2d", hwcost_convolution_out_channels), "out_channels");
  EXPECT_EQ(hwcost_extent_name("conv2d", hwcost_convolution_count), nullptr);
  EXPECT_EQ(hwcost_extent_count("conv7d"), 0u);
  EXPECT_EQ(hwcost_extent_name("conv7d", 0), nullptr);
  EXPECT_EQ(hwcost_extent_count(nullptr), 0u);
}

TEST_F(CApi, BatchHasTheBitsOfTheBackendAndTheReasonsToo) {
  ASSERT_NE(mpic_, nullptr) << error();
  const auto backend = load_machine("mpic", {kFolder}, builtin_registry()).backend;
  for (const Op op : {Op::conv2d, Op::linear, Op::avg_pool}) {
    testing::RandomLayers random(5);
    std::vector<Layer> candidates;
    for (int i = 0; i < 300; ++i) candidates.push_back(random(op));
    const testing::BatchColumns columns(candidates);
    const hwcost_layers layers = layers_of(columns.columns());
    std::vector<double> cycles(candidates.size());
    std::vector<double> joules(candidates.size());
    std::vector<std::uint8_t> status(candidates.size());
    hwcost_prices prices{};
    prices.struct_size = sizeof prices;
    prices.latency_cycles = cycles.data();
    prices.energy_joules = joules.data();
    prices.status = status.data();
    for (const std::size_t threads : {1u, 3u}) {
      ASSERT_EQ(hwcost_price_batch(mpic_.get(), &layers, &prices, threads, &error_), 0) << error();
      for (std::size_t row = 0; row < candidates.size(); ++row) {
        const auto estimate = backend->estimate(candidates[row]);
        ASSERT_EQ(hwcost_explain(mpic_.get(), &layers, row, &error_), status[row]);
        if (estimate) {
          ASSERT_EQ(cycles[row], estimate->cost.latency().value);
          ASSERT_EQ(joules[row], estimate->cost.energy.value);
          ASSERT_EQ(error(), estimate->approximation);
        } else {
          ASSERT_EQ(status[row], hwcost_price_unsupported);
          ASSERT_TRUE(std::isnan(cycles[row]));
          ASSERT_EQ(error(), estimate.error().reason);
        }
      }
    }
  }
}

TEST_F(CApi, MetricThatTheMachineDoesNotDefineIsNoFigure) {
  ASSERT_NE(mpic_, nullptr) << error();
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.in_channels = 64, .out_channels = 10};
  const testing::BatchColumns columns({layer});
  const hwcost_layers layers = layers_of(columns.columns());
  double cycles = 0.0;
  double bytes = 0.0;
  hwcost_prices prices{};
  prices.struct_size = sizeof prices;
  prices.latency_cycles = &cycles;
  prices.traffic_bytes = &bytes;
  ASSERT_EQ(hwcost_price_batch(mpic_.get(), &layers, &prices, 1, &error_), 0) << error();
  EXPECT_GT(cycles, 0.0);
  EXPECT_TRUE(std::isnan(bytes));
}

TEST_F(CApi, FaultsInFilesAreToldWithTheirPlace) {
  EXPECT_EQ(machine_named("mpick"), nullptr);
  EXPECT_NE(error().find("did you mean 'mpic'?"), std::string::npos) << error();
  EXPECT_EQ(machine_named("/nowhere/x.info"), nullptr);
  EXPECT_EQ(error(), "error: no file '/nowhere/x.info'");
  EXPECT_EQ(hwcost_price_model(mpic_.get(), "/nowhere/x.csv", &error_), nullptr);
  EXPECT_NE(error().find("/nowhere/x.csv: error: "), std::string::npos) << error();
  const char* plugin = "/nowhere/x.so";
  hwcost_search search{};
  search.struct_size = sizeof search;
  search.plugins = &plugin;
  search.plugin_count = 1;
  EXPECT_EQ(hwcost_load_machine("mpic", &search, &error_), nullptr);
  EXPECT_EQ(error(), "/nowhere/x.so: error: no such file");
}

TEST_F(CApi, MistakesOfCallersAreErrorsInWords) {
  const double one = 1.0;
  const std::vector<const double*> columns(32, &one);
  hwcost_layers layers{sizeof(hwcost_layers), "linear",       hwcost_family_linear, 1, columns.data(),
                       hwcost_linear_count,   columns.data(), hwcost_widths_count};
  hwcost_prices prices{};
  prices.struct_size = sizeof prices;
  const auto error_of = [&](const hwcost_machine* machine, const hwcost_layers* in, const hwcost_prices* out) {
    EXPECT_NE(hwcost_price_batch(machine, in, out, 1, &error_), 0);
    return error();
  };
  EXPECT_EQ(error_of(nullptr, &layers, &prices), "error: machine is NULL");
  EXPECT_EQ(error_of(mpic_.get(), nullptr, &prices), "error: layers is NULL");
  EXPECT_EQ(error_of(mpic_.get(), &layers, nullptr), "error: prices is NULL");
  layers.op = "linearly";
  EXPECT_EQ(error_of(mpic_.get(), &layers, &prices), "error: no operator 'linearly'");
  layers.op = "conv2d";
  EXPECT_EQ(error_of(mpic_.get(), &layers, &prices), "error: layers->family is 1; that of conv2d is 0");
  layers.family = hwcost_family_convolution;
  EXPECT_EQ(error_of(mpic_.get(), &layers, &prices), "error: layers->extent_count is 5; 27 are wanted");
  layers.op = "linear";
  layers.family = hwcost_family_linear;
  layers.struct_size = 8;
  EXPECT_EQ(error_of(mpic_.get(), &layers, &prices), "error: layers->struct_size is too small");
  layers.struct_size = sizeof layers;
  std::vector<const double*> gap(hwcost_linear_count, &one);
  gap[2] = nullptr;
  layers.extents = gap.data();
  EXPECT_EQ(error_of(mpic_.get(), &layers, &prices), "error: a column of layers->extents is NULL");
  layers.extents = columns.data();
  EXPECT_LT(hwcost_explain(mpic_.get(), &layers, 1, &error_), 0);
  EXPECT_EQ(error(), "error: there is no row 1");
  EXPECT_EQ(hwcost_load_machine(nullptr, nullptr, nullptr), nullptr) << "nobody wants to know why";
}

TEST_F(CApi, ModelIsPricedLayerByLayer) {
  std::unique_ptr<hwcost_report, decltype(&hwcost_free_report)> report{
      hwcost_price_model(mpic_.get(), HWCOST_SOURCE_DIR "/tests/golden/mpic.csv", &error_), hwcost_free_report};
  ASSERT_NE(report, nullptr) << error();
  const std::size_t layers = hwcost_report_layer_count(report.get());
  ASSERT_GT(layers, 0u);
  double cycles = 0.0;
  double macs = 0.0;
  for (std::size_t i = 0; i < layers; ++i) {
    hwcost_layer_report row{};
    row.struct_size = sizeof row;
    ASSERT_EQ(hwcost_report_layer(report.get(), i, &row), 0);
    ASSERT_STRNE(row.op, "");
    macs += row.macs;
    const double own = hwcost_report_layer_metric(report.get(), i, hwcost_metric_latency_cycles);
    ASSERT_EQ(std::isnan(own), row.status == hwcost_price_unsupported);
    if (!std::isnan(own)) cycles += own;
  }
  EXPECT_DOUBLE_EQ(hwcost_report_metric(report.get(), hwcost_metric_latency_cycles), cycles);
  EXPECT_DOUBLE_EQ(hwcost_report_macs(report.get()), macs);
  EXPECT_TRUE(std::isnan(hwcost_report_metric(report.get(), hwcost_metric_traffic_bytes)));
  hwcost_layer_report none{};
  none.struct_size = sizeof none;
  EXPECT_NE(hwcost_report_layer(report.get(), layers, &none), 0);
}

TEST_F(CApi, PriceTableHasTheSumsOfCppAndIsReadBack) {
  const std::string model = HWCOST_SOURCE_DIR "/tests/golden/mpic.csv";
  const double unsaid = std::nan("");
  const std::array<hwcost_width_choice, 3> choices{{{8, 8, unsaid}, {4, 8, 8}, {3, 8, unsaid}}};
  using Table = std::unique_ptr<hwcost_price_table, decltype(&hwcost_free_price_table)>;
  const Table made{hwcost_make_price_table(mpic_.get(), model.c_str(), choices.data(), 3, 2, &error_),
                   hwcost_free_price_table};
  ASSERT_NE(made, nullptr) << error();
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "table.json").string();
  ASSERT_EQ(hwcost_save_price_table(made.get(), file.c_str(), &error_), 0) << error();
  const Table table{hwcost_load_price_table(file.c_str(), &error_), hwcost_free_price_table};
  ASSERT_NE(table, nullptr) << error();

  const PriceTable own =
      make_price_table(read_layer_table(std::filesystem::path(model)).graph,
                       load_machine("mpic", {kFolder}, builtin_registry()), {.choices = {{8, 8}, {4, 8, 8}, {3, 8}}});
  const std::size_t layers = own.layer_count();
  ASSERT_EQ(hwcost_price_table_layer_count(table.get()), layers);
  ASSERT_EQ(hwcost_price_table_choice_count(table.get()), 3u);
  EXPECT_EQ(hwcost_price_table_layer_name(table.get(), 0), own.contents().layers[0].name);
  EXPECT_EQ(hwcost_price_table_price(table.get(), hwcost_metric_latency_cycles, 1, 1),
            own.price(Metric::latency_cycles, 1, 1));
  EXPECT_EQ(hwcost_price_table_reason(table.get(), 0, 2), own.reason(0, 2));
  EXPECT_NE(own.reason(0, 2), "") << "mpic has no rate for weights of 3 bits";

  std::vector<std::uint8_t> assignments(2 * layers, 0);
  std::fill_n(assignments.begin(), layers, std::uint8_t{1});
  std::array<double, 2> totals{};
  const auto sum = [&](hwcost_metric metric) {
    return hwcost_price_table_sums(table.get(), metric, assignments.data(), 2, totals.data(), 2, &error_);
  };
  ASSERT_EQ(sum(hwcost_metric_latency_cycles), 0) << error();
  EXPECT_EQ(totals[0], own.sum<std::uint8_t>(Metric::latency_cycles, std::span(assignments).first(layers)));
  EXPECT_EQ(totals[1], own.sum<std::uint8_t>(Metric::latency_cycles, std::span(assignments).last(layers)));
  assignments[0] = 3;
  EXPECT_NE(sum(hwcost_metric_latency_cycles), 0) << "there is no choice 3";
  EXPECT_NE(sum(hwcost_metric_count), 0);
  EXPECT_EQ(error(), "error: no metric 9");
  EXPECT_TRUE(std::isnan(hwcost_price_table_price(table.get(), hwcost_metric_latency_cycles, layers, 0)));
  EXPECT_EQ(hwcost_price_table_reason(table.get(), 0, 3), nullptr);
  EXPECT_EQ(hwcost_load_price_table(model.c_str(), &error_), nullptr);
}

}  // namespace
}  // namespace hwcost
