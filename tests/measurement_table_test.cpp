// Measurements as layer tables and as Google Benchmark's JSON, and layer tables as they are written.
#include <gtest/gtest.h>

#include <set>

#include "../core/conformance/random_layers.hpp"
#include "hwcost/measure/reader.hpp"
#include "hwcost/measure/table.hpp"
#include "support/measurements.hpp"

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

// A document of Google Benchmark 1.7 with these benchmarks.
std::string document(const std::string& benchmarks) {
  return R"({"context": {"date": "2026-03-01T13:00:00+01:00", "host_name": "h", "num_cpus": 2, "isa": "avx2"},
             "benchmarks": [)" +
         benchmarks + "]}";
}

std::string repetition(const std::string& name, double microseconds) {
  return R"({"name": ")" + name + R"(", "run_name": ")" + name +
         R"(", "run_type": "iteration", "iterations": 100, "label": "jit", "time_unit": "us", "cpu_time": 1, "real_time": )" +
         std::to_string(microseconds) + "}";
}

// A benchmark with one figure of this text.
std::string with_figure(const std::string& member, const std::string& figure) {
  return R"({"name": "linear/in_channels:8/out_channels:4", "time_unit": "us", "real_time": 1, ")" + member +
         "\": " + figure + "}";
}

TEST(GoogleBenchmark, RepetitionsAreOneMeasurementOfTheLayerInTheName) {
  const std::string name =
      "BM_conv2d/in_channels:8/out_channels:16/in_h:6/in_w:6/kernel_h:3/kernel_w:3/buffers:warm/threads:2/real_time";
  const auto read = measurements_from_google_benchmark(
      document(repetition(name, 5) + "," + repetition(name, 3) + "," + repetition(name, 4) + "," +
               R"({"name": "x_mean", "run_name": ")" + name +
               R"(", "run_type": "aggregate", "aggregate_name": "mean", "time_unit": "us", "real_time": 9})"),
      "b.json");
  ASSERT_EQ(read.measurements.size(), 1u);
  const Measurement& m = read.measurements.front();
  EXPECT_EQ(m.key.layer.op, Op::conv2d);
  EXPECT_EQ(std::get<Convolution<>>(m.key.layer.dims).out_height, 4.0);
  EXPECT_EQ(m.key.buffers, Buffers::warm);
  EXPECT_EQ(m.key.threads, 2);
  EXPECT_DOUBLE_EQ(m.timing.seconds, 4e-6);
  EXPECT_DOUBLE_EQ(m.timing.p10_seconds, 3.2e-6);
  EXPECT_EQ(m.timing.samples, 3.0);
  EXPECT_FALSE(m.timing.gated());
  EXPECT_EQ(m.key.machine.isa, "avx2");
  EXPECT_EQ(m.key.machine.processor, "unknown");
  EXPECT_EQ(m.measured_at, "2026-03-01T12:00:00Z");
  EXPECT_EQ(m.kernel, "jit");
}

TEST(GoogleBenchmark, NameOfALayerReadsBackToTheSameKey) {
  std::size_t named = 0;
  for (const Layer& layer : testing::random_layers(3)) {
    const auto bare = measurable(layer);
    if (!bare || contradiction(*bare)) continue;
    MeasurementKey key = sample_measurement(1).key;
    key.layer = *bare;
    key.buffers = Buffers::cold;
    const auto name = benchmark_name(key);
    if (!name) continue;
    ++named;
    const auto read = measurements_from_google_benchmark(document(repetition(*name, 1)), "b.json");
    MeasurementKey back = read.measurements.at(0).key;
    back.machine = key.machine;
    EXPECT_EQ(back, key) << *name;
  }
  EXPECT_GT(named, 50u);
}

TEST(GoogleBenchmark, FailedBenchmarksAreLeftOutByName) {
  const auto read = measurements_from_google_benchmark(
      document(R"({"name": "linear/in_channels:8", "error_occurred": true, "error_message": "no kernel"})"), "b.json");
  EXPECT_TRUE(read.measurements.empty());
  EXPECT_EQ(read.left_out, std::vector<std::string>{"linear/in_channels:8: no kernel"});
}

TEST(GoogleBenchmark, FaultsAreToldWithTheBenchmark) {
  for (const auto& [text, words] :
       {std::pair<std::string, std::string>{"[]", "wanted an object with a list 'benchmarks'"},
        {"{", "is no JSON"},
        {document("{}"), "has no name"},
        {document(R"({"name": "linear"})"), "benchmark 'linear' has no real_time above 0"},
        {document(repetition("BM_memcpy/in_channels:8", 1)), "benchmark 'BM_memcpy/in_channels:8': "},
        {document(repetition("linear/8", 1)), "'8' is no column with its value"},
        {document(repetition("linear/in_chanels:8", 1)), "in_chanels"},
        {document(repetition("linear/in_channels:8/x_isa:avx2", 1)), "'x_isa:avx2' is no column with its value"},
        {document(repetition("linear/in_channels:8/out_channels:4/activation:conv2d", 1)),
         "x_activation is 'conv2d', which is no activation"},
        {document(repetition("linear/in_channels:8/out_channels:4/activation:relu66", 1)), "did you mean 'relu6'?"},
        {document(with_figure("iterations", "-100")), "has iterations -100, wanted a number from 1 on"},
        {document(with_figure("iterations", "0")), "has iterations 0, wanted a number from 1 on"},
        {document(with_figure("iterations", "\"many\"")), "has iterations \"many\", wanted a number"},
        {document(with_figure("reorder_seconds", "-1e-6")), "has reorder_seconds -1e-06, wanted a number from 0 on"}}) {
    try {
      (void)measurements_from_google_benchmark(text, "b.json");
      ADD_FAILURE() << text;
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).rfind("b.json: error: ", 0), 0u) << error.what();
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace hwcost
