#include "hwcost/default_widths.hpp"

namespace hwcost {
namespace {

bool is_floating(const WeightFormat& weight) { return !weight.is_mixed() && !weight.uniform.is_integer(); }

void assume_integer(NumberFormat& format, double bits) {
  if (!format.is_integer()) format = integer(bits);
}

}  // namespace

void assume_widths(Layer& layer, const DefaultBits& bits) {
  Precision& precision = layer.precision;
  assume_integer(precision.input, bits.activation_bits);
  assume_integer(precision.output, bits.activation_bits);
  if (is_floating(precision.weight)) {
    precision.weight = integer(second_operand_is_activation(layer.op) ? bits.activation_bits : bits.weight_bits);
  }
}

std::size_t assume_widths(Graph& graph, const DefaultBits& bits) {
  for (Tensor& tensor : graph.tensors) assume_integer(tensor.format, bits.activation_bits);
  std::size_t changed = 0;
  for (Node& node : graph.nodes) {
    if (!has_floating_operand(node.layer)) continue;
    assume_widths(node.layer, bits);
    ++changed;
  }
  return changed;
}

}  // namespace hwcost
