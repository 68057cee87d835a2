#include "model_loading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

#include "command.hpp"
#include "hwcost/assignment.hpp"
#include "hwcost/import/json.hpp"
#include "hwcost/import/table.hpp"
#ifdef HWCOST_WITH_ONNX
#include "hwcost/import/onnx.hpp"
#endif

namespace hwcost::command {
namespace {

constexpr std::uint64_t kLargestExactCount = std::uint64_t{1} << 53;

// A whole number without sign or exponent, from 1 on.
std::optional<double> count_from(std::string_view text, std::uint64_t most = kLargestExactCount) {
  std::uint64_t count = 0;
  const bool digits_only =
      !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits_only) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 1 || count > most) return std::nullopt;
  return static_cast<double>(count);
}

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

void add_shape(std::string_view text, std::map<std::string, std::vector<double>>& shapes) {
  const auto fail = [&] {
    return CLI::ValidationError("--input-shape", fmt::format("'{}' is no shape such as input=1x3x224x224", text));
  };
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) throw fail();
  const auto [entry, is_new] = shapes.try_emplace(std::string(text.substr(0, equals)));
  if (!is_new) throw CLI::ValidationError("--input-shape", fmt::format("'{}' is given twice", entry->first));
  std::string_view rest = text.substr(equals + 1);
  while (true) {
    const std::size_t end = std::min(rest.find('x'), rest.size());
    const auto extent = count_from(rest.substr(0, end));
    if (!extent) throw fail();
    entry->second.push_back(*extent);
    if (end == rest.size()) return;
    rest.remove_prefix(end + 1);
  }
}

// "a=1x2,b=3x4". Names may hold commas: one ends a shape only where a shape has begun.
void add_shapes(std::string_view text, std::map<std::string, std::vector<double>>& shapes) {
  while (true) {
    const std::size_t comma = text.find(',', std::min(text.find('='), text.size()));
    add_shape(text.substr(0, comma), shapes);
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
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
Graph load_onnx(const ModelOptions& options, std::vector<ExplainedFact>* explanation) {
  OnnxOptions onnx;
  onnx.batch = options.batch;
  onnx.input_shapes = options.input_shapes;
  if (explanation == nullptr) return import_onnx(options.file, onnx);
  ImportLog log;
  Graph graph = import_onnx(options.file, onnx, &log);
  for (const ImportFact& fact : log.facts) {
    explanation->push_back({std::string(name(fact.kind)), fact.node, fact.op, fact.value, fact.detail});
  }
  return graph;
}
#else
Graph load_onnx(const ModelOptions& options, std::vector<ExplainedFact>*) {
  throw InputError({options.file, 0}, "this build of hwcost reads no ONNX files (HWCOST_WITH_ONNX is off)");
}
#endif

Graph load_file(const ModelOptions& options, std::vector<ExplainedFact>* explanation) {
  const std::string extension = lower_case_extension(options.file);
  if (extension == ".onnx") return load_onnx(options, explanation);
  if (extension != ".csv" && extension != ".json") {
    throw InputError({options.file, 0}, fmt::format("a model ends in .onnx, .csv or .json, not in '{}'", extension));
  }
  refuse_shapes(options);
  if (extension == ".csv") return read_layer_table(std::filesystem::path(options.file)).graph;
  return read_graph_json(std::filesystem::path(options.file));
}

// Inputs that --input-shape names do not follow --batch.
bool takes_batch(const Graph& graph, const ModelOptions& options) {
  return options.batch && std::any_of(graph.inputs.begin(), graph.inputs.end(), [&](TensorId id) {
           return !options.input_shapes.contains(graph.tensors[id].name);
         });
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
  command
      .add_option_function<std::string>(
          "--input-shape", [&options](const std::string& text) { add_shapes(text, options.input_shapes); },
          "Shape of an ONNX model's input, such as input=1x3x224x224 (repeatable)")
      ->type_name("NAME=SHAPE[,NAME=SHAPE]")
      ->trigger_on_parse();
}

Graph load_model(const ModelOptions& options, std::vector<ExplainedFact>* explanation) {
  Graph graph = load_file(options, explanation);
  if (takes_batch(graph, options)) graph.notes.push_back(fmt::format("batch {} by --batch", *options.batch));
  if (options.bits) override_bits(graph, *options.bits);
  if (!options.assignment_file.empty()) assign_from(options.assignment_file, graph);
  return graph;
}

}  // namespace hwcost::command
