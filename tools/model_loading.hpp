// Model files in, whatever their kind, with the widths and shapes that the command line gives.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/graph.hpp"
#include "import_explanation.hpp"
#include "input_shapes.hpp"
#include "model_file.hpp"

namespace hwcost::command {

struct ModelOptions {
  struct Bits {
    double weight = 8.0;
    double activation = 8.0;
  };
  std::string file;
  std::optional<Bits> bits;
  std::string assignment_file;
  std::optional<double> batch;
  std::vector<ShapeOption> input_shapes;
  TableRows rows = TableRows::layers;  // kernels, where the command times them or looks them up
};

// MODEL and the options that change it. `options` must outlive the parsing.
void add_model_options(CLI::App& command, ModelOptions& options);

// The network as the options want it, with these shapes. What an importer did to the file's nodes goes to
// `explanation`. Throws InputError, and CLI::ValidationError for options that do not go with the kind of file.
Graph load_model(const ModelOptions& options, const ShapeBinding& binding,
                 std::vector<ExplainedFact>* explanation = nullptr);

}  // namespace hwcost::command
