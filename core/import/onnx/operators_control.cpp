// If, Loop and Scan: their bodies' layers, once for every run that is known.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "body.hpp"
#include "extents.hpp"
#include "hwcost/error.hpp"
#include "hwcost/work.hpp"
#include "node_import.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

const Body& body_of(const OperatorCall& call, std::string_view name) {
  const Attribute* found = call.attribute(name);
  if (found == nullptr || !found->body) call.fail(fmt::format("has no {}", name));
  return *found->body;
}

// The element of a constant scalar; nothing where it is not known.
std::optional<double> scalar(const OperatorCall& call, std::size_t operand) {
  const std::vector<double>* contents = call.contents(operand);
  return contents != nullptr && contents->size() == 1 ? std::optional(contents->front()) : std::nullopt;
}

// Says it of every layer that came after the mark, and that they run so often.
void mark_layers(GraphBuilder& builder, const GraphBuilder::Mark& since, double repeat, const std::string& assumption) {
  Graph& graph = builder.graph();
  for (NodeId k = since.nodes; k < graph.nodes.size(); ++k) {
    Layer& layer = graph.nodes[k].layer;
    layer.repeat *= repeat;
    if (assumption.empty()) continue;
    layer.assumption += layer.assumption.empty() ? assumption : "; " + assumption;
  }
}

// A value that changes at run time, of the shape and type of another.
Value changing(Value value) {
  value.constant = false;
  value.parameter = 0;
  value.origin = {};
  value.stored = nullptr;
  value.contents = nullptr;
  value.producer.reset();  // what a body adds to it is no bias of the layer before
  return value;
}

struct BodyCost {
  double macs = 0.0;
  double flops = 0.0;
  double elements = 0.0;
  double unknown = 0.0;  // layers whose work nobody knows; a branch that computes nothing has none
  friend auto operator<=>(const BodyCost&, const BodyCost&) = default;
};

BodyCost cost_since(GraphBuilder& builder, const GraphBuilder::Mark& since) {
  BodyCost cost;
  for (NodeId k = since.nodes; k < builder.graph().nodes.size(); ++k) {
    const Layer& layer = builder.graph().nodes[k].layer;
    if (layer.op == Op::custom) ++cost.unknown;
    if (contradiction(layer)) continue;
    const Facts all = facts(layer);
    cost.macs += all.macs;
    cost.flops += all.flops;
    cost.elements += work(layer).output * layer.repeat;
  }
  return cost;
}

void forward_outputs(OperatorCall& call, std::vector<Value> outputs) {
  if (outputs.size() < call.node().outputs.size()) {
    call.fail(fmt::format("has {} outputs, its body {}", call.node().outputs.size(), outputs.size()));
  }
  for (std::size_t k = 0; k < call.node().outputs.size(); ++k) call.forward(k, std::move(outputs[k]));
}

struct Attempt {
  std::vector<Value> outputs;
  BodyCost cost;
};

// The branch, imported, or why it does not run on these shapes; then it leaves nothing behind.
Expected<Attempt, std::string> try_branch(OperatorCall& call, std::string_view name) {
  GraphBuilder& builder = call.builder();
  const GraphBuilder::Mark mark = builder.mark();
  try {
    std::vector<Value> outputs = import_body(call, body_of(call, name), {});
    return Attempt{.outputs = std::move(outputs), .cost = cost_since(builder, mark)};
  } catch (const InputError& refusal) {
    builder.undo(mark);
    const std::string_view text = refusal.what();
    return tl::make_unexpected(std::string(text.substr(std::min(text.size(), builder.file().size() + 2))));
  }
}

// The costlier branch; the other one where that does not run on these shapes, which an exporter's or a caller's
// condition on shapes keeps from being taken. Where neither runs, the else branch's fault is the file's.
// The larger body is imported first and stays where it is chosen, so that nested Ifs do not double the work.
void import_likely_branch(OperatorCall& call) {
  GraphBuilder& builder = call.builder();
  const bool then_first = nodes_within(body_of(call, "then_branch")) >= nodes_within(body_of(call, "else_branch"));
  const GraphBuilder::Mark start = builder.mark();
  Expected<Attempt, std::string> first = try_branch(call, then_first ? "then_branch" : "else_branch");
  const GraphBuilder::Mark middle = builder.mark();
  Expected<Attempt, std::string> second = try_branch(call, then_first ? "else_branch" : "then_branch");

  const auto& then_branch = then_first ? first : second;
  const auto& else_branch = then_first ? second : first;
  const bool takes_then = then_branch && (!else_branch || then_branch->cost >= else_branch->cost);
  const bool takes_first = takes_then == then_first;
  const auto& other = takes_first ? second : first;
  const std::string why = other ? "the costlier one: its condition is known at run time only"
                                : fmt::format("since the other one does not run on these shapes ({})", other.error());
  std::vector<Value> outputs;
  if (takes_first && first) {
    builder.undo(middle);
    outputs = std::move(first->outputs);
  } else if (second && !first) {
    outputs = std::move(second->outputs);
  } else {
    builder.undo(start);
    outputs = import_body(call, body_of(call, takes_then ? "then_branch" : "else_branch"), {});
  }
  mark_layers(builder, start, 1.0,
              fmt::format("of the {} branch of {}, {}", takes_then ? "then" : "else", call.label(), why));
  for (Value& output : outputs) {
    if (output.constant) output = changing(std::move(output));
    output.producer.reset();
  }
  forward_outputs(call, std::move(outputs));
}

}  // namespace

void import_if(OperatorCall& call, Op) {
  const std::optional<double> condition = scalar(call, 0);
  if (!condition) return import_likely_branch(call);
  const std::string_view branch = *condition != 0.0 ? "then_branch" : "else_branch";
  call.log(ImportFact::Kind::folded, {}, [&] { return fmt::format("constants decide for its {}", branch); });
  forward_outputs(call, import_body(call, body_of(call, branch), {}));
}

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

// Whether the body hands the input on as it is, so that it is the same in every run.
bool hands_on(const Body& body, std::size_t input, std::size_t output) {
  std::string_view name = body.outputs[output].name;
  for (std::size_t k = body.nodes.size(); k-- > 0 && name != body.inputs[input].name;) {
    const Node& node = body.nodes[k];
    if (node.type == "Identity" && !node.inputs.empty() && !node.outputs.empty() && node.outputs[0] == name) {
      name = node.inputs[0];
    }
  }
  return name == body.inputs[input].name;
}

// A value that every run of a body hands to the next one: the operand of the node, an input and an output of its body.
struct State {
  std::size_t operand = 0;
  std::size_t input = 0;
  std::size_t output = 0;
};

std::vector<Value> first_inputs(const OperatorCall& call, const Body& body, const std::vector<State>& states) {
  std::vector<Value> values;
  for (const State& state : states) {
    const Value& first = call.input(state.operand);
    values.push_back(first.constant && hands_on(body, state.input, state.output) ? first : changing(first));
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

// Hands the states on after the last run. Returns what to assume where their shapes change.
std::string forward_states(OperatorCall& call, const GraphBuilder::Mark& since, const std::vector<State>& states,
                           const std::vector<Value>& outputs, std::optional<std::int64_t> runs) {
  std::string assumption;
  for (std::size_t k = 0; k < states.size(); ++k) {
    const Value& first = call.input(states[k].operand);
    Value value = outputs[states[k].output];
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

Value known_scalar(GraphBuilder& builder, std::int32_t type, double element) {
  Value value = runtime_scalar(type);
  value.constant = true;
  value.parameter = builder.new_parameter();
  value.contents = std::make_shared<const std::vector<double>>(1, element);
  return value;
}

// How often a Loop runs, and what that guesses.
struct Runs {
  std::optional<std::int64_t> count;
  std::string assumption;
};

Runs runs_of(const OperatorCall& call, const Value& condition) {
  constexpr double kMostRuns = 1e9;  // beyond it an exporter's "until the condition fails"
  const std::optional<double> most = scalar(call, 0);
  const bool runs_on = condition.constant && condition.contents && condition.contents->size() == 1;
  const bool has_most = most && *most >= 1.0 && *most <= kMostRuns;
  if (runs_on && condition.contents->front() == 0.0) return {1, {}};
  if (!has_most) {
    return {std::nullopt, fmt::format("one run of {}: how many there are is known at run time only", call.label())};
  }
  const auto count = static_cast<std::int64_t>(*most);
  if (runs_on) return {count, {}};
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
  GraphBuilder& builder = call.builder();
  const GraphBuilder::Mark mark = builder.mark();
  std::vector<Value> inputs = first_inputs(call, body, states);
  const bool starts = !call.has(1) || scalar(call, 1).has_value();
  // A run sees a condition that held.
  const Value condition = starts ? known_scalar(builder, kBool, 1.0) : runtime_scalar(kBool);
  inputs.insert(inputs.begin(), {runtime_scalar(kInt64), condition});
  const std::vector<Value> outputs = import_body(call, body, std::move(inputs));
  const Runs runs = runs_of(call, outputs[0]);
  const std::string changes = forward_states(call, mark, states, outputs, runs.count);
  for (std::size_t k = state_count; k < call.node().outputs.size(); ++k) {
    stack(call, mark, k, outputs[k + 1], runs.count, 0);
  }
  mark_layers(builder, mark, static_cast<double>(runs.count.value_or(1)), joined(runs.assumption, changes));
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
    if (!call.input(k).shape) return call.cannot_derive(fmt::format("the shape of operand {} is not known", k));
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
  const std::vector<Value> outputs = import_body(call, body, std::move(inputs));
  const std::string changes = forward_states(call, mark, states, outputs, length);
  const Shape* out_axes = call.integer_list("scan_output_axes");
  for (std::size_t k = state_count; k < call.node().outputs.size(); ++k) {
    const std::size_t place = k - state_count;
    stack(call, mark, k, outputs[k], length, out_axes != nullptr && place < out_axes->size() ? (*out_axes)[place] : 0);
  }
  mark_layers(builder, mark, static_cast<double>(*length), changes);
}

}  // namespace hwcost::onnx
