#include "node_import.hpp"

#include <fmt/format.h>

#include "body.hpp"
#include "node_order.hpp"
#include "operators.hpp"
#include "patterns.hpp"

namespace hwcost::onnx {
namespace {

// Makes the node a layer of kind custom. `what` it is, where it is no operator that we do not know.
void make_custom(OperatorCall& call, const std::string& what, const std::string& why,
                 OperatorCall::Outputs outputs = OperatorCall::Outputs::forgotten) {
  call.become_custom(fmt::format("{}: {}", what, why), outputs);
  call.builder().add_unmodelled({what, why, call.label()});
}

void make_unknown(OperatorCall& call) {
  call.become_custom({});
  call.builder().add_unmodelled({clean_text(call.node().type), "the operator is not known", call.label()});
}

// Whether the node is a layer of kind custom now, for an operand whose shape nobody knows.
bool lacks_a_shape(OperatorCall& call, const std::string& what) {
  const std::optional<std::size_t> operand = call.operand_of_unknown_shape();
  if (operand) make_custom(call, what, fmt::format("the shape of operand {} is not known", *operand));
  return operand.has_value();
}

void import_node(OperatorCall& call) {
  const OperatorEntry* entry = find_operator(call.node().domain, call.node().type);
  if (entry == nullptr) {
    make_unknown(call);
  } else if (const std::string what(entry->type); !entry->needs_shapes || !lacks_a_shape(call, what)) {
    entry->function(call, entry->op);
    if (call.underivable()) {
      make_custom(call, what, *call.underivable());
    } else if (call.unmodelled() && (call.input_count() == 0 || !call.all_constant())) {
      make_custom(call, what, *call.unmodelled(), OperatorCall::Outputs::kept);
    }
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

void import_nodes(GraphBuilder& builder, const Body& body) {
  const Patterns patterns = find_patterns(body, builder.file());
  const auto is_given = [&](std::string_view name) { return builder.find(name) != nullptr; };
  for (const std::size_t position : execution_order(body.nodes, is_given, builder.file())) {
    const Node& node = body.nodes[position];
    if (patterns.absorbed.contains(&node)) continue;
    const auto activation = patterns.last_nodes.find(&node);
    if (activation != patterns.last_nodes.end()) {
      import_activation(builder, node, position, activation->second);
    } else {
      OperatorCall call(builder, node, position);
      import_node(call);
    }
  }
}

std::vector<Value> import_body(OperatorCall& call, const Body& body, std::vector<Value> inputs) {
  GraphBuilder& builder = call.builder();
  builder.count_copied(body.nodes.size(), call.label());
  Renaming renaming(builder.texts(), call.label());
  const Body& copy = builder.adopt(copy_body(body, renaming));
  for (std::size_t k = 0; k < inputs.size() && k < copy.inputs.size(); ++k) {
    builder.define(builder.renamed(std::move(inputs[k]), copy.inputs[k].name));
  }
  import_nodes(builder, copy);
  std::vector<Value> outputs;
  for (const ValueInfo& output : copy.outputs) {
    const Value* value = builder.find(output.name);
    if (value == nullptr) call.fail(fmt::format("its body writes no '{}'", clean_text(output.name)));
    if (value->tensor && !value->through_quantizer) builder.read_as_it_is(*value->tensor);
    outputs.push_back(*value);
  }
  return outputs;
}

void import_in_its_place(OperatorCall& call, std::vector<Node> nodes) {
  GraphBuilder& builder = call.builder();
  Renaming renaming(builder.texts(), call.label());
  renaming.make_own(nodes);
  Body body;
  body.nodes = copy_nodes(nodes, renaming);
  for (const std::string_view name : call.node().outputs) body.outputs.push_back({.name = renaming(name)});
  const Body& copy = builder.adopt(std::move(body));
  import_nodes(builder, copy);
  for (std::size_t k = 0; k < copy.outputs.size(); ++k) {
    if (!call.wants(k)) continue;
    const Value* value = builder.find(copy.outputs[k].name);
    // What none of the nodes writes has the shape that the file states.
    call.forward(k,
                 value != nullptr ? *value : Value{.name = {}, .shape = builder.trusted_shape(call.node().outputs[k])});
  }
}

}  // namespace hwcost::onnx
