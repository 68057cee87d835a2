// ONNX files in: the operators, shapes, widths and names of a model; its weights' values are never read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

struct OnnxOptions {
  std::optional<double> batch;  // value of a free leading dimension of the inputs
  // By input, overriding the file's; or one extent by the name of a free dimension, wherever that stands.
  std::map<std::string, std::vector<double>> input_shapes;
};

// One thing that became of a node or a value of the file.
struct ImportFact {
  enum class Kind : std::uint8_t {
    input,       // an input of the network, with the shape that it got
    parameter,   // an input of the file that was taken for a weight
    width,       // a width, and what says so
    pattern,     // nodes that are one layer together
    merged,      // a node that the layer before it does
    alias,       // another name of the same value
    folded,      // a node on constants alone
    buffer,      // constants that are nobody's parameters
    skipped,     // a node that is not modelled, and why
    unresolved,  // a value whose shape nobody knows, and the operator that stopped its inference
  };
  Kind kind = Kind::folded;
  std::string node;    // its name, or its type and position; empty where no node is concerned
  std::string op;      // the node's type
  std::string value;   // the value that the fact is about; empty where it is the node
  std::string detail;  // one clause
  friend bool operator==(const ImportFact&, const ImportFact&) = default;
};
HWCOST_EXPORT std::string_view name(ImportFact::Kind kind);

// What became of the file's nodes on the way, in execution order, for `hwcost import --explain`.
struct ImportLog {
  std::vector<ImportFact> facts;
};

// Reads a model. Its weights are passed over: the memory that this takes does not depend on them; external data is
// never opened. A file that changes meanwhile is an error at worst. Names follow the nodes' scopes:
// `/layer1/layer1.0/conv1/Conv` is `layer1.0.conv1`. Operators that nobody knows become Op::custom.
// Throws InputError: "file: error: ..." where the bytes are no model, "file: node NAME: error: ..." where a node
// contradicts itself or a dimension is free and no option binds it. A log costs time: it is kept only where given.
HWCOST_EXPORT Graph import_onnx(const std::filesystem::path& file, const OnnxOptions& options = {},
                                ImportLog* log = nullptr);
// The same from bytes in memory; `file` names them in errors.
HWCOST_EXPORT Graph import_onnx(std::span<const std::byte> bytes, const std::string& file,
                                const OnnxOptions& options = {}, ImportLog* log = nullptr);

}  // namespace hwcost
