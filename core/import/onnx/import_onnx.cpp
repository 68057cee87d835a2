#include "hwcost/import/onnx.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <protozero/exception.hpp>
#include <unordered_map>

#include "byte_source.hpp"
#include "extents.hpp"
#include "graph_builder.hpp"
#include "hwcost/error.hpp"
#include "input_shapes.hpp"
#include "model_reader.hpp"
#include "naming.hpp"
#include "node_order.hpp"
#include "operators.hpp"
#include "parameter_roles.hpp"
#include "patterns.hpp"
#include "skeleton.hpp"
#include "widths.hpp"

namespace hwcost {
namespace onnx {
namespace {

// Nodes that became layers of kind custom, told in one note for each operator and reason.
class Unmodelled {
 public:
  void add_unknown(OperatorCall& call) {
    call.become_custom({});
    count(call, clean_text(call.node().type), "the operator is not known");
  }
  // `what` the node is, where it is no operator that we do not know.
  void add(OperatorCall& call, const std::string& what, const std::string& why) {
    call.become_custom(fmt::format("{}: {}", what, why));
    count(call, what, why);
  }
  void note(GraphBuilder& builder) const {
    for (const auto& [key, group] : groups_) {
      const std::string more = group.count == 1 ? "" : fmt::format(" and {} more", group.count - 1);
      builder.note(fmt::format("{} is not modelled: {} ({}{})", key.first, key.second, group.first, more));
    }
  }

 private:
  struct Group {
    std::size_t count = 0;
    std::string first;  // label of the first node
  };
  void count(const OperatorCall& call, const std::string& what, const std::string& why) {
    Group& group = groups_[{what, why}];
    if (group.count++ == 0) group.first = call.label();
  }
  std::map<std::pair<std::string, std::string>, Group> groups_;  // by operator and reason
};

// Whether the node is a layer of kind custom now, for an operand whose shape nobody knows.
bool lacks_a_shape(OperatorCall& call, const std::string& what, Unmodelled& unmodelled) {
  const std::optional<std::size_t> operand = call.operand_of_unknown_shape();
  if (operand) unmodelled.add(call, what, fmt::format("the shape of operand {} is not known", *operand));
  return operand.has_value();
}

void import_node(OperatorCall& call, Unmodelled& unmodelled) {
  const OperatorEntry* entry = find_operator(call.node().domain, call.node().type);
  if (entry == nullptr) {
    unmodelled.add_unknown(call);
  } else if (const std::string what(entry->type); !lacks_a_shape(call, what, unmodelled)) {
    entry->function(call, entry->op);
    if (call.underivable()) unmodelled.add(call, what, std::string(*call.underivable()));
  }
  call.commit();
}

// The last node of a decomposed activation, as the activation that it is.
void import_activation(GraphBuilder& builder, const Node& last, std::size_t position, const FusedActivation& activation,
                       Unmodelled& unmodelled) {
  Node node = last;
  node.inputs = {activation.input};
  OperatorCall call(builder, node, position);
  if (!lacks_a_shape(call, std::string(name(activation.op)), unmodelled)) {
    import_unary(call, activation.op);
    call.log(ImportFact::Kind::pattern, {},
             [&] { return fmt::format("the last of {} nodes of a {}", activation.nodes, name(activation.op)); });
  }
  call.commit();
}

void import_nodes(GraphBuilder& builder) {
  const Model& model = builder.model();
  Unmodelled unmodelled;
  const Patterns patterns = find_patterns(model, builder.file());
  for (const std::size_t position : execution_order(model, builder.file())) {
    const Node& node = model.nodes[position];
    if (patterns.absorbed.contains(&node)) continue;
    const auto activation = patterns.last_nodes.find(&node);
    if (activation != patterns.last_nodes.end()) {
      import_activation(builder, node, position, activation->second, unmodelled);
    } else {
      OperatorCall call(builder, node, position);
      import_node(call, unmodelled);
    }
  }
  unmodelled.note(builder);
  if (builder.has_distrusted()) {
    builder.note(
        "an option changed the shape of an input: the shapes that the file states behind operators that are not "
        "modelled are not used");
  }
}

// A name stands for one thing: no two initializers have it, and an input that is one has its shape.
void check_names(const GraphBuilder& builder) {
  std::unordered_map<std::string_view, const StoredTensor*> stored;
  for (const StoredTensor& tensor : builder.model().initializers) {
    if (!tensor.name.empty() && !stored.emplace(tensor.name, &tensor).second) {
      throw InputError({builder.file(), 0}, fmt::format("tensor '{}' is stored twice", clean_text(tensor.name)));
    }
  }
  for (const ValueInfo& input : builder.model().inputs) {
    const auto found = stored.find(input.name);
    const std::optional<Shape> stated = builder.declared_shape(input.name);
    if (found == stored.end() || !stated || *stated == found->second->dims) continue;
    throw InputError({builder.file(), 0},
                     fmt::format("input '{}' has shape {}, the tensor that is stored for it {}", clean_text(input.name),
                                 to_text(*stated), to_text(found->second->dims)));
  }
}

void check_initializers(const GraphBuilder& builder) {
  for (const StoredTensor& tensor : builder.model().initializers) {
    if (elements(tensor.dims) && tensor.dims.size() <= kLargestRank) continue;
    throw InputError(
        {builder.file(), 0},
        fmt::format("tensor '{}' has shape {}, wanted extents of at least 0, a product of at most 2^53 "
                    "and at most {} dimensions",
                    clean_text(tensor.name),
                    tensor.dims.size() > kLargestRank ? "of many dimensions" : to_text(tensor.dims), kLargestRank));
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
    const std::optional<Shape> stated = builder.declared_shape(output.name);
    if (stated && value->shape && *stated != *value->shape) {
      builder.note(fmt::format("output '{}' has shape {}, the file states {}", clean_text(output.name),
                               to_text(*value->shape), to_text(*stated)));
    }
    if (!value->through_quantizer) builder.reads(*value->tensor).plain = true;
    builder.graph().outputs.push_back(*value->tensor);
  }
}

void note_block_scales(GraphBuilder& builder) {
  if (builder.block_scales() == 0.0) return;
  builder.note(fmt::format("the weights' blocks have {} scales, which no size counts", builder.block_scales()));
}

Graph build(const Model& model, const std::string& file, const OnnxOptions& options, ImportLog* log) {
  GraphBuilder builder(model, file, log);
  check_initializers(builder);
  check_names(builder);
  const ParameterRoles roles = find_parameters(model, options);
  define_inputs(builder, roles, options);
  if (model.has_functions) builder.note("the file defines functions of its own, which are not looked into");
  import_nodes(builder);
  define_outputs(builder);
  note_block_scales(builder);
  settle_tensor_formats(builder);
  Graph graph = std::move(builder.graph());
  graph.file = file;
  graph.name = model.graph_name.empty() ? std::filesystem::path(file).stem().string() : clean_text(model.graph_name);
  mark_fusions(graph);
  settle_layer_outputs(graph);
  log_layer_widths(builder, graph);
  validate(graph);
  return graph;
}

Graph import_from(const ByteSource& source, const std::string& file, const OnnxOptions& options, ImportLog* log) {
  try {
    const std::string skeleton = read_skeleton(source, file);
    const Model model = read_model(std::as_bytes(std::span(skeleton)), file);
    return build(model, file, options, log);
  } catch (const protozero::exception& error) {
    throw InputError({file, 0}, fmt::format("no ONNX model: {}", error.what()));
  }
}

}  // namespace
}  // namespace onnx

Graph import_onnx(std::span<const std::byte> bytes, const std::string& file, const OnnxOptions& options,
                  ImportLog* log) {
  return onnx::import_from(onnx::MemoryBytes(bytes), file, options, log);
}

Graph import_onnx(const std::filesystem::path& file, const OnnxOptions& options, ImportLog* log) {
  return onnx::import_from(onnx::FileBytes(file), file.string(), options, log);
}

}  // namespace hwcost
