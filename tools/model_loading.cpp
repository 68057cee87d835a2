#include "model_loading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "command.hpp"
#include "hwcost/assignment.hpp"
#include "hwcost/import/json.hpp"
#include "hwcost/import/table.hpp"
#include "numbers.hpp"
#ifdef HWCOST_WITH_ONNX
#include "hwcost/import/onnx.hpp"
#endif

namespace hwcost::command {
namespace {

ModelOptions::Bits bits_from(const std::string& text) {
  const std::size_t a = text.find('a');
  if (text.starts_with('w') && a != std::string::npos) {
    const std::string_view all = text;
    const auto weight = count_from(all.substr(1, a - 1), 64);
    const auto activation = count_from(all.substr(a + 1), 64);
    if (weight && activation) return {*weight, *activation};
  }
  throw CLI::ValidationError("--bits", fmt::format("'{}' is no pair of widths from 1 to 64 such as w4a8", text));
}

double batch_from(const std::string& text) {
  const auto batch = count_from(text);
  if (!batch) throw CLI::ValidationError("--batch", fmt::format("'{}' is no whole number of at least 1", text));
  return *batch;
}

std::string lower_case_extension(const std::string& file) {
  std::string extension = std::filesystem::path(file).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

void refuse_shapes(const ModelOptions& options) {
  if (options.batch) throw CLI::ValidationError("--batch", "goes with .onnx models alone");
  if (!options.input_shapes.empty()) throw CLI::ValidationError("--input-shape", "goes with .onnx models alone");
}

#ifdef HWCOST_WITH_ONNX
Graph load_onnx(const ModelOptions& options, const ShapeBinding& binding, std::vector<ExplainedFact>* explanation) {
  OnnxOptions onnx;
  onnx.batch = options.batch;
  onnx.input_shapes = binding.shapes;
  if (explanation == nullptr) return import_onnx(options.file, onnx);
  ImportLog log;
  Graph graph = import_onnx(options.file, onnx, &log);
  for (const ImportFact& fact : log.facts) {
    explanation->push_back({std::string(name(fact.kind)), fact.node, fact.op, fact.value, fact.detail});
  }
  return graph;
}
#else
Graph load_onnx(const ModelOptions& options, const ShapeBinding&, std::vector<ExplainedFact>*) {
  throw InputError({options.file, 0}, "this build of hwcost reads no ONNX files (HWCOST_WITH_ONNX is off)");
}
#endif

Graph load_file(const ModelOptions& options, const ShapeBinding& binding, std::vector<ExplainedFact>* explanation) {
  const std::string extension = lower_case_extension(options.file);
  if (extension == ".onnx") return load_onnx(options, binding, explanation);
  if (extension != ".csv" && extension != ".json") {
    throw InputError({options.file, 0}, fmt::format("a model ends in .onnx, .csv or .json, not in '{}'", extension));
  }
  refuse_shapes(options);
  if (extension == ".csv") return read_layer_table(std::filesystem::path(options.file)).graph;
  return read_graph_json(std::filesystem::path(options.file));
}

// Inputs that --input-shape names do not follow --batch.
bool takes_batch(const Graph& graph, const ModelOptions& options, const ShapeBinding& binding) {
  return options.batch && std::any_of(graph.inputs.begin(), graph.inputs.end(),
                                      [&](TensorId id) { return !binding.shapes.contains(graph.tensors[id].name); });
}

// What replaces the model's own widths is said at the head of every report.
void override_bits(Graph& graph, const ModelOptions::Bits& bits) {
  set_bits(graph, bits.weight, bits.activation);
  graph.notes.push_back(fmt::format("weights {} bit, activations {} bit by --bits", bits.weight, bits.activation));
}

void assign_from(const std::string& file, Graph& graph) {
  const std::vector<Assignment> assignments = read_assignments(std::filesystem::path(file));
  const auto layers = std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    return std::any_of(assignments.begin(), assignments.end(), [&](const Assignment& assignment) {
      return assignment.layer == node.layer.name || assignment.layer == node.source;
    });
  });
  assign(graph, assignments);
  graph.notes.push_back(fmt::format("widths of {} layer{} by {}", layers, layers == 1 ? "" : "s", file));
}

}  // namespace

// what() of the error says where, which the option does too.
Formula formula_from(const std::string& expression) {
  constexpr std::string_view kOption = "--formula";
  constexpr std::string_view kPlace = "--formula: error: ";
  try {
    return Formula(expression, {std::string(kOption), 0});
  } catch (const InputError& error) {
    throw CLI::ValidationError(std::string(kOption), error.what() + kPlace.size());
  }
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  command.add_option("MODEL", options.file, "Model file: .onnx, a layer table .csv, or the neutral IR .json")
      ->required()
      ->type_name("FILE");
  command
      .add_option_function<std::string>(
          "--bits", [&options](const std::string& text) { options.bits = bits_from(text); },
          "Widths of all weights and activations, such as w4a8")
      ->type_name("wNaM");
  command.add_option("--assign", options.assignment_file, "Widths of single layers: a table layer,w_bits,in_bits")
      ->type_name("FILE.csv")
      ->check(not_empty());
  command
      .add_option_function<std::string>(
          "--batch", [&options](const std::string& text) { options.batch = batch_from(text); },
          "Batch size of an ONNX model whose leading dimension is free")
      ->type_name("N");
  add_shape_option(command, options.input_shapes);
}

Graph load_model(const ModelOptions& options, const ShapeBinding& binding, std::vector<ExplainedFact>* explanation) {
  Graph graph = load_file(options, binding, explanation);
  if (takes_batch(graph, options, binding)) graph.notes.push_back(fmt::format("batch {} by --batch", *options.batch));
  if (options.bits) override_bits(graph, *options.bits);
  if (!options.assignment_file.empty()) assign_from(options.assignment_file, graph);
  return graph;
}

}  // namespace hwcost::command
