#include "model_loading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "command.hpp"
#include "hwcost/assignment.hpp"
#include "hwcost/import/table.hpp"
#include "numbers.hpp"

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

void refuse_shapes(const ModelOptions& options) {
  if (options.batch) throw CLI::ValidationError("--batch", "goes with .onnx models alone");
  if (!options.input_shapes.empty()) throw CLI::ValidationError("--input-shape", "goes with .onnx models alone");
}

#ifdef HWCOST_WITH_ONNX
void explain(const ImportLog& log, std::vector<ExplainedFact>& explanation) {
  for (const ImportFact& fact : log.facts) {
    explanation.push_back({std::string(name(fact.kind)), fact.node, fact.op, fact.value, fact.detail});
  }
}
#else
void explain(const ImportLog&, std::vector<ExplainedFact>&) {}  // only ONNX files have a log
#endif

Graph load_file(const ModelOptions& options, const ShapeBinding& binding, std::vector<ExplainedFact>* explanation) {
  const OnnxOptions onnx{.batch = options.batch, .input_shapes = binding.shapes};
  if (!is_onnx(options.file)) refuse_shapes(options);
  if (explanation == nullptr) return read_model_file(options.file, onnx, nullptr, options.rows);
  ImportLog log;
  Graph graph = read_model_file(options.file, onnx, &log, options.rows);
  explain(log, *explanation);
  return graph;
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
