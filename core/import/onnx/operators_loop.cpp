// Loop and Scan: their body's layers, once for every run that is known.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "control.hpp"
#include "extents.hpp"
#include "node_import.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// A tensor that the body writes has the shape that it leaves with.
void settle_tensor(OperatorCall& call, const GraphBuilder::Mark& since, const Value& value) {
  if (value.tensor && *value.tensor >= since.tensors) call.builder().set_shape(*value.tensor, value.shape);
}

// Elements of a stack: one for every run of a body, along the axis.
void stack(OperatorCall& call, const GraphBuilder::Mark& since, std::size_t k, Value value,
           std::optional<std::int64_t> runs, std::int64_t axis) {
  value = changing(std::move(value));
  const bool is_known = value.shape && runs;
  if (is_known) {
    Shape shape = *value.shape;
    const std::size_t place = call.axis(axis, shape.size() + 1);
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(place), *runs);
    if (!elements(shape) || shape.size() > kLargestRank) call.fail("an output has too many elements");
    value.shape = std::move(shape);
  } else if (call.wants(k)) {
    value.shape = call.builder().trusted_shape(call.node().outputs[k]);
  }
  settle_tensor(call, since, value);
  call.forward(k, std::move(value));
}

// What the body's Identity nodes call anew: the new name's old one.
NameMap<std::string_view> aliases(const Body& body) {
  NameMap<std::string_view> result;
  for (const Node& node : body.nodes) {
    if (node.type == "Identity" && !node.inputs.empty() && !node.outputs.empty()) {
      result[node.outputs[0]] = node.inputs[0];
    }
  }
  return result;
}

// Whether the body hands the input on as it is, so that it is the same in every run.
bool hands_on(std::string_view input, std::string_view output, const NameMap<std::string_view>& aliases) {
  constexpr int kMostAliases = 16;
  for (int k = 0; k < kMostAliases && output != input; ++k) {
    const auto alias = aliases.find(output);
    if (alias == aliases.end()) return false;
    output = alias->second;
  }
  return output == input;
}

std::vector<Value> first_inputs(const OperatorCall& call, const Body& body, const std::vector<State>& states) {
  std::vector<Value> values;
  const NameMap<std::string_view> old_names = aliases(body);
  for (const State& state : states) {
    const Value& first = call.input(state.operand);
    const bool is_same = hands_on(body.inputs[state.input].name, body.outputs[state.output].name, old_names);
    values.push_back(first.constant && is_same ? first : changing(first));
  }
  return values;
}

// The shape after all runs, where every run adds as much as the first.
std::optional<Shape> last_shape(const Shape& first, const Shape& second, std::optional<std::int64_t> runs) {
  if (first.size() != second.size() || !runs) return std::nullopt;
  Shape last = first;
  for (std::size_t k = 0; k < first.size(); ++k) {
    const double extent =
        static_cast<double>(first[k]) + static_cast<double>(second[k] - first[k]) * static_cast<double>(*runs);
    if (extent < 1.0 || extent > kLargestExtent) return std::nullopt;
    last[k] = static_cast<std::int64_t>(extent);
  }
  return last;
}

// Whether a run changes the shape of a state, or a sequence.
bool shapes_differ(const OperatorCall& call, const std::vector<State>& states, const std::vector<Value>& outputs) {
  return std::any_of(states.begin(), states.end(), [&](const State& state) {
    const Value& first = call.input(state.operand);
    const Value& next = outputs[state.output];
    return (next.shape && next.shape != first.shape) || next.sequence != first.sequence;
  });
}

// Hands the states on after the last run. Returns what to assume where their shapes change.
std::string forward_states(OperatorCall& call, const GraphBuilder::Mark& since, const std::vector<State>& states,
                           const std::vector<Value>& outputs, std::optional<std::int64_t> runs) {
  std::string assumption;
  for (std::size_t k = 0; k < states.size(); ++k) {
    const Value& first = call.input(states[k].operand);
    Value value = outputs[states[k].output];
    if (value.sequence != first.sequence) value.sequence = nullptr;  // nobody knows how long it is by now
    if (!value.constant || value.parameter != first.parameter) value = changing(std::move(value));
    if (value.shape && first.shape && *value.shape != *first.shape) {
      assumption = "with the shapes of its first run, which later ones change";
      value.shape = last_shape(*first.shape, *value.shape, runs);
      if (!value.shape && call.wants(k)) value.shape = call.builder().trusted_shape(call.node().outputs[k]);
      settle_tensor(call, since, value);
    }
    call.forward(k, std::move(value));
  }
  return assumption;
}

// The body has one input for each operand; outputs for all of the node, states and a condition among them.
void check_body(const OperatorCall& call, const Body& body, std::size_t inputs, std::size_t states,
                std::size_t conditions) {
  const std::size_t outputs = std::max(states, call.node().outputs.size()) + conditions;
  if (body.inputs.size() == inputs && body.outputs.size() >= outputs) return;
  call.fail(fmt::format("it has {} outputs, and its body {} inputs and {} outputs; wanted {} inputs and {} states",
                        call.node().outputs.size(), body.inputs.size(), body.outputs.size(), inputs, states));
}

Value runtime_scalar(std::int32_t type) { return {.name = {}, .shape = Shape{}, .type = type}; }

// How often a Loop runs, and what that guesses.
struct Runs {
  std::optional<std::int64_t> count;
  std::string assumption;
};

Runs runs_of(OperatorCall& call, const Value& condition) {
  const std::optional<Shape> most = call.integers(0);
  const bool is_counted = most && most->size() == 1;
  const std::optional<double> goes_on = scalar(call.builder(), condition);
  if (goes_on == 0.0) return {1, {}};
  if (!is_counted || (static_cast<double>(most->front()) >= kUncounted && !goes_on)) {
    const std::string_view what = is_counted ? "a condition that is known at run time only ends it"
                                             : "how many there are is known at run time only";
    return {std::nullopt, fmt::format("one run of {}: {}", call.label(), what)};
  }
  const std::int64_t count = std::min(most->front(), static_cast<std::int64_t>(kLargestExtent));
  if (goes_on) return {count, {}};
  return {count,
          fmt::format("{} runs of {}, the most that there can be: a condition may end it before", count, call.label())};
}

bool never_runs(const OperatorCall& call) {
  const std::optional<double> most = scalar(call, 0);
  return (most && *most <= 0.0) || (call.has(1) && scalar(call, 1) == 0.0);
}

// An empty stack of what the body states; of unknown shape where it states none.
void stack_of_nothing(OperatorCall& call, std::size_t k, const ValueInfo& stated) {
  const std::int32_t type = stated.type == kUndefined ? static_cast<std::int32_t>(kFloat) : stated.type;
  std::optional<Shape> shape = call.builder().stated_shape(stated);
  if (!shape) {
    call.forward(k, {.name = {}, .type = type, .constant = true, .parameter = call.builder().new_parameter()});
    return;
  }
  shape->insert(shape->begin(), 0);
  call.constant_output(k, std::move(*shape), type, std::vector<double>{});
}

std::string joined(const std::string& a, const std::string& b) { return a.empty() || b.empty() ? a + b : a + "; " + b; }

// One run of the body in the place of all. Where runs differ, and all of them can be imported, these are taken instead.
void import_runs(OperatorCall& call, const Body& body, const std::vector<State>& states) {
  GraphBuilder& builder = call.builder();
  const GraphBuilder::Mark mark = builder.mark();
  std::vector<Value> inputs = first_inputs(call, body, states);
  const bool starts = !call.has(1) || scalar(call, 1).has_value();
  // A run sees a condition that held.
  const Value condition = starts ? known_scalar(builder, kBool, 1.0) : runtime_scalar(kBool);
  inputs.insert(inputs.begin(), {runtime_scalar(kInt64), condition});
  const std::vector<Value> outputs = import_body(call, body, std::move(inputs), call.label());
  const Runs runs = runs_of(call, outputs[0]);
  const std::size_t unresolved = builder.unmodelled_since(mark);
  if (unresolved > 0 || !runs.count || shapes_differ(call, states, outputs)) {
    GraphBuilder::Detached run = builder.detach(mark);
    if (import_unrolled(call, body, states, runs.count ? std::optional(unresolved) : std::nullopt)) return;
    builder.reattach(std::move(run));
  }
  const std::string changes = forward_states(call, mark, states, outputs, runs.count);
  for (std::size_t k = states.size(); k < call.node().outputs.size(); ++k) {
    stack(call, mark, k, outputs[k + 1], runs.count, 0);
  }
  mark_layers(builder, mark, static_cast<double>(runs.count.value_or(1)), joined(runs.assumption, changes));
}

}  // namespace

// M, cond, states...; the body: iteration, cond, states... to cond, states..., stacked...
void import_loop(OperatorCall& call, Op) {
  const Body& body = body_of(call, "body");
  const std::size_t state_count = call.input_count() < 2 ? 0 : call.input_count() - 2;
  check_body(call, body, state_count + 2, state_count, 1);
  std::vector<State> states;
  for (std::size_t k = 0; k < state_count; ++k) states.push_back({.operand = k + 2, .input = k + 2, .output = k + 1});
  if (never_runs(call)) {
    for (std::size_t k = 0; k < state_count; ++k) call.forward(k, call.input(k + 2));
    for (std::size_t k = state_count; k < call.node().outputs.size(); ++k) {
      stack_of_nothing(call, k, body.outputs[k + 1]);
    }
    return;
  }
  // Of a single run the body is exact as it is.
  if (scalar(call, 0) == 1.0 && import_unrolled(call, body, states, std::nullopt)) return;
  import_runs(call, body, states);
}

// states..., sequences...; the body: states..., elements... to states..., stacked...
void import_scan(OperatorCall& call, Op) {
  if (call.opset() < 9) return call.cannot_derive("its form before opset 9 has a batch of its own");
  const Body& body = body_of(call, "body");
  const std::int64_t sequences = call.integer("num_scan_inputs", 0);
  const auto operands = static_cast<std::int64_t>(call.input_count());
  if (sequences < 1 || sequences > operands) call.fail(fmt::format("num_scan_inputs is {}", sequences));
  const auto state_count = static_cast<std::size_t>(operands - sequences);
  check_body(call, body, call.input_count(), state_count, 0);
  std::vector<State> states;
  for (std::size_t k = 0; k < state_count; ++k) states.push_back({.operand = k, .input = k, .output = k});
  std::vector<Value> inputs = first_inputs(call, body, states);
  const Shape* in_axes = call.integer_list("scan_input_axes");
  std::optional<std::int64_t> length;
  for (std::size_t k = state_count; k < call.input_count(); ++k) {
    if (!call.input(k).shape) return call.cannot_derive_without_shape(k);
    Value element = changing(call.input(k));
    const std::size_t place = k - state_count;
    const std::int64_t stated = in_axes != nullptr && place < in_axes->size() ? (*in_axes)[place] : 0;
    const std::size_t axis = call.axis(stated, element.shape->size());
    const std::int64_t extent = (*element.shape)[axis];
    if (length && *length != extent) call.fail(fmt::format("its sequences have {} and {} elements", *length, extent));
    length = extent;
    element.shape->erase(element.shape->begin() + static_cast<std::ptrdiff_t>(axis));
    inputs.push_back(std::move(element));
  }
  GraphBuilder& builder = call.builder();
  const GraphBuilder::Mark mark = builder.mark();
  const std::vector<Value> outputs = import_body(call, body, std::move(inputs), call.label());
  const std::string changes = forward_states(call, mark, states, outputs, length);
  const Shape* out_axes = call.integer_list("scan_output_axes");
  for (std::size_t k = state_count; k < call.node().outputs.size(); ++k) {
    const std::size_t place = k - state_count;
    stack(call, mark, k, outputs[k], length, out_axes != nullptr && place < out_axes->size() ? (*out_axes)[place] : 0);
  }
  mark_layers(builder, mark, static_cast<double>(*length), changes);
}

}  // namespace hwcost::onnx
