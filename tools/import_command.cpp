// hwcost import: a model file as the neutral IR.
#include <map>
#include <memory>

#include "command.hpp"
#include "hwcost/import/json.hpp"
#include "model_loading.hpp"
#include "result_output.hpp"

namespace hwcost::command {
namespace {

enum class Format { table, json };
const std::map<std::string, Format> kFormats{{"table", Format::table}, {"json", Format::json}};

struct ImportOptions {
  ModelOptions model;
  std::string output;
  bool explain = false;
  Format format = Format::table;  // of the explanation
};

constexpr const char* kExample =
    "  hwcost import resnet8.onnx --output resnet8.json\n"
    "  hwcost import resnet8.onnx --explain";

// The explanation stands in the place of the IR on stdout.
int run(const ImportOptions& options) {
  if (is_sweep(options.model.input_shapes)) {
    throw CLI::ValidationError("--input-shape", "a list of values goes with price alone");
  }
  refuse_to_overwrite({options.model.file, options.model.assignment_file}, options.output);
  std::vector<ExplainedFact> explanation;
  const Graph graph =
      load_model(options.model, bindings(options.model.input_shapes).front(), options.explain ? &explanation : nullptr);
  if (!options.explain || !options.output.empty()) {
    std::string json = graph_to_json(graph);
    if (!json.ends_with('\n')) json += '\n';
    write_result(options.output, json);
  }
  if (options.explain) {
    write_result("", options.format == Format::json ? explanation_json(options.model.file, explanation)
                                                    : explanation_table(explanation));
  }
  return kSuccess;
}

}  // namespace

void add_import_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command = add_command(app, session, "import", "Write a model file as the neutral IR (JSON)", kExample);
  add_model_options(*command, options->model);
  command->add_option("--output", options->output, "Write the IR here instead of on stdout")
      ->type_name("FILE.json")
      ->check(not_empty());
  command->add_flag("--explain", options->explain, "Say what became of the file's nodes and why");
  add_choice(*command, "--format", options->format, kFormats, "How the explanation is written (table)");
  command->callback([options, &session] { session.status = run(*options); });
}

}  // namespace hwcost::command
