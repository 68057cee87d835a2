#include "operator_call.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "channel_scaling.hpp"
#include "control.hpp"
#include "extents.hpp"
#include "folding.hpp"
#include "hwcost/error.hpp"
#include "ownership.hpp"
#include "tensor_values.hpp"
#include "widths.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::int64_t kRecentOpset = 21;
constexpr std::size_t kLongestShown = 80;  // bytes of a text attribute

// Operators whose output holds no value that was not in the input, or is as wide as it: pooling, views, clamps.
bool keeps_values(Op op) {
  switch (info(op).family) {
    case Family::pooling:
    case Family::movement:
    case Family::lookup:
      return true;
    default:
      return is_clamp(op) || op == Op::max || op == Op::min || op == Op::reduce_max || op == Op::reduce_min ||
             op == Op::top_k;
  }
}

// What an operator that we cannot look into may dequantise: not the types of shapes, indices and masks.
bool may_hold_quantized_weights(std::int32_t type) {
  return is_integer_type(type) && type != kBool && type != kInt64 && type != kUint64;
}

// Operators that take the elements of their first operand alone; the other operands say which and where.
bool passes_on_first(const Layer& layer, std::string_view type) {
  const Family family = info(layer.op).family;
  return type != "Concat" && (family == Family::movement || family == Family::lookup);
}

}  // namespace

OperatorCall::OperatorCall(GraphBuilder& builder, const Node& node, std::size_t position)
    : builder_(builder), node_(node), position_(position), outputs_(node.outputs.size()) {
  for (const std::string_view name : node.inputs) inputs_.push_back(name.empty() ? nullptr : builder.find(name));
}

std::int64_t OperatorCall::opset() const {
  if (node_.opset) return *node_.opset;
  const auto& opsets = builder_.model().opsets;
  const auto found = opsets.find(node_.domain);
  return found == opsets.end() ? kRecentOpset : found->second;
}

void OperatorCall::fail(const std::string& what) const {
  throw InputError({fmt::format("{}: node {}", builder_.file(), label()), 0}, what);
}

const Value& OperatorCall::input(std::size_t k) const {
  if (!has(k)) fail(fmt::format("{} has no operand {}", clean_text(node_.type), k));
  return *inputs_[k];
}

const Shape& OperatorCall::shape(std::size_t k) const {
  const Value& value = input(k);
  if (!value.shape) fail(fmt::format("the shape of operand {} is not known", k));
  return *value.shape;
}

void OperatorCall::cannot_derive_without_shape(std::size_t operand) {
  const Value& value = input(operand);
  if (value.sequence) return cannot_derive(fmt::format("operand {} is a sequence", operand));
  cannot_derive(fmt::format("the shape of operand {} is not known", operand));
  if (value.unknown_since) stopped_ = fmt::format(" since '{}'", *value.unknown_since);
}

std::int64_t OperatorCall::extent(std::size_t k, std::size_t axis) const {
  need_rank(k, axis + 1);
  return shape(k)[axis];
}

double OperatorCall::count(std::size_t k) const { return *elements(shape(k)); }

const std::vector<double>* OperatorCall::contents(std::size_t k) const {
  return has(k) && inputs_[k]->constant ? builder_.contents(*inputs_[k]) : nullptr;
}

std::optional<Shape> OperatorCall::integers(std::size_t k) const {
  const std::vector<double>* values = contents(k);
  if (values == nullptr) return std::nullopt;
  if (!is_integer_type(inputs_[k]->type)) fail(fmt::format("operand {} holds floats, wanted integers", k));
  Shape result;
  for (const double value : *values) {
    if (std::isnan(value)) fail(fmt::format("operand {} holds a value that is no number", k));
    if (value != std::trunc(value)) fail(fmt::format("operand {} holds {}, wanted a whole number", k, value));
    result.push_back(static_cast<std::int64_t>(std::clamp(value, -4.0 * kLargestExtent, 4.0 * kLargestExtent)));
  }
  return result;
}

bool OperatorCall::all_constant() const {
  return std::all_of(inputs_.begin(), inputs_.end(), [](const Value* v) { return v == nullptr || v->constant; });
}

std::optional<std::size_t> OperatorCall::operand_of_unknown_shape() const {
  const auto found =
      std::find_if(inputs_.begin(), inputs_.end(), [](const Value* v) { return v != nullptr && !v->shape; });
  if (found == inputs_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - inputs_.begin());
}

bool OperatorCall::is_parameter(std::size_t k, bool dequantizes) const {
  return has(k) && inputs_[k]->is_parameter(dequantizes);
}

const Attribute* OperatorCall::attribute(std::string_view name) const {
  const auto found = std::find_if(node_.attributes.begin(), node_.attributes.end(),
                                  [&](const Attribute& a) { return a.name == name; });
  return found == node_.attributes.end() ? nullptr : &*found;
}

void OperatorCall::expect(const Attribute& found, bool holds, std::string_view wanted) const {
  if (!holds && !found.is_empty()) fail(fmt::format("attribute '{}' is no {}", clean_text(found.name), wanted));
}
std::int64_t OperatorCall::integer(std::string_view name, std::int64_t fallback) const {
  const Attribute* found = attribute(name);
  if (found == nullptr) return fallback;
  expect(*found, found->integer.has_value(), "integer");
  return found->integer.value_or(fallback);
}
double OperatorCall::real(std::string_view name, double fallback) const {
  const Attribute* found = attribute(name);
  if (found == nullptr) return fallback;
  expect(*found, found->real.has_value(), "real number");
  return found->real.value_or(fallback);
}
std::string_view OperatorCall::text(std::string_view name, std::string_view fallback) const {
  const Attribute* found = attribute(name);
  if (found == nullptr) return fallback;
  expect(*found, found->text.has_value(), "text");
  return found->text.value_or(fallback);
}
const Shape* OperatorCall::integer_list(std::string_view name) const {
  const Attribute* found = attribute(name);
  if (found == nullptr) return nullptr;
  expect(*found, !found->integers.empty(), "list of integers");
  return &found->integers;
}

std::optional<Shape> OperatorCall::list_or_operand(std::string_view name, std::size_t operand) const {
  if (const Shape* list = integer_list(name)) return *list;
  return integers(operand);
}

std::size_t OperatorCall::axis(std::int64_t axis, std::size_t rank) const {
  const std::optional<std::size_t> normal = normal_axis(axis, rank);
  if (!normal) fail(fmt::format("axis {} is outside a tensor of rank {}", axis, rank));
  return *normal;
}

void OperatorCall::need_rank(std::size_t operand, std::size_t least) const {
  if (shape(operand).size() >= least) return;
  fail(fmt::format("operand {} has shape {}, {} needs at least {} dimensions", operand, to_text(shape(operand)),
                   clean_text(node_.type), least));
}

double OperatorCall::checked(double extent, std::string_view what) const {
  if (extent >= 1.0 && extent <= kLargestExtent) return extent;
  // What operands hold is limited before it is computed with: beyond 2^53 only so much is known of a number.
  const bool is_known = std::isnan(extent) || std::fabs(extent) <= kLargestExtent;
  const std::string found = is_known ? fmt::format("{}", extent) : extent > 0.0 ? "beyond 2^53" : "below -2^53";
  fail(fmt::format("{} is {}, wanted a number in [1, 2^53]", what, found));
}

bool OperatorCall::wants(std::size_t output) const {
  return output < node_.outputs.size() && !node_.outputs[output].empty();
}

void OperatorCall::check_output_shape(const Shape& shape) const {
  const std::optional<double> count = elements(shape);
  if (!count || shape.size() > kLargestRank) {
    fail(
        fmt::format("its output has shape {}, wanted extents of at least 0 with a product of at most 2^53 and at "
                    "most {} dimensions",
                    shape.size() > kLargestRank ? "of many dimensions" : to_text(shape), kLargestRank));
  }
  if (*count == 0.0 && !all_constant()) fail(fmt::format("its output of shape {} is empty", to_text(shape)));
}

void OperatorCall::output(std::size_t k, Shape shape, std::optional<std::int32_t> type) {
  check_output_shape(shape);
  if (!wants(k)) return;
  const std::int32_t fallback = has(0) ? inputs_[0]->type : static_cast<std::int32_t>(kFloat);
  outputs_[k] = Output{.value = {.name = node_.outputs[k], .shape = std::move(shape), .type = type.value_or(fallback)}};
}

void OperatorCall::output_at_most(std::size_t k, Shape shape, std::optional<std::int32_t> type) {
  if (!wants(k)) return;
  if (std::optional<Shape> stated = builder_.trusted_shape(node_.outputs[k]))
    return output(k, std::move(*stated), type);
  if (!bound_) {
    bound_ = std::make_shared<const std::string>(fmt::format("'{}' ({})", label(), clean_text(node_.type)));
    builder_.add_unmodelled({.what = clean_text(node_.type), .label = label(), .is_bound = true});
  }
  output(k, std::move(shape), type);
}

std::shared_ptr<const std::string> OperatorCall::bound() const {
  if (bound_) return bound_;
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [](const Value* v) { return v && v->bound; });
  return found == inputs_.end() ? nullptr : (*found)->bound;
}

// What is scattered somewhere leaves the size of that as it is.
std::shared_ptr<const std::string> OperatorCall::bound_of_outputs() const {
  return node_.type.starts_with("Scatter") && has(0) ? inputs_[0]->bound : bound();
}

void OperatorCall::constant_output(std::size_t k, Shape shape, std::int32_t type,
                                   std::optional<std::vector<double>> contents, const Origin& origin) {
  if (!elements(shape) || shape.size() > kLargestRank) fail("its output has too many elements");
  if (!wants(k)) return;
  Value value{.name = node_.outputs[k],
              .shape = std::move(shape),
              .type = type,
              .constant = true,
              .parameter = builder_.new_parameter(),
              .origin = origin};
  if (contents) value.contents = std::make_shared<const std::vector<double>>(std::move(*contents));
  outputs_[k] = Output{.value = std::move(value), .forwarded = true};
}

void OperatorCall::stored_output(std::size_t k, Shape shape, std::int32_t type,
                                 std::optional<std::vector<double>> contents, const StoredTensor* tensor) {
  const bool is_uniform =
      contents && std::adjacent_find(contents->begin(), contents->end(), std::not_equal_to<>()) == contents->end();
  constant_output(k, std::move(shape), type, std::move(contents));
  if (!wants(k)) return;
  builder_.make_parameter(outputs_[k]->value, tensor);
  outputs_[k]->value.origin.learned &= !is_uniform;
}

void OperatorCall::forward(std::size_t k, Value value) {
  if (!wants(k)) return;
  outputs_[k] = Output{.value = builder_.renamed(std::move(value), node_.outputs[k]), .forwarded = true};
}

void OperatorCall::layer(Op op, Dims dims, OwnedOperands owned) {
  LayerName name = layer_name(node_, position_);
  layer_.emplace();
  layer_->name = std::move(name.name);
  layer_->module = std::move(name.module);
  layer_->op = op;
  layer_->dims = dims;
  owned_ = std::move(owned);
}

void OperatorCall::become_custom(const std::string& reason, Outputs outputs) {
  if (outputs == Outputs::forgotten) outputs_.assign(node_.outputs.size(), std::nullopt);
  Custom<> dims;
  OwnedOperands owned;
  for (std::size_t k = 0; k < inputs_.size(); ++k) {
    if (has(k) && is_parameter(k, may_hold_quantized_weights(inputs_[k]->type))) owned.counted.push_back(k);
    if (is_activation(k) && inputs_[k]->shape) dims.in_elements += count(k);
  }
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const auto shape = outputs_[k] ? outputs_[k]->value.shape : builder_.trusted_shape(node_.outputs[k]);
    if (shape) dims.out_elements += *elements(*shape);
  }
  layer(Op::custom, dims, std::move(owned));
  const std::string type =
      node_.domain.empty() ? std::string(node_.type) : fmt::format("{}.{}", node_.domain, node_.type);
  layer_->custom_op = shortened(clean_text(type), kLongestText);
  layer_->custom_reason = shortened(reason, kLongestText);
}

void OperatorCall::fuse(std::string_view activation) {
  if (activation.empty()) return;
  if (activation == "Relu")
    layer_->fused_activation = Op::relu;
  else if (activation == "Clip")
    layer_->fused_activation = Op::clip;
  else
    assume(fmt::format("its activation {} is not counted", shortened(clean_text(activation), kLongestShown)));
}

void OperatorCall::commit() {
  const bool constant = all_constant() && !(layer_ && layer_->op == Op::custom);
  if (constant) {
    commit_constants();
  } else {
    commit_layer();
  }
  log_folded();
}

void OperatorCall::commit_constants() {
  const bool moves_first =
      layer_ && info(layer_->op).family == Family::movement && passes_on_first(*layer_, node_.type) && has(0);
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    if (!outputs_[k]) {
      if (wants(k)) constant_output(k, {}, kFloat, std::nullopt, folded_origin());
      if (!outputs_[k]) continue;
      outputs_[k]->value.shape = builder_.trusted_shape(node_.outputs[k]);
    }
    Value& value = outputs_[k]->value;
    const bool is_part =
        value.origin.parameter != 0 && has(0) && value.origin.parameter == inputs_[0]->origin.parameter;
    if (is_part && !value.width) value.width = inputs_[0]->width;  // of a quantised weight
    if (!outputs_[k]->forwarded) {
      value.constant = true;
      value.parameter = moves_first && outputs_.size() == 1 ? inputs_[0]->parameter : builder_.new_parameter();
      value.origin = folded_origin();
      value.width = held_width();
      if (moves_first && inputs_[0]->channel_widths) carry_channel_widths(*inputs_[0], value);
      fold_into(value, k);
    }
    if (!value.bound) value.bound = bound_of_outputs();
    builder_.define(std::move(value));
  }
}

Origin OperatorCall::folded_origin() const {
  if (layer_ && passes_on_first(*layer_, node_.type) && has(0)) return inputs_[0]->origin;
  return combined_origin(builder_, inputs_);
}

// Where the channels' axis is after a Transpose, or after a view that leaves the axis whole; else all elements have the
// widest width.
void OperatorCall::carry_channel_widths(const Value& from, Value& to) const {
  const std::size_t axis = from.channel_widths->axis;
  const auto carry_to = [&](std::size_t new_axis) {
    to.channel_widths = ChannelWidths{.axis = new_axis, .bits = from.channel_widths->bits};
  };
  if (node_.type == "Transpose") {
    const Shape* permutation = integer_list("perm");
    for (std::size_t k = 0; k < from.shape->size(); ++k) {
      const auto source =
          permutation != nullptr ? static_cast<std::size_t>((*permutation)[k]) : from.shape->size() - 1 - k;
      if (source == axis) return carry_to(k);
    }
  }
  if (!is_view(layer_->op)) return;
  for (std::size_t k = 0; k < to.shape->size(); ++k) {
    const bool is_whole =
        (*to.shape)[k] == (*from.shape)[axis] && elements(*to.shape, 0, k) == elements(*from.shape, 0, axis);
    if (is_whole) return carry_to(k);
  }
}

// Each operand's elements are read, and those of the result once for each.
bool OperatorCall::may_evaluate(double results) {
  double work = 0.0;
  for (const Value* value : inputs_) {
    const double operands = value != nullptr && value->shape ? elements(*value->shape).value_or(0.0) : 0.0;
    work += std::max(results, 1.0) + (operands <= kLargestContents ? operands : 0.0);
  }
  return builder_.may_evaluate(work);
}

void OperatorCall::fold_into(Value& value, std::size_t position) {
  const double count = *elements(*value.shape);
  const bool has_one_result = node_.type != "Split" && position > 0;
  if (has_one_result || !can_fold(node_.type) || !may_evaluate(count) || !builder_.may_fold(count)) return;
  std::optional<std::vector<double>> contents = fold(*this, {position, *value.shape, value.type});
  if (!contents || static_cast<double>(contents->size()) != count) return;
  value.contents = std::make_shared<const std::vector<double>>(std::move(*contents));
}

std::optional<NumberFormat> OperatorCall::held_width() const {
  if (!layer_ || !keeps_values(layer_->op)) return std::nullopt;
  std::optional<NumberFormat> widest;
  const bool constants_count = all_constant();
  for (const Value* value : inputs_) {
    if (value == nullptr || (value->constant && !constants_count)) continue;
    if (!value->width) {
      if (value == inputs_[0] || !value->constant) return std::nullopt;
      continue;
    }
    if (!widest || value->width->bits > widest->bits) widest = value->width;
  }
  return widest;
}

void OperatorCall::commit_layer() {
  const std::optional<NumberFormat> held = held_width();
  std::vector<TensorId> written;
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    if (!wants(k)) continue;
    if (!outputs_[k]) {
      Value value{.name = node_.outputs[k], .shape = builder_.trusted_shape(node_.outputs[k])};
      value.type = builder_.declared_type(node_.outputs[k]).value_or(has(0) ? inputs_[0]->type : kFloat);
      if (!value.shape) value.unknown_since = unknown_since();
      outputs_[k] = Output{.value = std::move(value)};
    }
    Value& value = outputs_[k]->value;
    if (!outputs_[k]->forwarded) {
      if (held && is_integer_type(value.type) == is_integer_type(inputs_[0]->type)) value.width = held;
      value.tensor = builder_.add_tensor(value.name, value.shape, value.format());
      value.producer = builder_.graph().nodes.size();
      written.push_back(*value.tensor);
    }
  }
  for (std::optional<Output>& output : outputs_) {
    if (!output) continue;
    if (!output->value.bound) output->value.bound = bound_of_outputs();
    builder_.define(std::move(output->value));
  }
  if (layer_) commit_node(std::move(written));
}

void OperatorCall::commit_node(std::vector<TensorId> written) {
  log_buffers();
  log_custom();
  if (const auto deciding = bound(); deciding && layer_->assumption.empty()) assume(words_of_bound(*deciding));
  hwcost::Node node;
  node.layer = std::move(*layer_);
  set_precision(node, builder_, inputs_, owned_);
  if (const std::optional<std::string> why = contradiction(node.layer)) fail(*why);
  node.fused_into = scaled_layer(builder_, node.layer, inputs_);  // mark_fusions() has the last word
  node.outputs = std::move(written);
  node.source = clean_text(node_.name);
  for (const Value* value : inputs_) {
    if (value == nullptr || !value->tensor) continue;
    node.inputs.push_back(*value->tensor);
    if (!value->through_quantizer) builder_.read_as_it_is(*value->tensor);
  }
  builder_.graph().nodes.push_back(std::move(node));
}

// Says which constants an element-wise operator or a Concat reads and does not own.
void OperatorCall::log_buffers() {
  if (info(layer_->op).family != Family::elementwise && layer_->op != Op::concat) return;
  for (std::size_t k = 0; k < inputs_.size(); ++k) {
    const bool counts = std::find(owned_.counted.begin(), owned_.counted.end(), k) != owned_.counted.end();
    if (counts || !is_parameter(k, true)) continue;
    log(ImportFact::Kind::buffer, inputs_[k]->name, [&] {
      return inputs_[k]->is_literal() ? "floats that are no parameter" : "integers that no dequantiser reads";
    });
  }
}

// The node that stopped the inference of shapes: this one, or one before it.
std::string OperatorCall::unknown_since() const {
  const std::optional<std::size_t> operand = operand_of_unknown_shape();
  if (operand && inputs_[*operand]->unknown_since) return *inputs_[*operand]->unknown_since;
  return shortened(fmt::format("{} ({})", label(), clean_text(node_.type)), kLongestText);
}

void OperatorCall::log_folded() {
  if (has_logged_ || !wants(0) || node_.type == "Constant") return;
  const Value* result = builder_.find(node_.outputs[0]);
  if (result == nullptr || !result->constant || !result->shape) return;
  log(ImportFact::Kind::folded, node_.outputs[0], [&] {
    constexpr std::size_t kShownElements = 8;
    const bool is_shown = result->contents && result->contents->size() <= kShownElements;
    return is_shown ? fmt::format("to {{{}}}", fmt::join(*result->contents, ", "))
                    : fmt::format("to a constant of shape {}", to_text(*result->shape));
  });
}

void OperatorCall::log_custom() {
  if (layer_->op == Op::identity) {
    log(ImportFact::Kind::alias, inputs_[0]->name, [] { return "a view without cost"; });
  }
  if (layer_->op != Op::custom) return;
  log(ImportFact::Kind::skipped, {},
      [&] { return layer_->custom_reason.empty() ? "the operator is not known" : layer_->custom_reason; });
  for (const std::string_view output : node_.outputs) {
    const Value* value = output.empty() ? nullptr : builder_.find(output);
    if (value == nullptr || value->shape || !value->unknown_since) continue;
    log(ImportFact::Kind::unresolved, output,
        [&] { return fmt::format("shape inference stopped at {}", *value->unknown_since); });
  }
}

}  // namespace hwcost::onnx
