// Machines of NE16's family with numbers at hand, and random layers for them; deterministic for a seed.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <random>
#include <string>

#include "hwcost/machine.hpp"

namespace hwcost::testing {

// What surrounds the array, in bytes and cycles.
struct Ne16Memory {
  double l1_bytes = 120000.0, l2_bytes = 1.5e6;
  double dma_bytes_a_cycle = 8.0, transfer_setup = 10.0;
  double l3_bytes_a_cycle = 0.0;  // 0: not known
  double job_programming = 0.0, tile_handling = 100.0, layer_handling = 500.0;
  double l1_refusals = 0.0;
  double job_start = 3.0;

  // A job alone, on data that is there.
  [[nodiscard]] Machine jobs() const { return made("jobs", ""); }
  [[nodiscard]] Machine layers() const {
    const auto byte = [](double v) { return fmt::format("{} byte", v); };
    const auto rate = [](double v) { return fmt::format("{} byte/cycle", v); };
    const auto cycle = [](double v) { return fmt::format("{} cycle", v); };
    std::string text = line("l1.capacity", byte(l1_bytes)) + line("l1.refusals", fmt::format("{}", l1_refusals)) +
                       line("l2.capacity", byte(l2_bytes)) + line("dma.bandwidth", rate(dma_bytes_a_cycle)) +
                       line("dma.setup", cycle(transfer_setup)) + line("job.programming", cycle(job_programming)) +
                       line("tile.handling", cycle(tile_handling)) + line("layer.handling", cycle(layer_handling));
    if (l3_bytes_a_cycle > 0.0) text += line("l3.bandwidth", rate(l3_bytes_a_cycle));
    return made("layers", text);
  }

 private:
  static std::string line(const std::string& key, const std::string& value) {
    return fmt::format("  {} \"{}\" {{ source test kind guessed }}\n", key, value);
  }
  [[nodiscard]] Machine made(const std::string& name, const std::string& parameters) const {
    const SearchPath search{HWCOST_SOURCE_DIR "/hw_descriptions"};
    const std::string text = fmt::format("name {}\ninherit ne16-job\nparameter\n{{\n{}{}}}\n", name,
                                         line("job.start", fmt::format("{} cycle", job_start)), parameters);
    return make_machine(Description::from_text(text, name + ".info", search), search, builtin_registry());
  }
};

class RandomNe16 {
 public:
  explicit RandomNe16(unsigned seed) : rng_(seed) {}

  // All quotients of data and bandwidth are dyadic: sums are exact, and equal prices compare equal.
  Ne16Memory exact_memory() {
    Ne16Memory m;
    m.l1_bytes = std::floor(1024.0 * std::exp2(real(0.0, 8.0)));
    m.l2_bytes = pick({4096, 65536, 1.5e6});
    m.dma_bytes_a_cycle = pick({0.25, 1, 2, 4, 8, 8, 16, 64});
    m.l3_bytes_a_cycle = pick({0, 0, 0.125, 0.5, 1, 32});
    m.transfer_setup = pick({0, 1, 10, 10, 50, 300});
    m.job_programming = pick({0, 0, 26, 130, 1000});
    m.tile_handling = pick({0, 50, 100, 1000});
    m.layer_handling = pick({0, 500});
    m.job_start = pick({0, 3, 3, 40});
    return m;
  }
  Ne16Memory memory() {
    Ne16Memory m = exact_memory();
    m.dma_bytes_a_cycle = real(0.1, 20.0);
    if (m.l3_bytes_a_cycle > 0.0) m.l3_bytes_a_cycle = real(0.05, 20.0);
    m.l1_refusals = pick({0, 0.05, 0.3, 0.9});
    m.transfer_setup = real(0.0, 60.0);
    return m;
  }

  // Up to `side` outputs along a side, of a kind that the array runs.
  Layer layer(int side = 34) {
    Layer layer;
    layer.name = "random";
    layer.precision.weight = integer(2.0 + upto(7) - 1.0);
    layer.precision.output = integer(pick({8, 8, 8, 4, 16, 32}));
    if (pick({0, 1, 2}) > 0.0) layer.precision.requantization = Requantization{pick({0, 8, 16, 32}), pick({0, 1})};
    layer.op = pick({0, 1, 2, 3, 4, 5, 6}) == 0.0 ? Op::linear : Op::conv2d;
    if (layer.op == Op::linear)
      layer.dims = Linear<>{.batch = upto(2),
                            .tokens = upto(120),
                            .in_channels = channels(),
                            .out_channels = channels(),
                            .bias = pick({0, 1})};
    else
      layer.dims = convolution(side);
    return layer;
  }

  double upto(int most) { return std::uniform_int_distribution<int>(1, most)(rng_); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(rng_); }
  double pick(std::initializer_list<double> choices) {
    return *(choices.begin() + std::uniform_int_distribution<std::size_t>(0, choices.size() - 1)(rng_));
  }

 private:
  double channels() { return pick({1, 16, 32, 64, 128, upto(16), upto(100), upto(300)}); }
  Convolution<> convolution(int side) {
    Convolution<> d;
    const double kind = upto(4);  // dense, dense, grouped, depthwise
    d.batch = pick({1, 1, 2});
    d.kernel_height = d.kernel_width = kind == 4.0 ? 3.0 : pick({1, 3});
    d.stride_height = d.stride_width = d.kernel_height == 1.0 ? pick({1, 1, 2, 3}) : pick({1, 1, 2});
    d.groups = kind == 4.0 ? channels() : kind == 3.0 ? upto(4) : 1.0;
    d.in_channels = kind == 4.0 ? d.groups : d.groups * (kind == 3.0 ? channels() + 1.0 : channels());
    d.out_channels = kind == 4.0 ? d.groups : d.groups * channels();
    d.depthwise = kind == 4.0 ? 1.0 : 0.0;
    d.bias = pick({0, 1});
    d.out_height = upto(side);
    d.out_width = upto(side);
    axis(d.out_height, d.kernel_height, d.stride_height, d.in_height, d.pad_top, d.pad_bottom);
    axis(d.out_width, d.kernel_width, d.stride_width, d.in_width, d.pad_left, d.pad_right);
    return d;
  }
  // An input that gives these outputs, with up to stride - 1 rows that no window reaches.
  void axis(double out, double kernel, double stride, double& in, double& before, double& after) {
    const double reached = (out - 1.0) * stride + kernel;
    before = kernel == 3.0 && reached > 3.0 ? pick({0, 1}) : 0.0;
    after = kernel == 3.0 && reached > 3.0 ? pick({0, 1}) : 0.0;
    in = reached - before - after + upto(static_cast<int>(stride)) - 1.0;
  }

  std::mt19937 rng_;
};

}  // namespace hwcost::testing
