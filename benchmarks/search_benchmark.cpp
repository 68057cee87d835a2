// What searches do: prices a second from one and from all threads, candidates in numbers, networks from a price table.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "hwcost/import/onnx.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/parallel_batch.hpp"
#include "hwcost/price_table.hpp"
#include "hwcost/report.hpp"

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};
constexpr std::size_t kConvolutionColumns = column_count(Family::convolution);

Machine machine_named(const std::string& name) { return load_machine(name, kDescriptions, builtin_registry()); }

// Columns of a 3x3 convolution whose channels and weight widths differ from candidate to candidate.
class Candidates {
 public:
  explicit Candidates(std::size_t size)
      : size_(size), out_channels_(size), in_channels_(size), weight_bits_(size), figures_(size) {
    std::mt19937 random(1);
    for (std::size_t i = 0; i < size; ++i) {
      out_channels_[i] = static_cast<double>(1 + random() % 256);
      in_channels_[i] = static_cast<double>(1 + random() % 256);
      weight_bits_[i] = static_cast<double>(2u << random() % 3);
    }
    const Convolution<> dims{.in_height = 56,
                             .in_width = 56,
                             .out_height = 56,
                             .out_width = 56,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .pad_top = 1,
                             .pad_bottom = 1,
                             .pad_left = 1,
                             .pad_right = 1};
    const Widths<> widths{8, 8, 8, 32, 0};
    for (const auto& member : Convolution<>::kMembers) constants_.push_back(dims.*member.pointer);
    for (const auto& member : Widths<>::kMembers) constants_.push_back(widths.*member.pointer);
    for (const double& constant : constants_) pointers_.push_back(&constant);
    for (const auto& [name, column] :
         {std::pair("out_channels", &out_channels_), std::pair("in_channels", &in_channels_),
          std::pair("weight_bits", &weight_bits_)}) {
      const std::uint64_t bit = members_named(Family::convolution, {name});
      varying_ |= bit;
      pointers_[static_cast<std::size_t>(std::countr_zero(bit))] = column->data();
    }
  }

  // The constant columns as one value each.
  [[nodiscard]] LayerColumns broadcast() const { return {Op::conv2d, size_, pointers_, kEveryMember & ~varying_}; }
  // The constant columns written out, a value a candidate.
  [[nodiscard]] LayerColumns written_out() {
    for (std::size_t k = 0; k < kConvolutionColumns && dense_.size() < kConvolutionColumns; ++k) {
      const bool varies = (varying_ >> k & 1u) != 0;
      dense_.emplace_back(varies ? 0 : size_, constants_[k]);
      dense_pointers_.push_back(varies ? pointers_[k] : dense_[k].data());
    }
    return {Op::conv2d, size_, dense_pointers_};
  }
  [[nodiscard]] CostColumns figure_of(const Backend& backend) {
    CostColumns out;
    const MetricSet& metrics = backend.traits().metrics;
    (metrics.contains(Metric::latency_cycles)  ? out.latency_cycles
     : metrics.contains(Metric::traffic_bytes) ? out.traffic_bytes
                                               : out.cost) = figures_;
    return out;
  }

 private:
  std::size_t size_;
  std::vector<double> out_channels_, in_channels_, weight_bits_, figures_, constants_;
  std::vector<const double*> pointers_, dense_pointers_;
  std::vector<std::vector<double>> dense_;
  std::uint64_t varying_ = 0;
};

void report_rate(benchmark::State& state, std::size_t prices) {
  const auto all = static_cast<double>(state.iterations()) * static_cast<double>(prices);
  state.counters["ns_a_price"] =
      benchmark::Counter(all * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(prices));
}

// Candidates of one layer: broadcast columns, by `threads` threads.
void candidates(benchmark::State& state, const Machine& machine, std::size_t threads) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Candidates rows(size);
  const CostColumns out = rows.figure_of(*machine.backend);
  for (auto _ : state) {
    estimate_batch(*machine.backend, rows.broadcast(), out, threads);
    benchmark::ClobberMemory();
  }
  report_rate(state, size);
}

// What a broadcast column saves beside one of constants.
void candidates_written_out(benchmark::State& state, const Machine& machine) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Candidates rows(size);
  const CostColumns out = rows.figure_of(*machine.backend);
  const LayerColumns in = rows.written_out();
  for (auto _ : state) {
    machine.backend->estimate_batch(in, out);
    benchmark::ClobberMemory();
  }
  report_rate(state, size);
}

const Graph& resnet50() {
  static const Graph kGraph = import_onnx(HWCOST_SOURCE_DIR "/tests/models/resnet50_op13_stripped.onnx");
  return kGraph;
}

std::vector<WidthChoice> choices() {
  std::vector<WidthChoice> all;
  for (const double weight_bits : {2.0, 4.0, 8.0}) {
    for (const double input_bits : {2.0, 4.0, 8.0}) all.push_back({weight_bits, input_bits});
  }
  return all;
}

PriceTable table_on(const Machine& machine) { return make_price_table(resnet50(), machine, {.choices = choices()}); }

std::vector<std::uint8_t> random_assignments(const PriceTable& table, std::size_t count) {
  std::mt19937 random(2);
  std::vector<std::uint8_t> assignments(count * table.layer_count());
  for (std::uint8_t& choice : assignments) choice = static_cast<std::uint8_t>(random() % table.choice_count());
  return assignments;
}

void resnet50_from_a_table(benchmark::State& state, const Machine& machine) {
  const PriceTable table = table_on(machine);
  const auto assignments = random_assignments(table, 1024);
  const Metric metric = table.contents().metrics.front();
  std::size_t i = 0;
  for (auto _ : state) {
    const std::span row(assignments.data() + i * table.layer_count(), table.layer_count());
    benchmark::DoNotOptimize(table.sum(metric, row));
    i = (i + 1) % 1024;
  }
  state.SetItemsProcessed(state.iterations());
}

void many_networks_from_a_table(benchmark::State& state, const Machine& machine, std::size_t threads) {
  const PriceTable table = table_on(machine);
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto assignments = random_assignments(table, count);
  std::vector<double> totals(count);
  const Metric metric = table.contents().metrics.front();
  for (auto _ : state) {
    table.sums<std::uint8_t>(metric, assignments, totals, threads);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void building_a_table(benchmark::State& state, const std::string& name) {
  for (auto _ : state) benchmark::DoNotOptimize(table_on(machine_named(name)));
}

void resnet50_by_evaluate(benchmark::State& state, const Machine& machine) {
  for (auto _ : state) benchmark::DoNotOptimize(evaluate(resnet50(), machine));
  state.SetItemsProcessed(state.iterations());
}

const bool kRegistered = [] {
  const std::size_t all = std::max(1u, std::thread::hardware_concurrency());
  for (const std::string name : {"bit-ops", "memory-access", "mpic", "ne16-job", "mixpc"}) {
    const Machine machine = machine_named(name);
    const auto add = [&](const std::string& what, auto run, auto... more) {
      return benchmark::RegisterBenchmark((what + "/" + name).c_str(),
                                          [=](benchmark::State& state) { run(state, machine, more...); })
          ->UseRealTime();
    };
    add("candidates/1_thread", candidates, std::size_t{1})->RangeMultiplier(10)->Range(1000, 10000000);
    add("candidates/all_threads", candidates, all)->RangeMultiplier(10)->Range(1000, 10000000);
    add("candidates_written_out", candidates_written_out)->RangeMultiplier(10)->Range(1000, 1000000);
  }
  for (const std::string name : {"mpic", "gap9-ne16"}) {
    const Machine machine = machine_named(name);
    const auto add = [&](const std::string& what, auto run, auto... more) {
      return benchmark::RegisterBenchmark((what + "/" + name).c_str(),
                                          [=](benchmark::State& state) { run(state, machine, more...); })
          ->UseRealTime();
    };
    add("resnet50_from_a_table", resnet50_from_a_table);
    add("many_networks_from_a_table/1_thread", many_networks_from_a_table, std::size_t{1})->Arg(1000000);
    add("many_networks_from_a_table/all_threads", many_networks_from_a_table, all)->Arg(1000000);
    add("resnet50_by_evaluate", resnet50_by_evaluate)->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(("building_a_table/" + name).c_str(), building_a_table, name)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
