#include "hwcost/import/onnx.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <protozero/exception.hpp>

#include "extents.hpp"
#include "graph_builder.hpp"
#include "hwcost/error.hpp"
#include "input_shapes.hpp"
#include "mapped_file.hpp"
#include "model_reader.hpp"
#include "naming.hpp"
#include "node_order.hpp"
#include "operators.hpp"
#include "parameter_roles.hpp"
#include "patterns.hpp"
#include "widths.hpp"

namespace hwcost {
namespace onnx {
namespace {

void make_custom(OperatorCall& call, std::string_view why) {
  call.become_custom();
  call.builder().note(fmt::format("{} ({}) is not modelled: {}", call.label(), clean_text(call.node().type), why));
}

void import_node(OperatorCall& call) {
  const OperatorEntry* entry = find_operator(call.node().domain, call.node().type);
  if (entry == nullptr) {
    make_custom(call, "the operator is not known");
  } else if (call.reads_unknown_shape()) {
    make_custom(call, "the shape of an operand is not known");
  } else {
    entry->function(call, entry->op);
    if (call.underivable()) make_custom(call, std::string(*call.underivable()));
  }
  call.commit();
}

// The last node of a decomposed activation, as the activation that it is.
void import_activation(GraphBuilder& builder, const Node& last, std::size_t position,
                       const FusedActivation& activation) {
  Node node = last;
  node.inputs = {activation.input};
  OperatorCall call(builder, node, position);
  if (call.reads_unknown_shape()) {
    make_custom(call, "the shape of an operand is not known");
  } else {
    import_unary(call, activation.op);
  }
  call.commit();
  builder.trace(fmt::format("{} ends the nodes of a {}: one layer", call.label(), name(activation.op)));
}

void import_nodes(GraphBuilder& builder) {
  const Model& model = builder.model();
  const Patterns patterns = find_patterns(model, builder.file());
  for (const std::size_t position : execution_order(model, builder.file())) {
    const Node& node = model.nodes[position];
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

void check_initializers(const GraphBuilder& builder) {
  for (const StoredTensor& tensor : builder.model().initializers) {
    if (elements(tensor.dims) && tensor.dims.size() <= kLargestRank) continue;
    throw InputError({builder.file(), 0},
                     fmt::format("tensor '{}' has shape {}, wanted extents of at least 0, a product of at most 2^53 "
                                 "and at most {} dimensions",
                                 clean_text(tensor.name),
                                 tensor.dims.size() > kLargestRank ? "of many dimensions" : to_text(tensor.dims),
                                 kLargestRank));
  }
}

void define_outputs(GraphBuilder& builder) {
  for (const ValueInfo& output : builder.model().outputs) {
    const Value* value = builder.find(output.name);
    if (value == nullptr) {
      throw InputError({builder.file(), 0}, fmt::format("output '{}' is written by no node", clean_text(output.name)));
    }
    if (!value->tensor) {
      builder.note(fmt::format("output '{}' is a constant", clean_text(output.name)));
      continue;
    }
    if (!value->through_quantizer) builder.reads(*value->tensor).plain = true;
    builder.graph().outputs.push_back(*value->tensor);
  }
}

Graph build(const Model& model, const std::string& file, const OnnxOptions& options, ImportTrace* trace) {
  GraphBuilder builder(model, file, trace);
  check_initializers(builder);
  const ParameterRoles roles = find_parameters(model, options);
  define_inputs(builder, roles, options);
  if (model.has_functions) builder.note("the file defines functions of its own, which are not looked into");
  import_nodes(builder);
  define_outputs(builder);
  settle_tensor_formats(builder);
  Graph graph = std::move(builder.graph());
  graph.file = file;
  graph.name = model.graph_name.empty() ? std::filesystem::path(file).stem().string() : clean_text(model.graph_name);
  mark_fusions(graph);
  settle_layer_outputs(graph);
  validate(graph);
  return graph;
}

}  // namespace
}  // namespace onnx

Graph import_onnx(std::span<const std::byte> bytes, const std::string& file, const OnnxOptions& options,
                  ImportTrace* trace) {
  try {
    const onnx::Model model = onnx::read_model(bytes, file);
    return onnx::build(model, file, options, trace);
  } catch (const protozero::exception& error) {
    throw InputError({file, 0}, fmt::format("no ONNX model: {}", error.what()));
  }
}

Graph import_onnx(const std::filesystem::path& file, const OnnxOptions& options, ImportTrace* trace) {
  const onnx::MappedFile mapped(file);
  return import_onnx(mapped.bytes(), file.string(), options, trace);
}

}  // namespace hwcost
