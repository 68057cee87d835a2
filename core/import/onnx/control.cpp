#include "control.hpp"

#include <fmt/format.h>

namespace hwcost::onnx {

const Body& body_of(const OperatorCall& call, std::string_view name) {
  const Attribute* found = call.attribute(name);
  if (found == nullptr || !found->body) call.fail(fmt::format("has no {}", name));
  return *found->body;
}

std::optional<double> scalar(const OperatorCall& call, std::size_t operand) {
  const std::vector<double>* contents = call.contents(operand);
  return contents != nullptr && contents->size() == 1 ? std::optional(contents->front()) : std::nullopt;
}

std::optional<double> scalar(GraphBuilder& builder, const Value& value) {
  const std::vector<double>* contents = value.constant ? builder.contents(value) : nullptr;
  return contents != nullptr && contents->size() == 1 ? std::optional(contents->front()) : std::nullopt;
}

void mark_layers(GraphBuilder& builder, const GraphBuilder::Mark& since, double repeat, const std::string& assumption) {
  Graph& graph = builder.graph();
  for (NodeId k = since.nodes; k < graph.nodes.size(); ++k) {
    Layer& layer = graph.nodes[k].layer;
    layer.repeat *= repeat;
    if (assumption.empty() || layer.assumption.find(assumption) != std::string::npos) continue;
    const std::string all = layer.assumption.empty() ? assumption : layer.assumption + "; " + assumption;
    layer.assumption = shortened(all, kLongestText);
  }
}

std::string words_of_bound(const std::string& bound) {
  return fmt::format("at its largest: {} decides at run time", bound);
}

Value changing(Value value) {
  value.constant = false;
  value.parameter = 0;
  value.origin = {};
  value.stored = nullptr;
  value.contents = nullptr;
  value.producer.reset();  // what a body adds to it is no bias of the layer before
  return value;
}

Value shared(Value value) {
  value.producer.reset();
  value.quantizer.reset();
  value.accumulates = false;
  return value;
}

Value known_scalar(GraphBuilder& builder, std::int32_t type, double element) {
  Value value{.name = {}, .shape = Shape{}, .type = type};
  value.constant = true;
  value.parameter = builder.new_parameter();
  value.contents = std::make_shared<const std::vector<double>>(1, element);
  return value;
}

}  // namespace hwcost::onnx
