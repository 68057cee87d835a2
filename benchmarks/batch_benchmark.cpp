// What a layer costs to price: one by one, in a batch, as a gradient, and beside the loop that one would write by hand.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "hwcost/machine.hpp"

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};
constexpr std::size_t kRows = 4096;

Machine machine_named(const std::string& name) { return load_machine(name, kDescriptions, builtin_registry()); }

// Candidates as a search has them: convolutions of stride 1, 3x3, 1x1 and depthwise, weights of 2, 4 or 8 bits.
class Candidates {
 public:
  Candidates() : columns_(column_count(Family::convolution), std::vector<double>(kRows)) {
    for (std::size_t i = 0; i < kRows; ++i) put(i);
    for (const auto& column : columns_) pointers_.push_back(column.data());
  }

  [[nodiscard]] LayerColumns rows() const { return {Op::conv2d, kRows, pointers_}; }
  [[nodiscard]] std::vector<Layer> layers() const {
    std::vector<Layer> layers;
    for (std::size_t i = 0; i < kRows; ++i) layers.push_back(layer_at(rows(), i));
    return layers;
  }
  [[nodiscard]] const double* dims(std::string_view name) const { return column(Convolution<>::kMembers, 0, name); }
  [[nodiscard]] const double* widths(std::string_view name) const {
    return column(Widths<>::kMembers, kMemberCount<Convolution<>>, name);
  }

 private:
  template <class Members>
  [[nodiscard]] const double* column(const Members& members, std::size_t first, std::string_view name) const {
    for (std::size_t k = 0; k < members.size(); ++k) {
      if (members[k].name == name) return pointers_[first + k];
    }
    std::abort();
  }

  double pick(std::initializer_list<double> choices) {
    return *(choices.begin() + std::uniform_int_distribution<std::size_t>(0, choices.size() - 1)(random_));
  }

  void put(std::size_t row) {
    const double kernel = pick({1, 3});
    const double pad = std::floor(kernel / 2.0);
    const double size = std::uniform_int_distribution<int>(4, 112)(random_);
    Convolution<> d{.in_channels = std::uniform_int_distribution<int>(1, 256)(random_) * 1.0,
                    .out_channels = std::uniform_int_distribution<int>(1, 256)(random_) * 1.0,
                    .in_height = size,
                    .in_width = size,
                    .out_height = size,
                    .out_width = size,
                    .kernel_height = kernel,
                    .kernel_width = kernel,
                    .pad_top = pad,
                    .pad_bottom = pad,
                    .pad_left = pad,
                    .pad_right = pad,
                    .bias = pick({0, 1})};
    if (kernel == 3.0 && pick({0, 0, 1}) == 1.0) d.groups = d.out_channels = d.in_channels;
    const Widths<> w{8.0, pick({2, 4, 8}), 8.0, 32.0, 0.0};
    std::size_t k = 0;
    for (const auto& member : Convolution<>::kMembers) columns_[k++][row] = d.*member.pointer;
    for (const auto& member : Widths<>::kMembers) columns_[k++][row] = w.*member.pointer;
  }

  std::mt19937 random_{1};
  std::vector<std::vector<double>> columns_;
  std::vector<const double*> pointers_;
};

const Candidates& candidates() {
  static const Candidates kCandidates;
  return kCandidates;
}

// The figure that a machine is asked for: cycles, else what it defines.
CostColumns one_column(const Backend& backend, std::span<double> column) {
  const MetricSet& metrics = backend.traits().metrics;
  CostColumns out;
  if (metrics.contains(Metric::latency_cycles)) {
    out.latency_cycles = column;
  } else if (metrics.contains(Metric::convention_ops)) {
    out.convention_ops = column;
  } else if (metrics.contains(Metric::traffic_bytes)) {
    out.traffic_bytes = column;
  } else {
    out.cost = column;
  }
  return out;
}

void batch(benchmark::State& state, const Machine& machine) {
  std::vector<double> figures(kRows);
  const CostColumns out = one_column(*machine.backend, figures);
  for (auto _ : state) {
    machine.backend->estimate_batch(candidates().rows(), out);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}

template <class F>
void a_layer_at_a_time(benchmark::State& state, F&& price) {
  const std::vector<Layer> layers = candidates().layers();
  std::size_t i = 0;
  for (auto _ : state) {
    price(layers[i]);
    i = (i + 1) % kRows;
  }
  state.SetItemsProcessed(state.iterations());
}

void scalar(benchmark::State& state, const Machine& machine) {
  a_layer_at_a_time(state, [&](const Layer& layer) { benchmark::DoNotOptimize(machine.backend->estimate(layer)); });
}

void gradient(benchmark::State& state, const Machine& machine, GradientMode mode) {
  a_layer_at_a_time(state,
                    [&](const Layer& layer) { benchmark::DoNotOptimize(machine.backend->gradient(layer, mode)); });
}

// By the members that a search changes.
void gradient_by_four(benchmark::State& state, const Machine& machine) {
  const std::uint64_t members =
      members_named(Family::convolution, {"out_channels", "in_channels", "weight_bits", "input_bits"});
  a_layer_at_a_time(state, [&](const Layer& layer) {
    benchmark::DoNotOptimize(machine.backend->gradient_by(layer, GradientMode::straight_through, members));
  });
}

// The columns that the loops below read.
struct Columns {
  const Candidates& all = candidates();
  const double *batch = all.dims("batch"), *groups = all.dims("groups");
  const double *in_channels = all.dims("in_channels"), *out_channels = all.dims("out_channels");
  const double *in_d = all.dims("in_depth"), *in_h = all.dims("in_height"), *in_w = all.dims("in_width");
  const double *out_d = all.dims("out_depth"), *out_h = all.dims("out_height"), *out_w = all.dims("out_width");
  const double *kernel_d = all.dims("kernel_depth"), *kernel_h = all.dims("kernel_height");
  const double* kernel_w = all.dims("kernel_width");
  const double *bias = all.dims("bias"), *depthwise = all.dims("depthwise");
  const double *in_bits = all.widths("input_bits"), *w_bits = all.widths("weight_bits");
  const double* out_bits = all.widths("output_bits");
  const double *scale_bits = all.widths("scale_bits"), *shift = all.widths("shift");
};

// Bit operations, as one would write them over arrays.
void bit_ops_by_hand(const Columns& c, std::size_t n, double* __restrict result) {
  for (std::size_t i = 0; i < n; ++i) {
    const double outputs = c.batch[i] * (c.out_d[i] * c.out_h[i] * c.out_w[i]) * c.out_channels[i];
    const double taps = c.in_channels[i] / c.groups[i] * (c.kernel_d[i] * c.kernel_h[i] * c.kernel_w[i]);
    result[i] = outputs * taps * c.w_bits[i] * c.in_bits[i];
  }
}

// The same arithmetic as the batch: extents and widths that are no numbers have no price, and nothing costs nothing.
void bit_ops_with_refusals_by_hand(const Columns& c, std::size_t n, double* __restrict result) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    const double inputs = c.batch[i] * (c.in_d[i] * c.in_h[i] * c.in_w[i]) * c.in_channels[i];
    const double outputs = c.batch[i] * (c.out_d[i] * c.out_h[i] * c.out_w[i]) * c.out_channels[i];
    const double taps = c.in_channels[i] / c.groups[i] * (c.kernel_d[i] * c.kernel_h[i] * c.kernel_w[i]);
    const double macs = outputs * taps;
    const bool counts = (inputs >= 0.0) & (outputs >= 0.0) & (macs >= 0.0) &
                        (outputs + inputs + macs + c.bias[i] * outputs < kInfinity) & (c.in_bits[i] > 0.0) &
                        (c.w_bits[i] >= 0.0) & (c.in_bits[i] + c.w_bits[i] < kInfinity);
    const double cost = outputs == 0.0 ? 0.0 : macs * c.w_bits[i] * c.in_bits[i];
    result[i] = counts ? cost : std::numeric_limits<double>::quiet_NaN();
  }
}

// Bytes of inputs, weights and outputs.
void memory_access_by_hand(const Columns& c, std::size_t n, double* __restrict result) {
  for (std::size_t i = 0; i < n; ++i) {
    const double inputs = c.batch[i] * (c.in_d[i] * c.in_h[i] * c.in_w[i]) * c.in_channels[i];
    const double outputs = c.batch[i] * (c.out_d[i] * c.out_h[i] * c.out_w[i]) * c.out_channels[i];
    const double taps = c.in_channels[i] / c.groups[i] * (c.kernel_d[i] * c.kernel_h[i] * c.kernel_w[i]);
    result[i] = std::ceil(inputs * c.in_bits[i] / 8.0) + std::ceil(c.out_channels[i] * taps * c.w_bits[i] / 8.0) +
                std::ceil(outputs * c.out_bits[i] / 8.0);
  }
}

// Cycles of MPIC: MACs by a rate that depends on both widths; none for widths that it does not have.
void mpic_by_hand(const Columns& c, std::size_t n, double* __restrict result) {
  double rate[9][9] = {};
  rate[8][8] = rate[4][8] = 2.1;
  rate[8][4] = 2.3;
  rate[8][2] = 2.5;
  rate[4][4] = 3.5;
  rate[4][2] = 3.9;
  rate[2][8] = 2.2;
  rate[2][4] = 4.0;
  rate[2][2] = 6.5;
  for (std::size_t i = 0; i < n; ++i) {
    const double outputs = c.batch[i] * (c.out_d[i] * c.out_h[i] * c.out_w[i]) * c.out_channels[i];
    const double taps = c.in_channels[i] / c.groups[i] * (c.kernel_d[i] * c.kernel_h[i] * c.kernel_w[i]);
    const double a = c.in_bits[i];
    const double w = c.w_bits[i];
    const bool known = a >= 1.0 && a <= 8.0 && w >= 1.0 && w <= 8.0;
    const double r = known ? rate[static_cast<int>(a)][static_cast<int>(w)] : 0.0;
    result[i] = r > 0.0 ? (outputs * taps + c.bias[i] * outputs) / r : std::numeric_limits<double>::quiet_NaN();
  }
}

// Cycles of `k` output channels at one tile of NE16's pixels.
double ne16_tile_by_hand(const Columns& c, std::size_t i, double steps, bool pointwise, bool depthwise, double k) {
  const double passes = pointwise ? 1.0 : c.w_bits[i];
  const double step = (pointwise ? 19.0 : 31.0) + (depthwise ? 6.0 + k : 6.0) + 6.0 + k * passes + 2.0;
  double norm = 0.0;
  if (c.scale_bits[i] != 0.0) {
    norm = 8.0 * c.shift[i] + 8.0 + std::ceil(k * c.scale_bits[i] / 32.0) + c.bias[i] * (9.0 + std::ceil(k / 8.0));
  }
  return steps * step + norm + (c.out_bits[i] <= 8.0 ? 13.0 : 4.0 + 9.0 * std::ceil(k / 8.0));
}

// Cycles of NE16's jobs: docs/machines/ne16.md.
void ne16_by_hand(const Columns& c, std::size_t n, double* __restrict result) {
  for (std::size_t i = 0; i < n; ++i) {
    const bool depthwise = c.depthwise[i] != 0.0 || (c.groups[i] > 1.0 && c.groups[i] == c.in_channels[i]);
    const bool pointwise = !depthwise && c.kernel_h[i] == 1.0;
    const double k_in = depthwise ? 1.0 : c.in_channels[i] / c.groups[i];
    const double k_out = depthwise ? c.out_channels[i] : c.out_channels[i] / c.groups[i];
    const double jobs = depthwise ? c.batch[i] : c.batch[i] * c.groups[i];
    const double tile = depthwise ? 16.0 : 32.0;
    const double steps = depthwise ? 1.0 : std::ceil(k_in / 16.0);
    const double whole = std::floor(k_out / tile);
    const double rest = k_out - tile * whole;
    double channels = whole * ne16_tile_by_hand(c, i, steps, pointwise, depthwise, tile);
    if (rest > 0.0) channels += ne16_tile_by_hand(c, i, steps, pointwise, depthwise, rest);
    const double pixels = std::ceil(c.out_h[i] / 3.0) * std::ceil(c.out_w[i] / 3.0);
    const double wait = pointwise ? std::max(3.0 - std::min(k_out, 32.0), 0.0) : 0.0;
    const bool runs = c.in_bits[i] == 8.0 && c.w_bits[i] >= 2.0 && c.w_bits[i] <= 8.0;
    result[i] = runs ? (pixels * channels + 3.0 + wait) * jobs : std::numeric_limits<double>::quiet_NaN();
  }
}

using ByHand = void (*)(const Columns&, std::size_t, double*);

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
template <class F>
void time_once(std::vector<double>& seconds, F&& run) {
  const double start = thread_seconds();
  run();
  benchmark::ClobberMemory();
  seconds.push_back(thread_seconds() - start);
}
double median(std::vector<double>& seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

// Both in turns, so that whatever else the computer does disturbs both alike; the median of each counts.
void batch_beside_by_hand(benchmark::State& state, const std::string& name, ByHand by_hand) {
  const Machine machine = machine_named(name);
  const Columns columns;
  std::vector<double> ours(kRows, -1.0), theirs(kRows, -2.0);
  const CostColumns out = one_column(*machine.backend, ours);
  const auto run_ours = [&] { machine.backend->estimate_batch(candidates().rows(), out); };
  const auto run_theirs = [&] { by_hand(columns, kRows, theirs.data()); };
  run_ours();
  run_theirs();
  if (std::memcmp(ours.data(), theirs.data(), kRows * sizeof(double)) != 0)
    return state.SkipWithError("the loop by hand gives other bits");
  std::vector<double> batch_times, hand_times;
  for (auto _ : state) {
    time_once(batch_times, run_ours);
    time_once(hand_times, run_theirs);
  }
  const double batch_seconds = median(batch_times);
  const double hand_seconds = median(hand_times);
  const double rows = kRows;
  state.counters["batch_ns"] = batch_seconds * 1e9 / rows;
  state.counters["by_hand_ns"] = hand_seconds * 1e9 / rows;
  state.counters["ratio"] = batch_seconds / hand_seconds;
}

// Layers a second in a batch over those of a call each.
void batch_beside_scalar(benchmark::State& state, const Machine& machine) {
  const std::vector<Layer> layers = candidates().layers();
  std::vector<double> figures(kRows);
  const CostColumns out = one_column(*machine.backend, figures);
  std::vector<double> batch_times, scalar_times;
  for (auto _ : state) {
    time_once(batch_times, [&] { machine.backend->estimate_batch(candidates().rows(), out); });
    time_once(scalar_times, [&] {
      for (const Layer& layer : layers) benchmark::DoNotOptimize(machine.backend->estimate(layer));
    });
  }
  const double batch_seconds = median(batch_times);
  const double scalar_seconds = median(scalar_times);
  const double rows = kRows;
  state.counters["batch_layers_per_second"] = rows / batch_seconds;
  state.counters["scalar_layers_per_second"] = rows / scalar_seconds;
  state.counters["speedup"] = scalar_seconds / batch_seconds;
}

const bool kRegistered = [] {
  struct Loop {
    std::string title, machine;
    ByHand by_hand;
  };
  const std::initializer_list<Loop> kLoops{
      {"bit-ops", "bit-ops", bit_ops_by_hand},
      {"bit-ops_with_refusals", "bit-ops", bit_ops_with_refusals_by_hand},
      {"memory-access", "memory-access", memory_access_by_hand},
      {"mpic", "mpic", mpic_by_hand},
      {"ne16-job", "ne16-job", ne16_by_hand},
  };
  for (const Loop& loop : kLoops) {
    benchmark::RegisterBenchmark(("beside_by_hand/" + loop.title).c_str(), batch_beside_by_hand, loop.machine,
                                 loop.by_hand);
  }
  for (const std::string& name : description_names(kDescriptions)) {
    const Machine machine = machine_named(name);
    const auto add = [&](const char* what, auto run, auto... more) {
      benchmark::RegisterBenchmark((what + ("/" + name)).c_str(),
                                   [=](benchmark::State& state) { run(state, machine, more...); });
    };
    add("scalar", scalar);
    add("batch", batch);
    add("gradient_straight_through", gradient, GradientMode::straight_through);
    add("gradient_by_four", gradient_by_four);
    add("gradient_relaxed", gradient, GradientMode::relaxed);
    add("beside_scalar", batch_beside_scalar);
  }
  return true;
}();

}  // namespace
