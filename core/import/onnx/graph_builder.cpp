#include "graph_builder.hpp"

#include <fmt/format.h>

#include <map>

#include "extents.hpp"
#include "hwcost/error.hpp"
#include "naming.hpp"
#include "tensor_values.hpp"

namespace hwcost::onnx {
namespace {

constexpr double kLargestFoldedTotal = 16777216.0;  // elements of all folded constants together: 128 MiB

void check_stored(const StoredTensor& tensor, const std::string& file) {
  check_type(file, "tensor", tensor.name, tensor.type);
  if (elements(tensor.dims) && tensor.dims.size() <= kLargestRank) return;
  throw InputError(
      {file, 0},
      fmt::format("tensor '{}' has shape {}, wanted extents of at least 0, a product of at most 2^53 "
                  "and at most {} dimensions",
                  clean_text(tensor.name),
                  tensor.dims.size() > kLargestRank ? "of many dimensions" : to_text(tensor.dims), kLargestRank));
}

}  // namespace

void check_type(const std::string& file, std::string_view which, std::string_view name, std::int32_t type) {
  if (is_known_type(type)) return;
  throw InputError(
      {file, 0}, fmt::format("{} '{}' has element type {}, which ONNX does not define", which, clean_text(name), type));
}

GraphBuilder::GraphBuilder(const Model& model, std::string file, ImportLog* log)
    : model_(model), file_(std::move(file)), log_(log), copy_limits_(file_) {
  values_.reserve(model.nodes.size() + model.initializers.size());
  readers_.reserve(model.nodes.size() + model.initializers.size());
  declared_.reserve(model.value_infos.size());
  graph_.nodes.reserve(model.nodes.size());
  take_in(model);
}

void GraphBuilder::take_in(const Body& body) {
  for (const Node& node : body.nodes) {
    for (const std::string_view input : node.inputs) ++readers_[input];
    for (const std::string_view input : node.captured) ++readers_[input];
  }
  for (const ValueInfo& output : body.outputs) ++readers_[output.name];
  for (const auto* infos : {&body.value_infos, &body.inputs, &body.outputs}) {
    for (const ValueInfo& info : *infos) declared_[info.name] = &info;
  }
  for (const StoredTensor& tensor : body.initializers) {
    check_stored(tensor, file_);
    Value value{.name = tensor.name, .shape = tensor.dims, .type = tensor.type, .stored = &tensor};
    make_parameter(value, &tensor);
    define(std::move(value));
  }
}

const Body& GraphBuilder::adopt(Body body) {
  bodies_.push_back(std::move(body));
  take_in(bodies_.back());
  return bodies_.back();
}

void GraphBuilder::note_unmodelled() {
  struct Group {
    std::size_t count = 0;
    std::string first;
  };
  std::map<std::string, Group> groups;
  for (const UnmodelledNode& node : unmodelled_) {
    const std::string sentence = node.is_bound ? fmt::format("{} is counted at the most that it can give", node.what)
                                               : fmt::format("{} is not modelled: {}", node.what, node.why);
    Group& group = groups[sentence];
    if (group.count++ == 0) group.first = node.label;
  }
  for (const auto& [sentence, group] : groups) {
    const std::string more = group.count == 1 ? "" : fmt::format(" and {} more", group.count - 1);
    note(fmt::format("{} ({}{})", sentence, group.first, more));
  }
}

void GraphBuilder::make_parameter(Value& value, const StoredTensor* tensor) {
  value.constant = true;
  value.parameter = new_parameter();
  if (tensor != nullptr && !tensor->message.empty()) {
    value.parameter = stored_parameters_.try_emplace(tensor->message.data(), value.parameter).first->second;
  }
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

Value GraphBuilder::renamed(Value value, std::string_view name) const {
  if (readers(value.name) != 1) value.quantizer.reset();
  value.name = name;
  return value;
}

std::size_t GraphBuilder::readers(std::string_view name) const {
  const auto found = readers_.find(name);
  return found == readers_.end() ? 0 : found->second;
}

std::optional<Shape> GraphBuilder::declared_shape(std::string_view name) const {
  const auto found = declared_.find(name);
  if (found == declared_.end()) return std::nullopt;
  std::optional<Shape> shape = stated_shape(*found->second);
  if (shape && elements(*shape) == 0.0) return std::nullopt;
  return shape;
}

std::optional<Shape> GraphBuilder::stated_shape(const ValueInfo& info) const {
  if (!info.shape) return std::nullopt;
  Shape shape;
  for (const Dimension& dimension : *info.shape) {
    if (dimension.value) {
      shape.push_back(*dimension.value);
      continue;
    }
    const auto symbol = symbols_.find(dimension.symbol);
    if (dimension.symbol.empty() || symbol == symbols_.end()) return std::nullopt;
    shape.push_back(symbol->second);
  }
  if (!elements(shape) || shape.size() > kLargestRank) return std::nullopt;
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
  graph_.tensors.push_back({.name = clean_text(name), .shape = {}, .format = format});
  reads_.emplace_back();
  set_shape(graph_.tensors.size() - 1, shape);
  return graph_.tensors.size() - 1;
}

void GraphBuilder::set_shape(TensorId tensor, const std::optional<Shape>& shape) {
  Tensor& changed = graph_.tensors[tensor];
  changed.known_shape = shape.has_value();
  changed.shape.clear();
  if (!shape) return;
  for (const std::int64_t extent : *shape) changed.shape.push_back(static_cast<double>(extent));
}

void GraphBuilder::count_copied(std::size_t nodes, const std::string& label) {
  constexpr std::size_t kMostCopied = 1000000;
  copied_nodes_ += nodes;
  if (copied_nodes_ <= kMostCopied) return;
  throw InputError({fmt::format("{}: node {}", file_, label), 0},
                   fmt::format("bodies within bodies make more than {} nodes", kMostCopied));
}

bool GraphBuilder::may_unroll(std::size_t nodes) {
  constexpr std::size_t kMostUnrolled = 100000;
  if (unrolled_nodes_ + nodes > kMostUnrolled) return false;
  unrolled_nodes_ += nodes;
  return true;
}

}  // namespace hwcost::onnx
