// The kernels that are timed compute the right answer: each against plain loops, so that no misconfigured descriptor is
// ever timed.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <dnnl.hpp>

#include "chain.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/measure/onednn.hpp"
#include "kernel.hpp"
#include "support/layer_reference.hpp"

namespace hwcost {
namespace {

using onednn::OneDnnKernel;
using testing::LayerOperands;
using testing::Values;

KernelLibrary& library() {
  static const std::unique_ptr<KernelLibrary> library = onednn_library(IsaCap::none).value();
  return *library;
}

Values values(const OneDnnKernel& kernel, int argument) {
  const std::vector<float> floats = kernel.values(argument);
  return {floats.begin(), floats.end()};
}

LayerOperands operands(const OneDnnKernel& kernel) {
  return {.input = values(kernel, DNNL_ARG_SRC),
          .second = values(kernel, DNNL_ARG_WEIGHTS),
          .other = values(kernel, DNNL_ARG_SRC_1),
          .bias = values(kernel, DNNL_ARG_BIAS),
          .scale = values(kernel, DNNL_ARG_SCALE),
          .shift = values(kernel, DNNL_ARG_SHIFT),
          .mean = values(kernel, DNNL_ARG_MEAN),
          .variance = values(kernel, DNNL_ARG_VARIANCE)};
}

bool is_integer_layer(const Layer& layer) { return layer.precision.input.is_integer(); }

// Requantisation by the scale of the output channel, activation, rounding, saturation.
void finish(const Layer& layer, Values& sums, const std::vector<std::size_t>& channel) {
  const bool integers = is_integer_layer(layer);
  const bool raw = layer.precision.output == integer(32.0);
  const bool one_scale = layer.op == Op::matmul;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    double& v = sums[i];
    if (integers && !raw) v *= onednn::output_scale(one_scale ? 0 : static_cast<std::int64_t>(channel[i]));
    if (layer.fused_activation) v = testing::apply(*layer.fused_activation, v);
    if (integers) v = std::nearbyint(v);
    if (integers && !raw) v = std::clamp(v, 0.0, 255.0);
  }
}

// Both operands by their scale, the second repeated; copies and activations have one operand.
Values element_wise(const Layer& layer, const LayerOperands& from) {
  Values out = from.input;
  for (std::size_t i = 0; i < out.size(); ++i) {
    double& v = out[i];
    if (!from.other.empty()) {
      const bool integers = is_integer_layer(layer);
      const double left = v * (integers ? onednn::kOperandScale[0] : 1.0);
      const double right = from.other[i % from.other.size()] * (integers ? onednn::kOperandScale[1] : 1.0);
      v = layer.op == Op::mul ? left * right : left + right;
      if (layer.fused_activation) v = testing::apply(*layer.fused_activation, v);
    } else if (layer.dims.index() == Dims(Elementwise<>{}).index() && layer.op != Op::quantize) {
      v = testing::apply(layer.op, v);
    }
    if (layer.precision.output.is_integer()) v = std::clamp(std::nearbyint(v), 0.0, 255.0);
  }
  return out;
}

Values reference(const Layer& layer, const LayerOperands& from) {
  return std::visit(
      [&]<class D>(const D& d) -> Values {
        if constexpr (requires(std::vector<std::size_t> channel) { testing::accumulate(layer.op, d, from, channel); }) {
          std::vector<std::size_t> channel;
          Values sums = testing::accumulate(layer.op, d, from, channel);
          finish(layer, sums, channel);
          return sums;
        } else if constexpr (D::kFamily == Family::pooling) {
          return testing::pool(layer.op, d, from.input);
        } else if constexpr (D::kFamily == Family::softmax) {
          return testing::softmax(d, from.input);
        } else if constexpr (D::kFamily == Family::normalization) {
          return testing::normalize(layer.op, d, from);
        } else {
          return element_wise(layer, from);
        }
      },
      layer.dims);
}

// Largest error that rounding explains: of the type that is written, and of sums in another order.
double tolerance(const Layer& layer) {
  if (is_integer_layer(layer)) return layer.op == Op::avg_pool || layer.op == Op::global_avg_pool ? 1.0 : 0.0;
  return layer.precision.output.bits == 16.0 ? 2e-2 : 1e-4;
}

void expect_right_answer(const Layer& layer, Buffers buffers, int threads) {
  auto made = library().make(layer, buffers, threads);
  ASSERT_TRUE(made.has_value()) << made.error().reason;
  auto& kernel = dynamic_cast<OneDnnKernel&>(**made);
  kernel.prepare();
  kernel.run();
  const Values out = values(kernel, DNNL_ARG_DST);
  const Values expected = reference(layer, operands(kernel));
  ASSERT_EQ(out.size(), expected.size());
  double not_zero = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    ASSERT_NEAR(out[i], expected[i], tolerance(layer) * std::max(1.0, std::abs(expected[i])))
        << kernel.name() << " element " << i << " of " << out.size();
    not_zero += std::abs(out[i]);
  }
  EXPECT_GT(not_zero, 0.0) << "the reference sees nothing";
  EXPECT_FALSE(kernel.name().empty());
  EXPECT_GT(kernel.creation_seconds(), 0.0);
}

// Small layers of every kind of kernel; a row a layer.
const char* const kLayers =
    R"(name,op,batch,in_channels,in_d,in_h,in_w,out_channels,kernel_d,kernel_h,kernel_w,stride_h,stride_w,pad_d,pad_h,pad_w,dilation_h,dilation_w,groups,bias,x_activation
conv1d,conv1d,2,5,1,1,17,6,1,1,3,1,2,0,0,1,1,1,1,1,relu
kxk,conv2d,1,7,1,9,8,10,1,3,3,1,1,0,1,1,1,1,1,1,relu
kxk without bias,conv2d,1,16,1,6,6,16,1,3,3,2,2,0,1,1,1,1,1,0,
dilated,conv2d,1,4,1,11,11,8,1,3,3,1,1,0,0,0,2,2,1,1,relu
pointwise,conv2d,2,32,1,5,5,24,1,1,1,1,1,0,0,0,1,1,1,1,relu6
depthwise,conv2d,1,16,1,7,9,16,1,3,3,1,1,0,1,1,1,1,16,1,relu
grouped,conv2d,1,12,1,6,6,18,1,3,3,1,1,0,1,1,1,1,3,1,
conv3d,conv3d,1,4,5,6,7,8,3,3,3,1,1,1,1,1,1,1,1,1,relu
transposed,conv_transpose2d,1,8,1,5,6,12,1,3,3,2,2,0,1,1,1,1,1,1,relu
linear,linear,3,33,1,1,4,21,1,1,1,1,1,0,0,0,1,1,1,1,relu
linear without bias,linear,1,64,1,1,1,10,1,1,1,1,1,0,0,0,1,1,1,0,
matmul,matmul,3,20,1,9,1,13,1,1,1,1,1,0,0,0,1,1,1,0,
max_pool,max_pool,1,8,1,8,8,8,1,2,2,2,2,0,0,0,1,1,1,0,
avg_pool,avg_pool,2,8,1,9,9,8,1,3,3,3,3,0,0,0,1,1,1,0,
global_avg_pool,global_avg_pool,1,16,1,7,7,16,1,1,1,1,1,0,0,0,1,1,1,0,
relu,relu,1,100,1,1,1,100,1,1,1,1,1,0,0,0,1,1,1,0,
add,add,1,100,1,1,1,100,1,1,1,1,1,0,0,0,1,1,1,0,relu
mul,mul,1,100,1,1,1,100,1,1,1,1,1,0,0,0,1,1,1,0,
transpose,transpose,1,10,1,3,3,10,1,1,1,1,1,0,0,0,1,1,1,0,
)";

struct Case {
  Layer layer;
  std::string title;
};

Case case_of(const Node& node, const TableRow& row, NumberFormat format, std::string_view suffix) {
  Case c{node.layer, node.layer.name + std::string(suffix)};
  if (const auto activation = row.extra.find("activation"); activation != row.extra.end())
    c.layer.fused_activation = op_named(activation->second);
  c.layer.precision = {
      .input = format, .weight = format, .output = format, .bias = integer(32.0), .requantization = {}};
  std::replace_if(
      c.title.begin(), c.title.end(), [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
  return c;
}

Case element_wise_case(const char* title, Op op, const Elementwise<>& dims, NumberFormat input, NumberFormat output) {
  Case c{{}, title};
  c.layer.op = op;
  c.layer.dims = dims;
  c.layer.precision = {.input = input, .weight = input, .output = output, .bias = kFloat32, .requantization = {}};
  return c;
}

// Second operands that repeat, a model's parameters and constants; changes of type.
std::vector<Case> cases_without_a_row() {
  const NumberFormat eight = integer(8.0);
  return {element_wise_case("mul_by_channel_int8", Op::mul, {96.0, 96.0 + 8.0, 2.0, 0.0}, eight, eight),
          element_wise_case("mul_by_channel_f32", Op::mul, {96.0, 96.0 + 8.0, 2.0, 0.0}, kFloat32, kFloat32),
          element_wise_case("add_parameters_f32", Op::add, {96.0, 96.0, 2.0, 96.0}, kFloat32, kFloat32),
          element_wise_case("mul_constant_f32", Op::mul, {96.0, 96.0, 2.0, 0.0}, kFloat32, kFloat32),
          element_wise_case("quantize", Op::quantize, {96.0, 96.0, 1.0, 0.0}, kFloat32, eight)};
}

// Every layer in integers and in floating point, and what there is in floating point alone.
std::vector<Case> cases() {
  std::vector<Case> all;
  const NumberFormat brain{16.0, NumberFormat::Kind::brain};
  const LayerTable table = read_layer_table(kLayers, "layers");
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    all.push_back(case_of(table.graph.nodes[i], table.rows[i], integer(8.0), "_int8"));
    all.push_back(case_of(table.graph.nodes[i], table.rows[i], kFloat32, "_f32"));
  }
  all.push_back(case_of(table.graph.nodes[1], table.rows[1], integer(8.0), "_raw"));
  all.back().layer.precision.output = integer(32.0);
  all.back().layer.fused_activation.reset();
  for (const char* op : {"softmax", "batch_norm", "layer_norm", "sigmoid", "tanh", "silu", "hard_swish", "gelu", "elu",
                         "leaky_relu", "softplus", "mish", "exp", "abs", "relu6"}) {
    const LayerTable one =
        read_layer_table(std::string("name,op,in_channels,in_w\n") + op + "," + op + ",24,6\n", "one");
    all.push_back(case_of(one.graph.nodes[0], one.rows[0], kFloat32, "_f32"));
  }
  for (Case& c : cases_without_a_row()) all.push_back(std::move(c));
  if (__builtin_cpu_supports("avx512bw") != 0) {
    for (const std::size_t i : {1u, 5u, 9u})
      all.push_back(case_of(table.graph.nodes[i], table.rows[i], brain, "_bf16"));
  }
  return all;
}

class OneDnnKernels : public ::testing::TestWithParam<Case> {};

TEST_P(OneDnnKernels, ComputeWhatPlainLoopsDo) {
  for (const Buffers buffers : {Buffers::warm, Buffers::rotated, Buffers::cold})
    expect_right_answer(GetParam().layer, buffers, 1);
}

INSTANTIATE_TEST_SUITE_P(EachLayer, OneDnnKernels, ::testing::ValuesIn(cases()),
                         [](const ::testing::TestParamInfo<Case>& one) { return one.param.title; });

Layer linear_layer() {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.tokens = 40.0, .in_channels = 64.0, .out_channels = 32.0, .bias = 1.0};
  return layer;
}

TEST(OneDnn, TwoThreadsComputeTheSame) { expect_right_answer(linear_layer(), Buffers::warm, 2); }

TEST(OneDnn, RefusalsHaveWords) {
  Layer narrow = linear_layer();
  narrow.precision.weight = integer(4.0);
  Layer mixed_kinds = linear_layer();
  mixed_kinds.precision.weight = kFloat32;
  Layer scattered;
  scattered.op = Op::scatter;
  scattered.dims = Lookup<>{};
  Layer huge = linear_layer();
  std::get<Linear<>>(huge.dims).in_channels = 1e9;
  for (const auto& [layer, words] : {std::pair{narrow, "weights of 4 bit"},
                                     {mixed_kinds, "integers are multiplied"},
                                     {scattered, "scatter"},
                                     {huge, "more than are measured"}}) {
    const auto made = library().make(layer, Buffers::warm, 1);
    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().reason.find(words), std::string::npos) << made.error().reason;
  }
}

// Small operands are copied until a second-level cache does not hold them; the copies hold the same.
TEST(OneDnn, RotatedBuffersAllComputeTheSame) {
  auto made = library().make(linear_layer(), Buffers::rotated, 1).value();
  auto& kernel = dynamic_cast<OneDnnKernel&>(*made);
  for (int i = 0; i < 5000; ++i) kernel.run();  // all the copies, several times
  const Values once = values(kernel, DNNL_ARG_DST);
  kernel.run();
  EXPECT_EQ(values(kernel, DNNL_ARG_DST), once);
}

TEST(OneDnn, FingerprintNamesLibraryAndInstructions) {
  const Fingerprint& machine = library().machine();
  EXPECT_EQ(machine.library.rfind("oneDNN ", 0), 0u) << machine.library;
  EXPECT_FALSE(machine.isa.empty());
  EXPECT_FALSE(machine.processor.empty());
}

// A layer of a chain reads what the one before it wrote.
TEST(OneDnn, ChainFlowsFromLayerToLayer) {
  const LayerTable table = read_layer_table(
      "name,op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,bias\n"
      "conv,conv2d,8,16,6,6,3,3,1\npool,max_pool,16,16,4,4,2,2,0\nfc,linear,64,10,1,1,1,1,1\n",
      "layers");
  auto made = library().make_chain(chain_of(table.graph), 1);
  ASSERT_TRUE(made.has_value()) << made.error().reason;
  auto& chain = dynamic_cast<onednn::OneDnnChain&>(**made);
  EXPECT_EQ(chain.remarks(), "") << "integer kernels agree on channels last";
  Values written;
  for (std::size_t i = 0; i < 3; ++i) {
    const OneDnnKernel& kernel = *chain.kernel(i);
    Values input = values(kernel, DNNL_ARG_SRC);
    if (i == 1) {
      EXPECT_EQ(input, written);
    }
    const Values expected = reference(table.graph.nodes[i].layer, operands(kernel));
    chain.run(i);
    written = values(kernel, DNNL_ARG_DST);
    EXPECT_EQ(written, expected);
  }
}

// This process has run oneDNN without a cap: it cannot become another machine.
TEST(OneDnn, CapNeedsAProcessOfItsOwn) {
  expect_right_answer(linear_layer(), Buffers::warm, 1);
  for (const IsaCap cap : {IsaCap::avx2, IsaCap::avx512_core, IsaCap::avx512_core_vnni}) {
    const auto capped = onednn_library(cap);
    if (capped) {
      EXPECT_EQ((*capped)->machine().isa, library().machine().isa);  // the cap is what the machine has
    } else {
      const std::string& why = capped.error().reason;
      EXPECT_TRUE(why.find("a process of its own") != std::string::npos || why.find("has no") != std::string::npos)
          << why;
    }
  }
}

// Operands of any size lie apart from each other and as cache lines want them, also where a chunk of memory ends.
TEST(Arena, PlacesAreAlignedAndDoNotOverlap) {
  onednn::Arena arena;
  std::vector<std::pair<std::byte*, std::size_t>> taken;
  for (const std::size_t bytes : {1u, 64u, 5'000'000u, 100u, 4'000'000u, 20'000'000u, 0u, 3u}) {
    auto* place = static_cast<std::byte*>(arena.take(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(place) % 64, 0u);
    std::memset(place, 1, bytes);
    for (const auto& [other, size] : taken) EXPECT_TRUE(place + bytes <= other || other + size <= place);
    taken.emplace_back(place, bytes);
  }
}

}  // namespace
}  // namespace hwcost
