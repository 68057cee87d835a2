#include "node_import.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "body.hpp"
#include "control.hpp"
#include "hwcost/error.hpp"
#include "node_order.hpp"
#include "operators.hpp"
#include "patterns.hpp"

namespace hwcost::onnx {
namespace {

// Makes the node a layer of kind custom. `what` it is, where it is no operator that we do not know; `stopped` names
// the node that stopped the inference of shapes, where that was another one.
void make_custom(OperatorCall& call, const std::string& what, const std::string& why,
                 OperatorCall::Outputs outputs = OperatorCall::Outputs::forgotten, const std::string& stopped = {}) {
  call.become_custom(fmt::format("{}: {}{}", what, why, stopped), outputs);
  call.builder().add_unmodelled({.what = what, .why = why, .label = call.label()});
}

void make_underivable(OperatorCall& call, const std::string& what) {
  make_custom(call, what, *call.underivable(), OperatorCall::Outputs::forgotten, call.stopped());
}

void make_unknown(OperatorCall& call) {
  call.become_custom({});
  call.builder().add_unmodelled(
      {.what = clean_text(call.node().type), .why = "the operator is not known", .label = call.label()});
}

// Whether the node is a layer of kind custom now, for an operand whose shape nobody knows.
bool lacks_a_shape(OperatorCall& call, const std::string& what) {
  const std::optional<std::size_t> operand = call.operand_of_unknown_shape();
  if (!operand) return false;
  call.cannot_derive_without_shape(*operand);
  make_underivable(call, what);
  return true;
}

void import_operator(OperatorCall& call, const OperatorEntry& entry) {
  const std::string what(entry.type);
  if (entry.needs_shapes && lacks_a_shape(call, what)) return;
  entry.function(call, entry.op);
  if (call.underivable()) {
    make_underivable(call, what);
  } else if (call.unmodelled() && (call.input_count() == 0 || !call.all_constant())) {
    make_custom(call, what, *call.unmodelled(), OperatorCall::Outputs::kept);
  }
}

bool has_body(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const Attribute& a) { return a.body; });
}

// Shapes that are the largest there can be need not fit each other, though those of a run do.
void import_bounded(GraphBuilder& builder, const Node& node, std::size_t position, const OperatorEntry& entry) {
  const GraphBuilder::Mark mark = builder.mark();
  try {
    OperatorCall call(builder, node, position);
    import_operator(call, entry);
    call.commit();
  } catch (const InputError& misfit) {
    builder.undo(mark);
    OperatorCall call(builder, node, position);
    make_custom(call, std::string(entry.type), "the largest shapes of its operands do not fit", {},
                fmt::format(" ({})", misfit.what()));
    call.commit();
  }
}

void import_node(GraphBuilder& builder, const Node& node, std::size_t position) {
  OperatorCall call(builder, node, position);
  const OperatorEntry* entry = find_operator(node.domain, node.type);
  if (entry == nullptr) {
    make_unknown(call);
  } else if (call.bound() && !has_body(node)) {
    return import_bounded(builder, node, position, *entry);
  } else {
    const GraphBuilder::Mark mark = builder.mark();
    import_operator(call, *entry);
    if (call.bound()) mark_layers(builder, mark, 1.0, words_of_bound(*call.bound()));
  }
  call.commit();
}

// The last node of a decomposed activation, as the activation that it is.
void import_activation(GraphBuilder& builder, const Node& last, std::size_t position,
                       const FusedActivation& activation) {
  Node node = last;
  node.inputs = {activation.input};
  OperatorCall call(builder, node, position);
  if (!lacks_a_shape(call, std::string(name(activation.op)))) {
    import_unary(call, activation.op);
    call.log(ImportFact::Kind::pattern, {},
             [&] { return fmt::format("the last of {} nodes of a {}", activation.nodes, name(activation.op)); });
  }
  call.commit();
}

}  // namespace

void import_nodes(GraphBuilder& builder, const Body& body, const ValueUses& uses) {
  const Patterns patterns = find_patterns(body, uses, builder.file());
  const auto is_given = [&](std::string_view name) { return builder.find(name) != nullptr; };
  for (const std::size_t position : execution_order(body.nodes, uses, is_given, builder.file())) {
    const Node& node = body.nodes[position];
    if (patterns.absorbed.contains(&node)) continue;
    const auto activation = patterns.last_nodes.find(&node);
    if (activation != patterns.last_nodes.end()) {
      import_activation(builder, node, position, activation->second);
    } else {
      import_node(builder, node, position);
    }
  }
}

std::vector<Value> import_body(OperatorCall& call, const Body& body, std::vector<Value> inputs,
                               const std::string& label) {
  GraphBuilder& builder = call.builder();
  builder.count_copied(body.nodes.size(), call.label());
  Renaming renaming(builder.texts(), label, &builder.copy_limits());
  const auto& [copy, uses] = builder.adopt(copy_body(body, renaming));
  for (std::size_t k = 0; k < inputs.size() && k < copy.inputs.size(); ++k) {
    builder.define(builder.renamed(std::move(inputs[k]), copy.inputs[k].name));
  }
  import_nodes(builder, copy, uses);
  std::vector<Value> outputs;
  for (const ValueInfo& output : copy.outputs) {
    const Value* value = builder.find(output.name);
    if (value == nullptr) call.fail(fmt::format("its body writes no '{}'", clean_text(output.name)));
    if (value->tensor && !value->through_quantizer) builder.read_as_it_is(*value->tensor);
    outputs.push_back(*value);
  }
  return outputs;
}

void import_in_its_place(OperatorCall& call, const std::vector<Node>& nodes) {
  GraphBuilder& builder = call.builder();
  Renaming renaming(builder.texts(), call.label(), nullptr);
  renaming.make_own(nodes);
  Body body;
  body.nodes = copy_nodes(nodes, renaming);
  for (const std::string_view name : call.node().outputs) body.outputs.push_back({.name = renaming(name)});
  const auto& [copy, uses] = builder.adopt(std::move(body));
  import_nodes(builder, copy, uses);
  for (std::size_t k = 0; k < copy.outputs.size(); ++k) {
    if (!call.wants(k)) continue;
    const Value* value = builder.find(copy.outputs[k].name);
    // What none of the nodes writes has the shape that the file states.
    call.forward(k,
                 value != nullptr ? *value : Value{.name = {}, .shape = builder.trusted_shape(call.node().outputs[k])});
  }
}

}  // namespace hwcost::onnx
