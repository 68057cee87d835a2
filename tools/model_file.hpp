// A model file into a graph, by the ending of its name.
#pragma once

#include <filesystem>
#include <string>

#include "hwcost/graph.hpp"
#include "hwcost/import/onnx.hpp"

namespace hwcost::command {

bool is_onnx(const std::filesystem::path& file);

// What the rows of a layer table are: layers, or the kernels that run them, whose columns kernel_layer() reads too.
enum class TableRows { layers, kernels };

// Reads .onnx, a layer table .csv or the neutral IR .json. `options` and `log` are of ONNX files alone. Throws
// InputError: another ending, options that do not go with the kind of file, ONNX where this build reads none, and what
// the importers throw.
Graph read_model_file(const std::filesystem::path& file, const OnnxOptions& options = {}, ImportLog* log = nullptr,
                      TableRows rows = TableRows::layers);

}  // namespace hwcost::command
