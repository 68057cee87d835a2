#include "hwcost/model_backend.hpp"

#include <fmt/format.h>

#include <cmath>

namespace hwcost {

Unsupported unmodelled(Op op, const std::string& custom_op, std::string_view backend) {
  const std::string_view what = op == Op::custom && !custom_op.empty() ? std::string_view(custom_op) : name(op);
  return {fmt::format("backend {} has no model of {}", backend, what), Unsupported::Cause::unmodelled};
}

Unsupported no_counts() { return {"an extent is negative, infinite or not a number", {}}; }

std::optional<Unsupported> floating_operand(const Layer& layer) {
  if (!has_floating_operand(layer)) return std::nullopt;
  return Unsupported{
      "floating-point operands: this machine computes integers (say widths, or give its description "
      "default_bits)",
      {}};
}

namespace {

template <class D>
Layer layer_at(const LayerColumns& in, std::size_t row) {
  Layer layer;
  layer.op = in.op;
  D dims;
  std::size_t column = 0;
  for (const auto& member : D::kMembers) dims.*member.pointer = in.at(column++, row);
  Widths<> widths;
  for (const auto& member : Widths<>::kMembers) widths.*member.pointer = in.at(column++, row);
  layer.dims = dims;
  layer.precision.input = integer(widths.input_bits);
  layer.precision.weight = integer(widths.weight_bits);
  layer.precision.output = integer(widths.output_bits);
  if (!std::isnan(widths.scale_bits)) layer.precision.requantization = Requantization{widths.scale_bits, widths.shift};
  return layer;
}

}  // namespace

Layer layer_at(const LayerColumns& in, std::size_t row) {
  const auto family = static_cast<std::size_t>(info(in.op).family);
  Layer layer;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((family == I ? void(layer = layer_at<std::variant_alternative_t<I, Dims>>(in, row)) : void()), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Dims>>());
  return layer;
}

}  // namespace hwcost
