#include "hwcost/import/onnx.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <protozero/exception.hpp>
#include <unordered_map>
#include <unordered_set>

#include "byte_source.hpp"
#include "extents.hpp"
#include "functions.hpp"
#include "graph_builder.hpp"
#include "hwcost/error.hpp"
#include "input_shapes.hpp"
#include "model_reader.hpp"
#include "naming.hpp"
#include "node_import.hpp"
#include "parameter_roles.hpp"
#include "skeleton.hpp"
#include "widths.hpp"

namespace hwcost {
namespace onnx {
namespace {

// A name stands for one thing: no two initializers have it, and an input that is one has its shape.
void check_names(const GraphBuilder& builder) {
  std::unordered_map<std::string_view, const StoredTensor*> stored;
  for (const StoredTensor& tensor : builder.model().initializers) {
    if (!tensor.name.empty() && !stored.emplace(tensor.name, &tensor).second) {
      throw InputError({builder.file(), 0}, fmt::format("tensor '{}' is stored twice", clean_text(tensor.name)));
    }
  }
  std::unordered_set<std::string_view> inputs;
  for (const ValueInfo& input : builder.model().inputs) {
    if (!inputs.insert(input.name).second) {
      throw InputError({builder.file(), 0}, fmt::format("input '{}' is there twice", clean_text(input.name)));
    }
    const auto found = stored.find(input.name);
    const std::optional<Shape> stated = builder.declared_shape(input.name);
    if (found == stored.end() || !stated || *stated == found->second->dims) continue;
    throw InputError({builder.file(), 0},
                     fmt::format("input '{}' has shape {}, the tensor that is stored for it {}", clean_text(input.name),
                                 to_text(*stated), to_text(found->second->dims)));
  }
}

// Shapes of a value that is described twice; the last is taken where the importer needs one.
void note_contradictions(GraphBuilder& builder) {
  std::unordered_map<std::string_view, const ValueInfo*> first;
  std::size_t others = 0;
  std::string sentence;
  for (const ValueInfo& info : builder.model().value_infos) {
    const ValueInfo* before = first.try_emplace(info.name, &info).first->second;
    const std::optional<Shape> shape = builder.stated_shape(info);
    const std::optional<Shape> earlier = builder.stated_shape(*before);
    if (!shape || !earlier || *shape == *earlier) continue;
    if (sentence.empty()) {
      sentence = fmt::format("value_info states two shapes of '{}', {} and {}", clean_text(info.name),
                             to_text(*earlier), to_text(*shape));
    } else {
      ++others;
    }
  }
  if (!sentence.empty())
    builder.note(others == 0 ? sentence : fmt::format("{}, and of {} more values", sentence, others));
}

void check_inputs(const GraphBuilder& builder) {
  for (const ValueInfo& input : builder.model().inputs) {
    if (input.is_tensor) check_type(builder.file(), "input", input.name, input.type);
  }
}

void add_output(GraphBuilder& builder, const Value& value) {
  if (!value.tensor) return;
  if (!value.through_quantizer) builder.read_as_it_is(*value.tensor);
  builder.graph().outputs.push_back(*value.tensor);
}

void define_outputs(GraphBuilder& builder) {
  for (const ValueInfo& output : builder.model().outputs) {
    const Value* value = builder.find(output.name);
    if (value == nullptr) {
      throw InputError({builder.file(), 0}, fmt::format("output '{}' is written by no node", clean_text(output.name)));
    }
    if (value->sequence) {
      for (const Value& element : *value->sequence) add_output(builder, element);
      continue;
    }
    if (!value->tensor) {
      builder.note(fmt::format("output '{}' is {}", clean_text(output.name),
                               value->constant ? "a constant" : "written by no layer"));
      continue;
    }
    const std::optional<Shape> stated = builder.declared_shape(output.name);
    if (stated && value->shape && *stated != *value->shape) {
      builder.note(fmt::format("output '{}' has shape {}, the file states {}", clean_text(output.name),
                               to_text(*value->shape), to_text(*stated)));
    }
    add_output(builder, *value);
  }
}

void note_block_scales(GraphBuilder& builder) {
  if (builder.block_scales() == 0.0) return;
  builder.note(fmt::format("the weights' blocks have {} scales, which no size counts", builder.block_scales()));
}

Graph build(const Model& model, const std::string& file, const OnnxOptions& options, ImportLog* log) {
  const ValueUses uses(model);
  GraphBuilder builder(model, uses, file, log);
  check_inputs(builder);
  check_names(builder);
  const ParameterRoles roles = find_parameters(model, uses, options);
  define_inputs(builder, roles, options);
  note_contradictions(builder);
  import_nodes(builder, model, uses);
  builder.settle_counted_parameters();
  builder.note_unmodelled();
  if (builder.has_distrusted()) {
    builder.note(
        "an option changed the shape of an input: the shapes that the file states behind operators that are not "
        "modelled are not used");
  }
  define_outputs(builder);
  note_block_scales(builder);
  settle_tensor_formats(builder);
  Graph graph = std::move(builder.graph());
  graph.file = file;
  graph.name = model.name.empty() ? std::filesystem::path(file).stem().string() : clean_text(model.name);
  mark_fusions(graph);
  settle_layer_outputs(graph);
  log_layer_widths(builder, graph);
  validate(graph);
  return graph;
}

Graph import_from(const ByteSource& source, const std::string& file, const OnnxOptions& options, ImportLog* log) {
  try {
    const std::string skeleton = read_skeleton(source, file);
    Model model = read_model(std::as_bytes(std::span(skeleton)), file);
    expand_functions(model, file);
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
