#include "ownership.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "extents.hpp"
#include "widths.hpp"

namespace hwcost::onnx {

Origin combined_origin(GraphBuilder& builder, const std::vector<const Value*>& inputs) {
  Origin all;
  std::unordered_set<std::size_t> parameters;
  std::vector<OriginPart> parts;
  for (const bool learned : {true, false}) {
    if (all.learned) break;
    for (const Value* value : inputs) {
      if (value == nullptr || !value->is_parameter(!learned)) continue;
      const Origin& origin = value->origin;
      if (!parameters.insert(origin.parameter).second) continue;
      parts.push_back({origin.parameter, origin.elements});
      all.elements = std::min(all.elements + origin.elements, kLargestExtent);
      all.learned = learned;
    }
  }
  if (!parts.empty())
    all.parameter = parts.size() == 1 ? parts.front().parameter : builder.combined_parameter(std::move(parts));
  return all;
}

// A part of a stored tensor does not stand for the whole.
void note_weights(GraphBuilder& builder, const std::vector<const Value*>& inputs, NodeId node) {
  std::vector<OriginPart> parts;
  for (const Value* value : inputs) {
    if (value == nullptr || !value->constant || !value->shape) continue;
    parts.push_back({value->parameter, value->origin.elements});
    if (value->origin.elements == elements(*value->shape)) parts.push_back({value->origin.parameter});
  }
  builder.note_reading(GraphBuilder::Reading::weight, std::move(parts), node);
}

void note_counted(Layer& layer, GraphBuilder& builder, const std::vector<const Value*>& inputs,
                  const std::vector<std::size_t>& operands) {
  std::vector<OriginPart> parts;
  double most = 0.0;
  for (const std::size_t k : operands) {
    const Value& value = *inputs[k];
    if (value.origin.elements > most) layer.precision.bias = bias_format(value, layer.precision.weight);
    most = std::max(most, value.origin.elements);
    parts.push_back({value.origin.parameter, value.origin.elements});
  }
  builder.note_reading(GraphBuilder::Reading::counted, std::move(parts), builder.graph().nodes.size());
}

std::size_t GraphBuilder::combined_parameter(std::vector<OriginPart> parts) {
  const std::size_t parameter = new_parameter();
  combined_.emplace(parameter, std::move(parts));
  return parameter;
}

void GraphBuilder::settle_counted_parameters() {
  std::unordered_set<std::size_t> owned;
  for (const NodeReading& reading : readings_) {
    if (reading.kind != Reading::weight) continue;
    for (const OriginPart& part : reading.parts) owned.insert(part.parameter);
  }
  for (NodeReading& reading : readings_) {
    if (reading.kind != Reading::counted) continue;
    double parameters = 0.0;
    std::vector<OriginPart>& left = reading.parts;
    while (!left.empty()) {
      const OriginPart part = left.back();
      left.pop_back();
      if (!owned.insert(part.parameter).second) continue;
      const auto combined = combined_.find(part.parameter);
      if (combined == combined_.end())
        parameters += part.elements;
      else
        left.insert(left.end(), combined->second.begin(), combined->second.end());
    }
    std::visit(
        [&](auto& dims) {
          if constexpr (requires { dims.parameters; }) dims.parameters = std::min(parameters, kLargestExtent);
        },
        graph_.nodes[reading.node].layer.dims);
  }
}

}  // namespace hwcost::onnx
