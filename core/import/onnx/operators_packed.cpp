// Products of onnxruntime whose weights are packed.
#include <fmt/format.h>

#include <cmath>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// K and N of a product whose weights are packed.
double positive_attribute(const OperatorCall& call, std::string_view name) {
  return call.checked(static_cast<double>(call.integer(name, 0)), name);
}

// Fails where an operand has neither of two numbers of elements.
void check_count(const OperatorCall& call, std::size_t operand, std::string_view what, double wanted, double or_else) {
  if (!call.has(operand)) return;
  const double count = call.count(operand);
  if (count == wanted || count == or_else) return;
  call.fail(fmt::format("its {} have shape {}, wanted {} elements for K, N, bits and block_size", what,
                        to_text(call.shape(operand)), wanted));
}

// b has N rows of blocks, each packed into whole bytes; its scales and zero points are one a block.
void check_packing(const OperatorCall& call, double depth, double columns, double block, double bits) {
  const double blocks = std::ceil(depth / block);
  const double packed = columns * blocks * std::ceil(block * bits / 8.0);
  const double scales = columns * blocks;
  check_count(call, 1, "weights", packed, packed);
  check_count(call, 2, "scales", scales, scales);
  check_count(call, 3, "zero points", columns * std::ceil(blocks * bits / 8.0), scales);
}

}  // namespace

// a, b packed as [columns][blocks][bytes], scales, zero points, group indices, bias.
void import_block_quantized_matmul(OperatorCall& call, Op op) {
  const Shape& in = call.shape(0);
  const double depth = positive_attribute(call, "K");
  const double columns = positive_attribute(call, "N");
  const double block = positive_attribute(call, "block_size");
  const std::int64_t bits = call.integer("bits", 4);
  if (bits < 1 || bits > 8) call.fail(fmt::format("bits is {}, wanted 1 to 8", bits));
  if (in.empty() || static_cast<double>(in.back()) != depth) {
    call.fail(fmt::format("its input has shape {}, its weights {} rows", to_text(in), depth));
  }
  check_packing(call, depth, columns, block, static_cast<double>(bits));
  if (call.is_activation(1)) return call.cannot_derive("its packed weights are computed at run time");
  Value weight = call.input(1);
  weight.width = integer(static_cast<double>(bits));
  call.builder().define(std::move(weight));
  call.log(ImportFact::Kind::width, call.input(1).name,
           [&] { return fmt::format("{} bits by its attribute, in blocks of {}", bits, block); });
  if (call.has(2)) call.builder().count_block_scales(call.count(2));
  Shape out = in;
  out.back() = static_cast<std::int64_t>(columns);
  call.output(0, std::move(out));
  constexpr std::size_t kBias = 5;
  const double batch = in.size() > 1 ? static_cast<double>(in.front()) : 1.0;
  call.layer(op,
             Linear<>{.batch = batch,
                      .tokens = call.count(0) / depth / batch,
                      .in_channels = depth,
                      .out_channels = columns,
                      .bias = call.has(kBias) ? 1.0 : 0.0},
             {.weight = 1, .bias = call.has(kBias) ? std::optional(kBias) : std::nullopt});
}

// MoE, QMoE: tokens, router's scores, experts. Which experts a token takes is decided at run time.
void import_mixture_of_experts(OperatorCall& call, Op) {
  call.output(0, call.shape(0));
  call.without_model("how its experts are packed is onnxruntime's own");
}

}  // namespace hwcost::onnx
