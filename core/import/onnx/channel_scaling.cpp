#include "channel_scaling.hpp"

#include "extents.hpp"

namespace hwcost::onnx {
namespace {

bool is_arithmetic(Op op) { return op == Op::add || op == Op::sub || op == Op::mul || op == Op::div; }

// Whether the constant has one element, or one for each index of the axis.
bool follows_axis(const Shape& constant, const Shape& value, std::size_t axis) {
  if (constant.size() > value.size()) return false;
  const std::size_t offset = value.size() - constant.size();
  for (std::size_t k = 0; k < constant.size(); ++k) {
    if (constant[k] != 1 && (offset + k != axis || constant[k] != value[axis])) return false;
  }
  return true;
}

// The axis of the layer's output that its weights have a row for; nothing where it has no such weights.
std::optional<std::size_t> channel_axis(const Layer& layer, const Shape& output) {
  const Family family = info(layer.op).family;
  if (family == Family::convolution && output.size() > 2) return 1;
  if (family == Family::linear && !output.empty()) return output.size() - 1;
  return std::nullopt;
}

}  // namespace

std::optional<NodeId> scaled_layer(GraphBuilder& builder, const Layer& layer,
                                   const std::vector<const Value*>& operands) {
  if (!is_arithmetic(layer.op) || operands.size() != 2 || operands[0] == nullptr || operands[1] == nullptr) {
    return std::nullopt;
  }
  const bool is_first = !operands[0]->constant;
  const Value& value = *operands[is_first ? 0 : 1];
  const Value& constant = *operands[is_first ? 1 : 0];
  if (!constant.constant || value.constant || (layer.op == Op::div && !is_first)) return std::nullopt;
  if (!value.producer || value.through_quantizer || !value.shape || !constant.shape) return std::nullopt;
  const hwcost::Node& before = builder.graph().nodes[*value.producer];
  const NodeId target = before.fused_into.value_or(*value.producer);
  const auto axis = channel_axis(builder.graph().nodes[target].layer, *value.shape);
  return axis && follows_axis(*constant.shape, *value.shape, *axis) ? std::optional(target) : std::nullopt;
}

}  // namespace hwcost::onnx
