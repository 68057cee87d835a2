// One machine, one table, one formula, and many threads: what ThreadSanitizer looks at (preset tsan).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstring>
#include <functional>
#include <thread>

#include "../core/conformance/random_layers.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/parallel_batch.hpp"
#include "hwcost/price_table.hpp"
#include "hwcost/remembering_backend.hpp"
#include "hwcost/report.hpp"
#include "support/shipped_descriptions.hpp"

namespace hwcost {
namespace {

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};
constexpr std::ptrdiff_t kThreads = 4;

// Runs `work` in several threads that start together. True where it was in each.
bool in_threads(const std::function<bool()>& work) {
  std::barrier start(kThreads);
  std::atomic<int> agreed{0};
  {
    std::vector<std::jthread> threads;
    for (std::ptrdiff_t k = 0; k < kThreads; ++k) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        if (work()) ++agreed;
      });
    }
  }
  return agreed == kThreads;
}

void append(std::vector<double>& figures, const Cost<>& cost) {
  Cost<>::visit(cost, [&](std::string_view, double part) { figures.push_back(part); });
}

// Whatever a backend says of some layers, by all of its functions; NaN where it refuses.
std::vector<double> all_figures(const Backend& backend, const std::vector<Layer>& layers) {
  std::vector<double> figures;
  for (const Layer& layer : layers) {
    const auto estimate = backend.estimate(layer);
    append(figures, estimate ? estimate->cost : Cost<>{.figure = kNoFigure});
    for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
      const auto gradient = backend.gradient(layer, mode);
      if (!gradient) continue;
      for (const Cost<>& partial : gradient->partial) append(figures, partial);
    }
    figures.push_back(static_cast<double>(backend.mapping(layer).size()));
  }
  const std::vector<Widths<>> widths{{8, 8, 8, kNoFigure, 0}, {8, 4, 8, kNoFigure, 0}};
  std::vector<double> latency(layers.size() * widths.size()), cost(latency.size());
  CostColumns out;
  out.latency_cycles = latency;
  out.cost = cost;
  estimate_grid(backend, layers, widths, out, 2);
  figures.insert(figures.end(), latency.begin(), latency.end());
  figures.insert(figures.end(), cost.begin(), cost.end());
  return figures;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

Graph network_of(const std::vector<Layer>& layers) {
  Graph graph;
  for (const Layer& layer : layers) add_layer(graph, layer);
  return graph;
}

std::vector<Layer> weighted_layers() {
  testing::RandomLayers random(3);
  std::vector<Layer> layers;
  for (const Op op : {Op::conv2d, Op::conv2d, Op::linear, Op::conv2d, Op::linear}) layers.push_back(random(op));
  return layers;
}

class SharedMachine : public ::testing::TestWithParam<std::string> {
 protected:
  Machine machine_ = load_machine(GetParam(), kDescriptions, builtin_registry());
  Machine another_ = load_machine(GetParam(), kDescriptions, builtin_registry());  // with memories of its own
};

TEST_P(SharedMachine, GivesManyThreadsTheBitsOfOne) {
  const std::vector<Layer> layers = testing::random_layers(1);
  const std::vector<double> expected = all_figures(*another_.backend, layers);
  EXPECT_TRUE(in_threads([&] { return same_bits(all_figures(*machine_.backend, layers), expected); }));
}

TEST_P(SharedMachine, GivesManyThreadsTheReportOfOne) {
  const Graph graph = network_of(testing::random_layers(1));
  EvaluateOptions options;
  options.formula = Formula("macs*w_bits + out_elements*out_bits", {});
  const NetworkReport expected = evaluate(graph, another_, options);
  EXPECT_TRUE(in_threads([&] {
    const NetworkReport report = evaluate(graph, machine_, options);
    return report.assumptions == expected.assumptions && report.totals.cost.figure == expected.totals.cost.figure &&
           report.totals.cost.latency() == expected.totals.cost.latency();
  }));
}

TEST_P(SharedMachine, FillsPriceTablesFromManyThreads) {
  const Graph graph = network_of(weighted_layers());
  const PriceTableOptions options{.choices = {{8, 8}, {4, 8}, {2, 8}, {8, 4}}, .threads = 2};
  const PriceTable expected = make_price_table(graph, another_, options);
  EXPECT_TRUE(in_threads([&] {
    const PriceTable table = make_price_table(graph, machine_, options);
    return same_bits(table.contents().prices, expected.contents().prices) &&
           table.contents().reasons == expected.contents().reasons;
  }));
}

TEST_P(SharedMachine, RemembersForManyThreadsWhatOneWasTold) {
  const std::vector<Layer> layers = testing::random_layers(1);
  const std::vector<double> expected = all_figures(*another_.backend, layers);
  const RememberingBackend backend(machine_.backend, 64);  // forgets all the time
  EXPECT_TRUE(in_threads([&] { return same_bits(all_figures(backend, layers), expected); }));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& row) {
  std::string name = row.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(EachDescription, SharedMachine,
                         ::testing::ValuesIn(testing::modelled_descriptions(kDescriptions)), test_name);

TEST(SharedPriceTable, IsSummedByManyThreads) {
  const Graph graph = network_of(weighted_layers());
  const Machine machine = load_machine("mpic", kDescriptions, builtin_registry());
  const PriceTable table = make_price_table(graph, machine, {.choices = {{8, 8}, {4, 8}}});
  std::vector<std::uint8_t> assignments(20000 * table.layer_count());
  for (std::size_t k = 0; k < assignments.size(); ++k) assignments[k] = k / 3 % 2;
  const auto totals = [&](std::size_t threads) {
    std::vector<double> sums(assignments.size() / table.layer_count());
    table.sums<std::uint8_t>(Metric::latency_cycles, assignments, sums, threads);
    return sums;
  };
  const std::vector<double> expected = totals(1);
  EXPECT_TRUE(in_threads([&] { return same_bits(totals(3), expected); }));
}

}  // namespace
}  // namespace hwcost
