// Prices of layers at widths: those of evaluate(), their sums, and what is refused.
#include "hwcost/price_table.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "hwcost/import/onnx.hpp"
#include "hwcost/remembering_backend.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};

Machine machine_named(const std::string& name) { return load_machine(name, kDescriptions, builtin_registry()); }
Graph network(const std::string& name) { return import_onnx(HWCOST_SOURCE_DIR "/tests/models/" + name + ".onnx"); }

// Widths of MPIC, some of which other machines lack; 3 bits have no rate there.
const std::vector<WidthChoice> kChoices{{8, 8}, {4, 8}, {2, 4}, {4, 4, 4}, {3, 8}};

// The network with a choice for each layer of the table.
Graph with_widths(Graph graph, const PriceTable& table, const std::vector<int>& assignment) {
  for (std::size_t i = 0; i < table.layer_count(); ++i) {
    const WidthChoice& choice = table.contents().choices[static_cast<std::size_t>(assignment[i])];
    Precision& precision = graph.nodes[table.contents().layers[i].node].layer.precision;
    precision.weight = integer(choice.weight_bits);
    precision.input = integer(choice.input_bits);
    if (choice.output_bits) precision.output = integer(*choice.output_bits);
  }
  return graph;
}

void expect_says(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\n  wanted: " << part;
}

void expect_same_bits(double a, double b, const std::string& what) {
  if (std::isnan(a) && std::isnan(b)) return;
  EXPECT_EQ(a, b) << what;
}

class OnEachMachine : public ::testing::TestWithParam<std::string> {};

TEST_P(OnEachMachine, APriceIsThatOfTheWholeNetworksReport) {
  const Graph graph = network("resnet8_op13");
  const Machine machine = machine_named(GetParam());
  const PriceTable table = make_price_table(graph, machine, {.choices = kChoices, .threads = 2});
  EXPECT_EQ(table.layer_count(), 10u);
  std::mt19937 random(5);
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::vector<int> assignment(table.layer_count());
    for (int& choice : assignment) choice = std::uniform_int_distribution<int>(0, 4)(random);
    const NetworkReport report = evaluate(with_widths(graph, table, assignment), machine);
    for (const Metric metric : table.contents().metrics) {
      double sum = table.fixed(metric);
      for (std::size_t i = 0; i < table.layer_count(); ++i) {
        const auto choice = static_cast<std::size_t>(assignment[i]);
        const LayerReport& layer = report.layers[table.contents().layers[i].node];
        const double price = table.price(metric, i, choice);
        expect_same_bits(price, layer.metric(metric).value_or(kNoFigure), layer.name);
        EXPECT_EQ(table.status(i, choice), layer.status) << layer.name;
        EXPECT_EQ(table.reason(i, choice), layer.reason) << layer.name;
        sum += price;
      }
      const double total = table.sum<int>(metric, assignment);
      expect_same_bits(total, sum, "the sum in execution order");
      if (report.totals.unsupported > 0) continue;
      const double whole = report.totals.metric(metric, report.metrics).value_or(kNoFigure);
      EXPECT_TRUE(std::isnan(total) ? std::isnan(whole) : std::abs(total - whole) <= 1e-12 * total) << name(metric);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(PriceTable, OnEachMachine,
                         ::testing::Values("mpic", "diana", "gap9-ne16", "memory-access", "mixpc", "ne16-job"));

TEST(PriceTable, OfMpicHasNoPriceForWidthsThatItDoesNotRun) {
  const PriceTable table = make_price_table(network("resnet8_op13"), machine_named("mpic"), {.choices = kChoices});
  constexpr std::size_t kThreeBits = 4;
  EXPECT_EQ(table.status(1, kThreeBits), Status::unsupported);
  expect_says(table.reason(1, kThreeBits), "3");
  EXPECT_TRUE(std::isnan(table.price(Metric::latency_cycles, 1, kThreeBits)));
  std::vector<std::uint8_t> assignment(table.layer_count(), 0);
  EXPECT_FALSE(std::isnan(table.sum<std::uint8_t>(Metric::latency_cycles, assignment)));
  assignment[1] = kThreeBits;
  EXPECT_TRUE(std::isnan(table.sum<std::uint8_t>(Metric::latency_cycles, assignment)));
}

TEST(PriceTable, IsTheSameFromAnyNumberOfThreads) {
  const Graph graph = network("resnet8_op13");
  const Machine machine = machine_named("gap9-ne16");
  const PriceTable alone = make_price_table(graph, machine, {.choices = kChoices});
  const PriceTable together = make_price_table(graph, machine, {.choices = kChoices, .threads = 4});
  EXPECT_EQ(alone.contents().reasons, together.contents().reasons);
  EXPECT_EQ(alone.contents().reason_of, together.contents().reason_of);
  ASSERT_EQ(alone.contents().prices.size(), together.contents().prices.size());
  for (std::size_t k = 0; k < alone.contents().prices.size(); ++k)
    expect_same_bits(alone.contents().prices[k], together.contents().prices[k], std::to_string(k));
}

TEST(PriceTable, SumsManyAssignmentsAsOneByOneFromAnyNumberOfThreads) {
  const PriceTable table =
      make_price_table(network("resnet8_op13"), machine_named("diana"), {.choices = {{8, 8}, {2, 8}}});
  std::mt19937 random(7);
  for (const std::size_t rows : {1, 7, 8, 9, 10001}) {
    std::vector<std::int64_t> assignments(rows * table.layer_count());
    for (std::int64_t& choice : assignments) choice = std::uniform_int_distribution<int>(0, 1)(random);
    for (const std::size_t threads : {1, 3}) {
      std::vector<double> totals(rows, -1.0);
      table.sums<std::int64_t>(Metric::latency_cycles, assignments, totals, threads);
      for (std::size_t row = 0; row < rows; ++row) {
        const auto one =
            std::span<const std::int64_t>(assignments).subspan(row * table.layer_count(), table.layer_count());
        ASSERT_EQ(totals[row], table.sum(Metric::latency_cycles, one)) << row;
      }
    }
  }
}

// The message of the InputError that f throws.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(PriceTable, RefusesChoicesThatAreNone) {
  const PriceTable table =
      make_price_table(network("resnet8_op13"), machine_named("mpic"), {.choices = {{8, 8}, {4, 8}}});
  std::vector<double> totals(20);
  for (const std::int32_t bad : {2, -1}) {
    std::vector<std::int32_t> assignments(totals.size() * table.layer_count(), 1);
    assignments[13 * table.layer_count() + 3] = bad;
    const std::string message =
        message_of([&] { table.sums<std::int32_t>(Metric::latency_cycles, assignments, totals, 2); });
    expect_says(message, "assignment 13, layer 3 ('s2.conv1'): choice " + std::to_string(bad));
    expect_says(message, "2 from 0 on");
  }
  const std::vector<std::int32_t> few(3);
  expect_says(message_of([&] { (void)table.sum<std::int32_t>(Metric::latency_cycles, few); }), "wanted 10");
  expect_says(message_of([&] { (void)table.prices(Metric::traffic_bytes); }), "no metric traffic_bytes");
}

TEST(PriceTable, RefusesWhatCannotBeATable) {
  const Graph graph = network("resnet8_op13");
  const Machine machine = machine_named("mpic");
  const auto refusal = [&](const PriceTableOptions& options) {
    return message_of([&] { (void)make_price_table(graph, machine, options); });
  };
  expect_says(refusal({.choices = {}}), "no widths");
  expect_says(refusal({.choices = {{65, 8}}}), "at choice 0");
  expect_says(refusal({.choices = {{8, 8}}, .metrics = {Metric::utilization}}), "ratio");
  expect_says(refusal({.choices = {{8, 8}}, .metrics = {Metric::traffic_bytes}}), "does not define");
  expect_says(refusal({.choices = {{8, 8}}, .nodes = {1000}}), "node 1000");
  expect_says(refusal({.choices = {{8, 8}}, .nodes = {0, 0}}), "twice");
}

TEST(PriceTable, OfAFormulaMayHaveCostsBelow0) {
  const PriceTable table =
      make_price_table(network("resnet8_op13"), machine_named("mpic"),
                       {.choices = {{8, 8}, {3, 8}}, .metrics = {Metric::cost}, .formula = Formula("-macs", {})});
  EXPECT_EQ(table.price(Metric::cost, 0, 0), -table.contents().layers[0].macs);
}

TEST(PriceTable, RefusesContentsThatNoMachineCouldHaveGiven) {
  const PriceTableContents sound =
      make_price_table(network("resnet8_op13"), machine_named("mpic"), {.choices = {{8, 8}, {3, 8}}}).contents();
  const auto refusal = [&](const std::function<void(PriceTableContents&)>& damage) {
    PriceTableContents contents = sound;
    damage(contents);
    return message_of([&] { PriceTable table(contents, {"prices.json", 0}); });
  };
  const double infinite = std::numeric_limits<double>::infinity();
  expect_says(refusal([](auto& c) { c.choices[1].weight_bits = -8; }), "choice 1 has weights of -8 bits");
  expect_says(refusal([](auto& c) { c.choices[0].output_bits = 2.5; }), "choice 0 has outputs of 2.5 bits");
  expect_says(refusal([](auto& c) { c.layers[1].node = c.layers[0].node; }), "is there twice");
  expect_says(refusal([](auto& c) { c.layers[1].macs = -1.0; }), "-1 MACs");
  expect_says(refusal([](auto& c) { c.reasons[0] = "surprise"; }), "first reason is 'surprise'");
  expect_says(refusal([](auto& c) { c.prices[0] = -1e9; }), "choice 0: priced, with latency_cycles of -1000000000");
  expect_says(refusal([&](auto& c) { c.prices[0] = infinite; }), "of inf");
  expect_says(refusal([](auto& c) { c.prices[0] = kNoFigure; }), "priced, with latency_cycles of nan");
  expect_says(refusal([](auto& c) { c.prices[1] = 0.0; }), "unsupported, with latency_cycles of 0, wanted none");
  expect_says(refusal([](auto& c) { c.fixed[0] = kNoFigure; }), "layers without a choice have latency_cycles of nan");
  EXPECT_EQ(refusal([](auto& c) { c.prices[0] = -1e9; }).find("prices.json: error: price table: layer '"), 0u);
}

TEST(PriceTable, HasTheRepeatsOfALayerInItsPrice) {
  Graph graph = network("resnet8_op13");
  const Machine machine = machine_named("mpic");
  const PriceTable once = make_price_table(graph, machine, {.choices = {{8, 8}}});
  graph.nodes[once.contents().layers[2].node].layer.repeat = 3.0;
  const PriceTable thrice = make_price_table(graph, machine, {.choices = {{8, 8}}});
  EXPECT_EQ(thrice.price(Metric::latency_cycles, 2, 0), 3.0 * once.price(Metric::latency_cycles, 2, 0));
}

TEST(PriceTable, OfAFormulaHasItsCost) {
  const Graph graph = network("resnet8_op13");
  const Formula formula("macs*w_bits", {});
  const PriceTable table = make_price_table(
      graph, machine_named("mpic"), {.choices = {{8, 8}, {4, 8}}, .metrics = {Metric::cost}, .formula = formula});
  EXPECT_EQ(table.price(Metric::cost, 0, 0), 8.0 * table.contents().layers[0].macs);
  EXPECT_EQ(table.price(Metric::cost, 0, 1), 4.0 * table.contents().layers[0].macs);
  table.check_is_of(graph, machine_named("mpic"), formula);
  expect_says(message_of([&] { table.check_is_of(graph, machine_named("mpic")); }), "formula");
}

TEST(PriceTable, TellsAnotherNetworkOrMachineFromItsOwn) {
  Graph graph = network("resnet8_op13");
  const Machine machine = machine_named("gap9-ne16");
  const PriceTable table = make_price_table(graph, machine, {.choices = {{8, 8}}});
  table.check_is_of(graph, machine);
  const auto mismatch = [&](const Graph& other, const Machine& on) {
    return message_of([&] { table.check_is_of(other, on); });
  };
  expect_says(mismatch(graph, machine_named("mpic")), "machine 'gap9-ne16', not of 'mpic'");
  expect_says(mismatch(network("dscnn_op13"), machine), "here");
  std::get<Convolution<>>(graph.nodes[table.contents().layers[1].node].layer.dims).out_height = 7.0;
  expect_says(mismatch(graph, machine), "MACs");
}

// A machine that counts how often it is asked.
class CountingBackend final : public Backend {
 public:
  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    ++asked;
    if (layer.precision.weight.uniform.bits > 8.0) return tl::unexpected(Unsupported{"too wide", {}});
    return Estimate{{.figure = layer.precision.weight.uniform.bits}, ""};
  }
  void estimate_batch(const LayerColumns&, const CostColumns&) const override {}
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer&, GradientMode) const override {
    return CostGradient{};
  }
  mutable std::size_t asked = 0;

 private:
  BackendTraits traits_;
};

Layer layer_of(double weight_bits, const std::string& name) {
  Layer layer;
  layer.name = name;
  layer.op = Op::linear;
  layer.dims = Linear<>{};
  layer.precision.weight = integer(weight_bits);
  return layer;
}

TEST(RememberingBackend, AsksOnceForLayersThatDifferInNameAlone) {
  const auto inner = std::make_shared<const CountingBackend>();
  const RememberingBackend backend(inner);
  EXPECT_EQ(backend.estimate(layer_of(4, "a"))->cost.figure, 4.0);
  EXPECT_EQ(backend.estimate(layer_of(4, "b"))->cost.figure, 4.0);
  EXPECT_EQ(inner->asked, 1u);
  EXPECT_EQ(backend.estimate(layer_of(2, "a"))->cost.figure, 2.0);
  EXPECT_EQ(backend.estimate(layer_of(16, "a")).error().reason, "too wide");
  EXPECT_EQ(backend.estimate(layer_of(16, "b")).error().reason, "too wide");
  EXPECT_EQ(inner->asked, 3u);
}

TEST(RememberingBackend, ForgetsRatherThanGrowWithoutEnd) {
  const auto inner = std::make_shared<const CountingBackend>();
  const RememberingBackend backend(inner, 16);
  for (int round = 0; round < 2; ++round) {
    for (int tokens = 1; tokens <= 1000; ++tokens) {
      Layer layer = layer_of(4, "a");
      std::get<Linear<>>(layer.dims).tokens = tokens;
      ASSERT_EQ(backend.estimate(layer)->cost.figure, 4.0);
    }
  }
  EXPECT_GT(inner->asked, 1900u);
}

TEST(RememberingBackend, HasTheDerivativesOfItsBackendByParameters) {
  const Machine machine = machine_named("mpic");
  const std::vector<Layer> layers{layer_of(8, "a")};
  const std::vector<std::string> parameters{"rate.a8_w8"};
  const auto expected = machine.backend->parameter_gradients(layers, parameters);
  const auto remembering = with_memory(machine).backend->parameter_gradients(layers, parameters);
  ASSERT_TRUE(remembering.front());
  EXPECT_LT(remembering.front()->latency_cycles(0), 0.0);  // a faster machine takes less time
  EXPECT_EQ(remembering.front()->latency_cycles(0), expected.front()->latency_cycles(0));
}

}  // namespace
}  // namespace hwcost
