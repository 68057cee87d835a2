// ONNX files in: the operators, shapes, widths and names of a model; its weights' values are never read.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

struct OnnxOptions {
  std::optional<double> batch;                              // value of a free leading dimension of the inputs
  std::map<std::string, std::vector<double>> input_shapes;  // by input name, overriding the file's
};

// What happened to the file's nodes on the way, for `hwcost import --explain`; one sentence each.
struct ImportTrace {
  std::vector<std::string> steps;
};

// Reads a model. The file is mapped, not copied; external data is never opened. Names follow the nodes' scopes:
// `/layer1/layer1.0/conv1/Conv` is `layer1.0.conv1`. Operators that nobody knows become Op::custom.
// Throws InputError: "file: error: ..." where the bytes are no model, "file: node NAME: error: ..." where a node
// contradicts itself or a dimension is free and no option binds it.
HWCOST_EXPORT Graph import_onnx(const std::filesystem::path& file, const OnnxOptions& options = {},
                                ImportTrace* trace = nullptr);
// The same from bytes in memory; `file` names them in errors.
HWCOST_EXPORT Graph import_onnx(std::span<const std::byte> bytes, const std::string& file,
                                const OnnxOptions& options = {}, ImportTrace* trace = nullptr);

}  // namespace hwcost
