// Prices held against measurements: which layers are compared, and what becomes of those that are not.
#include "hwcost/compare/comparison.hpp"

#include <gtest/gtest.h>

#include "hwcost/error.hpp"
#include "hwcost/import/table.hpp"

namespace hwcost {
namespace {

constexpr std::string_view kColumns =
    "name,op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,repeat,measured_latency_seconds,x_network\n";

LayerTable table_of(const std::string& rows) { return read_layer_table(std::string(kColumns) + rows, "layers.csv"); }

// A report in which every layer costs a nanosecond a MAC.
NetworkReport report_of(const Graph& graph) {
  NetworkReport report;
  report.hardware.name = "plain";
  report.metrics = {Metric::latency_seconds};
  for (const Node& node : graph.nodes) {
    LayerReport& layer = report.layers.emplace_back();
    layer.name = node.layer.name;
    layer.op = name(node.layer.op);
    layer.machine = "plain";
    layer.facts = facts(node.layer);
    layer.precision = node.layer.precision;
    layer.repeat = node.layer.repeat;
    layer.metrics = report.metrics;
    layer.cost.elapsed = Seconds<>{layer.facts.macs * 1e-9};
  }
  return report;
}

Comparison by_row(const LayerTable& table) {
  std::vector<std::vector<std::string>> networks;
  for (const TableRow& row : table.rows) networks.push_back(networks_of(row));
  return compare(table.graph, report_of(table.graph), Metric::latency_seconds,
                 measured_rows(table, Metric::latency_seconds), networks);
}

TEST(Comparison, AddsUpAllRunsOfALayerAndTellsNetworksApart) {
  const LayerTable table = table_of(
      "a,linear,100,10,,,,,3,2e-6,one|two\n"
      "b,linear,100,20,,,,,1,2e-6,two\n"
      "c,linear,100,30,,,,,1,1e-6,random\n");
  const Comparison comparison = by_row(table);
  EXPECT_DOUBLE_EQ(comparison.layers[0].error(), -0.5);
  EXPECT_DOUBLE_EQ(comparison.total.predicted, 3e-6 + 2e-6 + 3e-6);
  EXPECT_DOUBLE_EQ(comparison.total.measured, 6e-6 + 2e-6 + 1e-6);
  ASSERT_EQ(comparison.networks.size(), 2u);
  EXPECT_EQ(comparison.networks[1].name, "two");
  EXPECT_DOUBLE_EQ(comparison.networks[1].measured, 8e-6);
  EXPECT_DOUBLE_EQ(comparison.share_of_networks_near(), 0.0);
  EXPECT_EQ(comparison.from_worst_on, (std::vector<std::size_t>{2, 0, 1}));
  EXPECT_EQ(comparison.kinds.front().kind, "linear");
}

TEST(Comparison, NamesWhatItDoesNotCompareAndWhy) {
  const LayerTable table = table_of(
      "compared,linear,100,10,,,,,1,1e-6,net\n"
      "no_time,linear,100,10,,,,,1,,net\n"
      "no_price,linear,100,10,,,,,1,5e-6,net\n"
      "pool,max_pool,8,,4,4,2,2,1,7e-6,net\n"
      "view,identity,8,,4,4,,,1,,net\n");
  NetworkReport report = report_of(table.graph);
  report.layers[2].status = Status::unsupported;
  report.layers[2].reason = "too large";
  report.layers[3].status = Status::approximated;
  report.layers[3].reason = "counted as 0";
  report.layers[3].counted_as_0 = true;
  const Comparison comparison = compare(table.graph, report, Metric::latency_seconds,
                                        measured_rows(table, Metric::latency_seconds), {{"net"}, {"net"}, {"net"}});
  std::vector<std::string> found;
  for (const ComparedLayer& layer : comparison.layers)
    found.push_back(std::string(to_text(layer.pairing)) + ": " + layer.remark);
  EXPECT_EQ(found, (std::vector<std::string>{"compared: ", "unmeasured: measured_latency_seconds is empty in its row",
                                             "unpriced: too large", "unmodelled: counted as 0", "free: "}));
  EXPECT_EQ(comparison.total.layers, 1u);
  EXPECT_EQ(comparison.total.layers_left_out, 3u);
  EXPECT_DOUBLE_EQ(comparison.measured_left_out, 12e-6);
  EXPECT_DOUBLE_EQ(comparison.predicted_left_out, 1e-6);
  EXPECT_EQ(comparison.whole_networks(), 0u);
}

TEST(Comparison, OfNothingIsRefusedWithTheFirstReason) {
  const LayerTable table = table_of("a,linear,100,10,,,,,1,,\n");
  try {
    (void)by_row(table);
    FAIL() << "compared nothing";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "layers.csv: error: none of 1 layer has a price on plain and a measurement; a: "
                 "measured_latency_seconds is empty in its row");
  }
}

TEST(Comparison, SaysOfCalibratedMachinesHowManyLayersAreInTheirIntervals) {
  const LayerTable table = table_of(
      "a,linear,100,10,,,,,2,1e-6,\n"
      "b,linear,100,20,,,,,1,3e-6,\n"
      "c,linear,100,30,,,,,1,3e-6,\n");
  EXPECT_EQ(by_row(table).share_in_intervals(), std::nullopt);
  NetworkReport report = report_of(table.graph);
  report.layers[0].interval = Interval{1.9e-6, 2.1e-6};  // of both runs
  report.layers[1].interval = Interval{1e-6, 2e-6};
  report.layers[1].extrapolation = "wide";
  const Comparison comparison =
      compare(table.graph, report, Metric::latency_seconds, measured_rows(table, Metric::latency_seconds));
  EXPECT_EQ(comparison.share_in_intervals(), 0.5);
  EXPECT_EQ(comparison.layers[1].remark, "extrapolated: wide");
}

TEST(MeasuredRows, RefuseTimesThatAreNone) {
  for (const char* time : {"0", "-1e-6"}) {
    const LayerTable table = table_of(std::string("a,linear,100,10,,,,,1,") + time + ",\n");
    EXPECT_THROW((void)measured_rows(table, Metric::latency_seconds), InputError) << time;
  }
}

// By shape and widths; of several the median; a layer with another epilogue only where there is none with the same.
TEST(LookUp, TellsLayersByWhatTheyComputeNotByName) {
  const LayerTable measured = table_of(
      "x,linear,100,10,,,,,1,1e-6,\n"
      "y,linear,100,10,,,,,1,3e-6,\n"
      "z,linear,100,10,,,,,1,4e-6,\n"
      "w,linear,200,10,,,,,1,9e-6,\n");
  Graph graph = table_of("a,linear,100,10,,,,,1,,\nb,linear,300,10,,,,,1,,\n").graph;
  const auto found = [&] {
    return look_up(graph, report_of(graph), measured_layers(measured, Metric::latency_seconds), "host.csv");
  };
  EXPECT_EQ(found()[0].value, 3e-6);
  EXPECT_EQ(found()[0].origin, "layers.csv:2 and 2 more, the median");
  EXPECT_EQ(found()[1].value, std::nullopt);
  EXPECT_EQ(found()[1].why_not, "host.csv does not have it");
  graph.nodes[0].layer.fused_activation = Op::relu;
  EXPECT_EQ(found()[0].origin, "layers.csv:2 and 2 more, the median, with another activation, output or bias");
  graph.nodes[0].layer.precision.input = integer(4.0);
  EXPECT_EQ(found()[0].value, std::nullopt);
}

TEST(FiguresOf, AnotherMachineAreOfOneRun) {
  const Graph graph = table_of("a,linear,100,10,,,,,3,,\nb,linear,100,10,,,,,1,,\n").graph;
  NetworkReport other = report_of(graph);
  other.layers[0].cost.elapsed = Seconds<>{3e-6};
  other.layers[1].status = Status::unsupported;
  other.layers[1].reason = "not in the store";
  const auto figures = figures_of(other, Metric::latency_seconds);
  EXPECT_DOUBLE_EQ(figures[0].value.value(), 1e-6);
  EXPECT_EQ(figures[1].why_not, "plain: not in the store");
}

}  // namespace
}  // namespace hwcost
