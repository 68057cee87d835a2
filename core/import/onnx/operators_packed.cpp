// Products of onnxruntime whose weights are packed.
#include <fmt/format.h>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// K and N of a product whose weights are packed.
double positive_attribute(const OperatorCall& call, std::string_view name) {
  return call.checked(static_cast<double>(call.integer(name, 0)), name);
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

}  // namespace hwcost::onnx
