// int8 kernels of a CPU: which kernel runs a layer, what it does, and how near the prices come to what was timed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cpu_int8/counts.hpp"
#include "cpu_int8/tile_loop.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/machine.hpp"

namespace hwcost {
namespace {

using cpu_int8::Kernel;
using cpu_int8::Structure;

const std::string kSource = HWCOST_SOURCE_DIR;
const SearchPath kDescriptions{kSource + "/hw_descriptions"};

const Structure kVnni{.lanes = 16,
                      .registers = 32,
                      .instructions = 1,
                      .ports = 2,
                      .load_ports = 2,
                      .latency = 5,
                      .brgemm = 1,
                      .decoded = 1536,
                      .l1 = 32.0 * 1024,
                      .l2 = 1024.0 * 1024,
                      .l3 = 36.0 * 1024 * 1024};
const Structure kAvx2 = [] {
  Structure s = kVnni;
  s.lanes = 8;
  s.registers = 16;
  s.instructions = 3;
  s.brgemm = 0;
  return s;
}();

LayerTable timed(const std::string& isa) {
  return read_layer_table(kSource + "/tests/golden/onednn_int8_" + isa + "_1t.csv");
}
Kernel kernel_of(const Structure& machine, const Layer& layer) {
  if (const auto* conv = std::get_if<Convolution<>>(&layer.dims)) return cpu_int8::kernel_of(machine, *conv);
  if (const auto* linear = std::get_if<Linear<>>(&layer.dims)) return cpu_int8::kernel_of(machine, *linear);
  return cpu_int8::kernel_of(machine, std::get<MatMul<>>(layer.dims));
}
// What oneDNN calls the kernels of a class: the beginning of its name for them.
std::string library_name(Kernel kernel, bool vnni) {
  switch (kernel) {
    case Kernel::brgemm_pointwise:
      return "brgconv_1x1:";
    case Kernel::brgemm_spatial:
      return "brgconv:";
    case Kernel::brgemm_depthwise:
      return "brdgmm_dw:";
    case Kernel::brgemm_linear:
      return "brgemm:";
    case Kernel::brgemm_matmul:
      return "brg:";
    case Kernel::direct_pointwise:
      return "jit_uni_int8_1x1:";
    case Kernel::direct_spatial:
      return vnni ? "jit_int8" : "jit_uni_int8:";  // 1x1 convolutions of groups too
    case Kernel::direct_depthwise:
      return "jit_uni_int8:";
    case Kernel::gemm_grouped:
    case Kernel::gemm_linear:
      return "x64:gemm_s8u8s32:";
    case Kernel::gemm_matmul:
      return "gemm:";
    case Kernel::reference:
      return "ref_int8:";
  }
  return {};
}
std::size_t layers_of_the_named_kernel(const LayerTable& table, const Structure& machine) {
  std::size_t agreeing = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const Kernel kernel = kernel_of(machine, table.graph.nodes[i].layer);
    agreeing += table.rows[i].extra.at("implementation").starts_with(library_name(kernel, machine.brgemm != 0.0));
  }
  return agreeing;
}

TEST(CpuInt8, NamesTheKernelThatTheLibraryTookForEveryLayerWithVnni) {
  const LayerTable table = timed("vnni");
  EXPECT_EQ(table.rows.size(), 1934u);
  EXPECT_EQ(layers_of_the_named_kernel(table, kVnni), 1934u);
}
TEST(CpuInt8, NamesTheKernelThatTheLibraryTookForNearlyEveryLayerWithAvx2) {
  const LayerTable table = timed("avx2");
  EXPECT_EQ(table.rows.size(), 425u);
  EXPECT_EQ(layers_of_the_named_kernel(table, kAvx2), 418u);  // seven 1x1 convolutions run as others do
}

struct Errors {
  std::vector<double> relative;                               // by layer, unsigned
  std::map<std::string, std::pair<double, double>> networks;  // predicted and measured sums
  [[nodiscard]] double median() const {
    std::vector<double> sorted = relative;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  [[nodiscard]] double share_within(double bound) const {
    const auto n = std::count_if(relative.begin(), relative.end(), [&](double e) { return e <= bound; });
    return static_cast<double>(n) / static_cast<double>(relative.size());
  }
  [[nodiscard]] double networks_within(double bound) const {
    const auto n = std::count_if(networks.begin(), networks.end(), [&](const auto& network) {
      return std::abs(network.second.first / network.second.second - 1.0) <= bound;
    });
    return static_cast<double>(n) / static_cast<double>(networks.size());
  }
};
Errors errors(const std::string& isa) {
  const Machine machine = load_machine("cascadelake-" + isa, kDescriptions, builtin_registry());
  const LayerTable table = timed(isa);
  Errors errors;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto estimate = machine.backend->estimate(table.graph.nodes[i].layer);
    if (!estimate || !estimate->approximation.empty()) {
      ADD_FAILURE() << table.graph.nodes[i].layer.name << " was timed and has no price";
      continue;
    }
    const double seconds = estimate->cost.seconds(machine.backend->traits().clock_hertz);
    const double measured = table.rows[i].measured.front().value;
    errors.relative.push_back(std::abs(seconds / measured - 1.0));
    std::string networks = table.rows[i].extra.at("network") + "|";
    for (std::size_t end = networks.find('|'); end != std::string::npos; end = networks.find('|')) {
      const std::string network = networks.substr(0, end);
      networks.erase(0, end + 1);
      if (network == "random") continue;
      errors.networks[network].first += seconds;
      errors.networks[network].second += measured;
    }
  }
  return errors;
}

// The stated errors of the fits: docs/machines/cpu-int8.md has those of layers that a fit has not seen.
TEST(CascadeLake, VnniIsWithinItsStatedErrorOfTheLayersThatItWasFittedTo) {
  const Errors e = errors("vnni");
  EXPECT_LT(e.median(), 0.029);
  EXPECT_GT(e.share_within(0.10), 0.92);
  EXPECT_EQ(e.networks.size(), 69u);
  EXPECT_GT(e.networks_within(0.10), 0.95);
}
TEST(CascadeLake, Avx2IsWithinItsStatedErrorOfTheLayersThatItWasFittedTo) {
  const Errors e = errors("avx2");
  EXPECT_LT(e.median(), 0.023);
  EXPECT_GT(e.share_within(0.10), 0.92);
}

// Timed elsewhere, AVX-512 without VNNI takes 1.2 to 2.7 times as long as with it.
TEST(CascadeLake, GuessOfAvx512LiesWhereItWasSeenToLie) {
  const Machine with = load_machine("cascadelake-vnni", kDescriptions, builtin_registry());
  const Machine without = load_machine("cascadelake-avx512", kDescriptions, builtin_registry());
  std::vector<double> ratios;
  for (const Node& node : timed("vnni").graph.nodes) {
    const auto fast = with.backend->estimate(node.layer);
    const auto slow = without.backend->estimate(node.layer);
    ASSERT_TRUE(fast && slow) << node.layer.name;
    ratios.push_back(slow->cost.latency().value / fast->cost.latency().value);
  }
  std::sort(ratios.begin(), ratios.end());
  EXPECT_GT(ratios[ratios.size() / 4], 1.2);
  EXPECT_LT(ratios[ratios.size() * 3 / 4], 2.7);
}

TEST(CpuInt8, GroupsThatDoNotFitTheBlockingFallOffACliff) {
  const Machine machine = load_machine("cascadelake-vnni", kDescriptions, builtin_registry());
  const auto rate = [&](double channels) {
    Layer layer;
    layer.op = Op::conv2d;
    layer.dims = Convolution<>{.in_channels = 8 * channels,
                               .out_channels = 8 * channels,
                               .groups = 8,
                               .in_height = 28,
                               .in_width = 28,
                               .out_height = 28,
                               .out_width = 28,
                               .kernel_height = 3,
                               .kernel_width = 3,
                               .pad_top = 1,
                               .pad_bottom = 1,
                               .pad_left = 1,
                               .pad_right = 1};
    return work(layer).macs / machine.backend->estimate(layer)->cost.latency().value;
  };
  EXPECT_GT(rate(16), 10.0 * rate(15));
}

// 6 rows of 4 vectors: 12 cycles a step of four channels, as two ports allow; 28 rows of one vector: 14.5 loads.
TEST(CpuInt8, TileTakesWhatPortsAndLatencyAllow) {
  const auto cycles = [](double rows, double channels, double depth) {
    return cpu_int8::tile_loop(kVnni, channels, depth, 64, cpu_int8::Taps{rows, rows}).cycles;
  };
  EXPECT_EQ(cycles(6, 64, 64), 16 * 12);
  EXPECT_EQ(cycles(60, 64, 64), 10 * 16 * 12);
  EXPECT_EQ(cycles(1, 64, 64), 16 * 5);                // the latency of one multiply-add
  EXPECT_EQ(cycles(6, 80, 64), 16 * 12 + 16 * 5);      // a fifth vector is a block of its own
  EXPECT_EQ(cycles(28, 16, 64), 16 * (28 + 2) / 2.0);  // bound by loads, the prefetch among them
  EXPECT_EQ(cycles(6, 64, 1), 12);                     // one channel is a step too
}

// Thirteen vectors are a prime number: each is worked on by itself, and inputs are broadcast for each of them.
TEST(CpuInt8, DirectKernelsShareBroadcastsAmongVectorsThatDivideAll) {
  const auto counts = [](double out_channels, double edge) {
    return cpu_int8::counts(kAvx2, Convolution<>{.in_channels = 32,
                                                 .out_channels = out_channels,
                                                 .in_height = edge,
                                                 .in_width = edge,
                                                 .out_height = edge,
                                                 .out_width = edge,
                                                 .kernel_height = 3,
                                                 .kernel_width = 3,
                                                 .pad_top = 1,
                                                 .pad_bottom = 1,
                                                 .pad_left = 1,
                                                 .pad_right = 1});
  };
  using enum cpu_int8::Term;
  EXPECT_EQ(counts(96, 14)[row], 14 * 12 / 4);
  EXPECT_EQ(counts(104, 14)[row], 14 * 13);
  EXPECT_EQ(counts(96, 7)[row], 7 * 12 / 2);  // tiles of two and of three would leave one output of seven over
  EXPECT_GT(counts(104, 14)[load], 4.0 * counts(96, 14)[load]);
}

// 22 columns: two vectors of eight, and pieces of four and of two.
TEST(CpuInt8, ColumnsLeftOverInAGemmAreDoneInPieces) {
  const auto vectors = [](double columns) {
    return cpu_int8::counts(kAvx2, Linear<>{.in_channels = 64, .out_channels = columns})[cpu_int8::Term::vector];
  };
  EXPECT_EQ(vectors(16), 2);
  EXPECT_EQ(vectors(22), 4);
  EXPECT_EQ(vectors(23), 5);
}

// 19 columns on ten lanes: a vector, and pieces of eight and of one. Halves of ten lanes never sum up to nine.
TEST(CpuInt8, ColumnsLeftOverEndWhereLanesAreNoPowerOfTwo) {
  Structure machine = kAvx2;
  machine.lanes = 10;
  const Linear<> layer{.in_channels = 64, .out_channels = 19};
  EXPECT_EQ(cpu_int8::counts(machine, layer)[cpu_int8::Term::vector], 3);
}

TEST(CpuInt8, TapsThatReadPaddingAloneAreSkipped) {
  const cpu_int8::Taps padded{.outputs = 7, .inputs = 7, .taps = 3, .stride = 1, .dilation = 1, .pad = 1};
  EXPECT_EQ(padded.pairs(), 7 * 3 - 2);
  EXPECT_EQ(padded.padded_before(), 1);
  EXPECT_EQ(padded.padded_behind(), 1);
  const cpu_int8::Taps strided{.outputs = 4, .inputs = 8, .taps = 3, .stride = 2, .dilation = 1, .pad = 1};
  EXPECT_EQ(strided.pairs(), 4 * 3 - 1);
  EXPECT_EQ(strided.padded_behind(), 0);
  const cpu_int8::Taps dilated{.outputs = 3, .inputs = 3, .taps = 3, .stride = 1, .dilation = 3, .pad = 3};
  EXPECT_EQ(dilated.pairs(), 3);  // only the middle one
}

// Bytes that several products share are read once: never timed, and said.
TEST(CpuInt8, ASharedSecondOperandIsReadOnce) {
  const auto machine = builtin_registry().make(Description::load("cascadelake-vnni", kDescriptions));
  MatMul<> products{.batch = 64, .rows = 8, .depth = 1024, .columns = 1024};
  Layer layer;
  layer.op = Op::matmul;
  layer.precision.input = integer(8);
  layer.precision.weight = integer(8);
  layer.dims = products;
  const auto apart = machine->estimate(layer);
  products.shared_batch = 64.0;
  layer.dims = products;
  const auto shared = machine->estimate(layer);
  ASSERT_TRUE(apart && shared);
  EXPECT_EQ(apart->approximation, "");
  EXPECT_NE(shared->approximation, "");
  EXPECT_LT(shared->cost.memory.value, 0.5 * apart->cost.memory.value);
  EXPECT_EQ(shared->cost.compute.value, apart->cost.compute.value);
}

TEST(CpuInt8, RefusalsNameTheReason) {
  const Machine machine = load_machine("cascadelake-vnni", kDescriptions, builtin_registry());
  Layer layer;
  layer.op = Op::conv_transpose2d;
  layer.dims = Convolution<>{};
  EXPECT_EQ(machine.backend->estimate(layer).error().reason, "no kernel for transposed convolutions");
  layer.op = Op::conv3d;
  EXPECT_EQ(machine.backend->estimate(layer).error().reason, "no kernel for 3 spatial dimensions");
  layer.op = Op::conv2d;
  layer.precision.input = integer(16);
  EXPECT_EQ(machine.backend->estimate(layer).error().reason, "w8a16 is wider than the kernels' 8 bits");
  layer.precision.input = integer(4);
  EXPECT_EQ(machine.backend->estimate(layer)->approximation, "w8a4 runs as 8 bit");
}

}  // namespace
}  // namespace hwcost
