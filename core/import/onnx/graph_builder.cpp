#include "graph_builder.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "extents.hpp"
#include "hwcost/error.hpp"
#include "naming.hpp"
#include "tensor_values.hpp"

namespace hwcost::onnx {
namespace {

constexpr double kLargestFoldedTotal = 16777216.0;  // elements of all folded constants together: 128 MiB
constexpr double kMostEvaluated = 4.0 * kLargestFoldedTotal;

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

GraphBuilder::GraphBuilder(const Model& model, const ValueUses& uses, std::string file, ImportLog* log)
    : model_(model), file_(std::move(file)), log_(log), copy_limits_(file_) {
  names_.reserve(uses.size() + model.initializers.size());
  graph_.nodes.reserve(model.nodes.size());
  take_in(model, uses);
}

void GraphBuilder::take_in(const Body& body, const ValueUses& uses) {
  for (ValueUses::Id value = 0; value < uses.size(); ++value) {
    names_[uses.name(value)].readers += uses.read_count(value);
  }
  for (const auto* infos : {&body.value_infos, &body.inputs, &body.outputs}) {
    for (const ValueInfo& info : *infos) names_[info.name].declared = &info;
  }
  for (const StoredTensor& tensor : body.initializers) {
    check_stored(tensor, file_);
    Value value{.name = tensor.name, .shape = tensor.dims, .type = tensor.type, .stored = &tensor};
    make_parameter(value, &tensor);
    define(std::move(value));
  }
}

const Adopted& GraphBuilder::adopt(Body body) {
  const Adopted& adopted = bodies_.emplace_back(std::move(body));
  take_in(adopted.body, adopted.uses);
  return adopted;
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

const GraphBuilder::Named* GraphBuilder::named(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

const Value* GraphBuilder::find(std::string_view name) const {
  const Named* known = named(name);
  return known == nullptr ? nullptr : known->value;
}

void GraphBuilder::define(Value value) {
  Named& known = names_[value.name];
  if (known.value != nullptr) {
    *known.value = std::move(value);
  } else {
    known.value = &values_.emplace_back(std::move(value));
  }
}

Value GraphBuilder::renamed(Value value, std::string_view name) const {
  if (readers(value.name) != 1) value.quantizer.reset();
  value.name = name;
  return value;
}

std::size_t GraphBuilder::readers(std::string_view name) const {
  const Named* known = named(name);
  return known == nullptr ? 0 : known->readers;
}

std::optional<Shape> GraphBuilder::declared_shape(std::string_view name) const {
  const Named* known = named(name);
  if (known == nullptr || known->declared == nullptr) return std::nullopt;
  std::optional<Shape> shape = stated_shape(*known->declared);
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
  const Named* known = named(name);
  if (known == nullptr || known->declared == nullptr || known->declared->type == kUndefined) return std::nullopt;
  return known->declared->type;
}

const std::vector<double>* GraphBuilder::contents(const Value& value) {
  if (value.contents) return value.contents.get();
  if (value.stored == nullptr) return nullptr;
  const auto [read, is_first] = read_contents_.try_emplace(value.stored);
  if (is_first) {
    std::optional<std::vector<double>> values = read_elements(*value.stored, file_);
    if (values) read->second = std::make_shared<const std::vector<double>>(std::move(*values));
  }
  return read->second.get();
}

void GraphBuilder::note_left_constants() {
  if (std::exchange(has_noted_constants_, true)) return;
  note("more constants are computed from others than are evaluated: later ones count as not known");
}

bool GraphBuilder::may_fold(double elements) {
  if (elements > kLargestContents) return false;
  if (folded_elements_ + elements > kLargestFoldedTotal) {
    note_left_constants();
    return false;
  }
  folded_elements_ += elements;
  return true;
}

bool GraphBuilder::may_evaluate(double elements) {
  if (evaluated_elements_ + elements > kMostEvaluated) {
    note_left_constants();
    return false;
  }
  evaluated_elements_ += elements;
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
  constexpr std::size_t kMostUnrolled = 20000;
  if (unrolled_nodes_ + nodes > kMostUnrolled) return false;
  unrolled_nodes_ += nodes;
  return true;
}

}  // namespace hwcost::onnx
