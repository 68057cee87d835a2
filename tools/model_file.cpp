#include "model_file.hpp"

#include <fmt/format.h>

#include "hwcost/file_ending.hpp"
#include "hwcost/import/json.hpp"
#include "hwcost/import/kernel_columns.hpp"
#include "hwcost/import/table.hpp"

namespace hwcost::command {
namespace {

#ifdef HWCOST_WITH_ONNX
Graph read_onnx(const std::filesystem::path& file, const OnnxOptions& options, ImportLog* log) {
  return import_onnx(file, options, log);
}
#else
Graph read_onnx(const std::filesystem::path& file, const OnnxOptions&, ImportLog*) {
  throw InputError({file.string(), 0}, "this build of hwcost reads no ONNX files (HWCOST_WITH_ONNX is off)");
}
#endif

Graph graph_of(LayerTable table, TableRows rows) {
  for (std::size_t i = 0; i < table.rows.size() && rows == TableRows::kernels; ++i)
    table.graph.nodes[i].layer = kernel_layer(table, i);
  return std::move(table.graph);
}

}  // namespace

bool is_onnx(const std::filesystem::path& file) { return file_ending(file.string()) == ".onnx"; }

Graph read_model_file(const std::filesystem::path& file, const OnnxOptions& options, ImportLog* log, TableRows rows) {
  if (is_onnx(file)) return read_onnx(file, options, log);
  const std::string ending = file_ending(file.string());
  if (ending != ".csv" && ending != ".json") {
    throw InputError({file.string(), 0}, fmt::format("a model ends in .onnx, .csv or .json, not in '{}'", ending));
  }
  if (options.batch || !options.input_shapes.empty()) {
    throw InputError({file.string(), 0}, "a batch size and input shapes go with .onnx models alone");
  }
  if (ending == ".csv") return graph_of(read_layer_table(file), rows);
  return read_graph_json(file);
}

}  // namespace hwcost::command
