#include "graph_builder.hpp"

#include "extents.hpp"
#include "naming.hpp"
#include "tensor_values.hpp"

namespace hwcost::onnx {
namespace {

constexpr double kLargestFoldedTotal = 16777216.0;  // elements of all folded constants together: 128 MiB

}  // namespace

GraphBuilder::GraphBuilder(const Model& model, std::string file, ImportLog* log)
    : model_(model), file_(std::move(file)), log_(log) {
  values_.reserve(model.nodes.size() + model.initializers.size());
  readers_.reserve(model.nodes.size() + model.initializers.size());
  declared_.reserve(model.value_infos.size());
  graph_.nodes.reserve(model.nodes.size());
  for (const Node& node : model.nodes) {
    for (const std::string_view input : node.inputs) ++readers_[input];
  }
  for (const ValueInfo& output : model.outputs) ++readers_[output.name];
  for (const auto* infos : {&model.value_infos, &model.inputs, &model.outputs}) {
    for (const ValueInfo& info : *infos) declared_[info.name] = &info;
  }
  for (const StoredTensor& tensor : model.initializers) {
    Value value{.name = tensor.name, .shape = tensor.dims, .type = tensor.type, .stored = &tensor};
    make_parameter(value);
    define(std::move(value));
  }
}

void GraphBuilder::make_parameter(Value& value) {
  value.constant = true;
  value.parameter = new_parameter();
  value.origin = {.parameter = value.parameter,
                  .elements = elements(*value.shape).value_or(0.0),
                  .learned = !is_integer_type(value.type) && value.type != kString};
}

const Value* GraphBuilder::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

void GraphBuilder::define(Value value) {
  const std::string_view name = value.name;
  values_.insert_or_assign(name, std::move(value));
}

std::size_t GraphBuilder::readers(std::string_view name) const {
  const auto found = readers_.find(name);
  return found == readers_.end() ? 0 : found->second;
}

std::optional<Shape> GraphBuilder::declared_shape(std::string_view name) const {
  const auto found = declared_.find(name);
  if (found == declared_.end() || !found->second->shape) return std::nullopt;
  Shape shape;
  for (const Dimension& dimension : *found->second->shape) {
    if (dimension.value) {
      shape.push_back(*dimension.value);
      continue;
    }
    const auto symbol = symbols_.find(dimension.symbol);
    if (dimension.symbol.empty() || symbol == symbols_.end()) return std::nullopt;
    shape.push_back(symbol->second);
  }
  const std::optional<double> count = elements(shape);
  if (!count || *count == 0.0 || shape.size() > kLargestRank) return std::nullopt;
  return shape;
}

std::optional<Shape> GraphBuilder::trusted_shape(std::string_view name) {
  std::optional<Shape> shape = declared_shape(name);
  if (!shape || !inputs_changed_) return shape;
  has_distrusted_ = true;
  return std::nullopt;
}

std::optional<std::int32_t> GraphBuilder::declared_type(std::string_view name) const {
  const auto found = declared_.find(name);
  if (found == declared_.end() || found->second->type == kUndefined) return std::nullopt;
  return found->second->type;
}

const std::vector<double>* GraphBuilder::contents(const Value& value) {
  if (value.contents) return value.contents.get();
  if (value.stored == nullptr) return nullptr;
  auto& read = read_contents_[value.stored];
  if (!read) {
    std::optional<std::vector<double>> values = read_elements(*value.stored, file_);
    if (!values) return nullptr;
    read = std::make_shared<const std::vector<double>>(std::move(*values));
  }
  return read.get();
}

bool GraphBuilder::may_fold(double elements) {
  if (elements > kLargestContents || folded_elements_ + elements > kLargestFoldedTotal) return false;
  folded_elements_ += elements;
  return true;
}

TensorId GraphBuilder::add_tensor(std::string_view name, const std::optional<Shape>& shape, NumberFormat format) {
  Tensor tensor{.name = clean_text(name), .shape = {}, .format = format, .known_shape = shape.has_value()};
  if (shape) {
    for (const std::int64_t extent : *shape) tensor.shape.push_back(static_cast<double>(extent));
  }
  graph_.tensors.push_back(std::move(tensor));
  reads_.emplace_back();
  return graph_.tensors.size() - 1;
}

}  // namespace hwcost::onnx
