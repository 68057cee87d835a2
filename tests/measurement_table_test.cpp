// Measurements as layer tables, and layer tables as they are written.
#include <gtest/gtest.h>

#include <set>

#include "hwcost/measure/table.hpp"
#include "support/measurements.hpp"
#include "support/random_layers.hpp"

namespace hwcost {
namespace {

using testing::sample_measurement;

std::string error_of(const std::string& table) {
  try {
    (void)measurements_from(read_layer_table(table, "t.csv"));
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(MeasurementTable, ReadsBackToTheSameMeasurements) {
  std::vector<Measurement> measurements;
  for (int i = 1; i <= 5; ++i) measurements.push_back(sample_measurement(i));
  measurements[1].key.layer.fused_activation.reset();
  measurements[2].key.layer.precision.requantization.reset();
  measurements[3].key.buffers = Buffers::cold;
  measurements[4].key.threads = 2;
  measurements[4].key.layer.precision.bias = kFloat32;
  const MeasurementTable table = measurement_table(measurements);
  EXPECT_TRUE(table.left_out.empty());
  EXPECT_EQ(measurements_from(read_layer_table(table.text, "t.csv")), measurements);
}

// Whatever is written reads back as the same layer; what has no form in a table is named and not written.
TEST(MeasurementTable, LayersOfAllOperatorsReadBackOrAreLeftOut) {
  std::vector<Measurement> measurements;
  for (const Layer& layer : testing::random_layers(6)) {
    const auto bare = measurable(layer);
    if (!bare || contradiction(*bare)) continue;
    measurements.push_back(sample_measurement(1));
    measurements.back().key.layer = *bare;
  }
  const MeasurementTable table = measurement_table(measurements);
  const std::vector<Measurement> back = measurements_from(read_layer_table(table.text, "t.csv"));
  ASSERT_EQ(back.size() + table.left_out.size(), measurements.size());
  std::set<Op> written;
  std::size_t next = 0;  // of those that were written, in their order
  for (const Measurement& m : measurements) {
    if (next == back.size() || !(back[next] == m)) continue;
    written.insert(m.key.layer.op);
    ++next;
  }
  EXPECT_EQ(next, back.size()) << "a layer reads back as another one";
  for (const Op op : {Op::conv1d, Op::conv2d, Op::conv3d, Op::conv_transpose2d, Op::linear, Op::matmul, Op::softmax})
    EXPECT_TRUE(written.contains(op)) << name(op);
}

TEST(MeasurementTable, PoolsReadBackWithAnyPaddingOfTheSameOutput) {
  const LayerTable pools = read_layer_table(
      "op,in_channels,in_h,in_w,kernel_h,kernel_w,stride_h,stride_w,pad_h,pad_w\n"
      "max_pool,64,112,112,3,3,2,2,1,1\navg_pool,8,9,9,2,2,2,2,0,0\nglobal_avg_pool,8,7,7,1,1,1,1,0,0\n",
      "pools.csv");
  for (const Node& node : pools.graph.nodes) EXPECT_TRUE(has_table_form(node.layer)) << name(node.layer.op);
}

TEST(MeasurementTable, TableOfOthersIsOfAnUnknownMachine) {
  const auto all = measurements_from(read_layer_table(
      "op,in_channels,out_channels,measured_latency_seconds,x_isa,x_network\nlinear,8,4,1e-6,avx2,net\n", "t.csv"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].timing.seconds, 1e-6);
  EXPECT_EQ(all[0].timing.p90_seconds, 1e-6);
  EXPECT_FALSE(all[0].timing.gated());
  EXPECT_EQ(all[0].key.machine.isa, "avx2");
  EXPECT_EQ(all[0].key.machine.processor, "unknown");
}

TEST(MeasurementTable, FaultsAreToldWithTheirLine) {
  const std::string head = "op,in_channels,out_channels,measured_latency_seconds,x_threads,x_buffers,x_samples\n";
  EXPECT_EQ(error_of(head + "linear,8,4,1e-6,1,warm,3\n"), "");
  EXPECT_NE(error_of(head + "linear,8,4,,1,warm,3\n").find("t.csv:2: error: measured_latency_seconds is missing"),
            std::string::npos);
  EXPECT_NE(error_of(head + "linear,8,4,0,1,warm,3\n").find("is 0, wanted more"), std::string::npos);
  EXPECT_NE(error_of(head + "linear,8,4,1e-6,1.5,warm,3\n").find("column 'x_threads': '1.5' is no number of threads"),
            std::string::npos);
  EXPECT_NE(error_of(head + "linear,8,4,1e-6,1,hot,3\n").find("'hot' is none of warm, rotated, cold"),
            std::string::npos);
  EXPECT_NE(error_of(head + "linear,8,4,1e-6,1,warm,-3\n").find("is no number from 0 on"), std::string::npos);
  const std::string mixed = "op,in_channels,out_channels,w_bits,measured_latency_seconds\nlinear,8,4,4:2|8:2,1e-6\n";
  EXPECT_NE(error_of(mixed).find("several widths"), std::string::npos) << error_of(mixed);
}

}  // namespace
}  // namespace hwcost
