// An ONNX file as it lies in memory: names and tensors are views into the file, no weight is copied or read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hwcost::onnx {

using Shape = std::vector<std::int64_t>;  // outermost first

// A TensorProto. Its elements are read only when somebody asks (tensor_values.hpp).
struct StoredTensor {
  std::string_view name;
  Shape dims;
  std::int32_t type = 0;     // TensorProto.DataType
  bool external = false;     // the data is in another file, which is never opened
  std::string_view raw;      // raw_data
  std::string_view message;  // the whole TensorProto, where typed data (int64_data, ...) is
};

struct Attribute {
  std::string_view name;
  std::optional<double> real;
  std::optional<std::int64_t> integer;
  std::optional<std::string_view> text;
  std::optional<StoredTensor> tensor;
  std::vector<double> reals;
  std::vector<std::int64_t> integers;
  bool has_graph = false;  // a subgraph, which is not looked into

  [[nodiscard]] bool is_empty() const {
    return !real && !integer && !text && !tensor && reals.empty() && integers.empty() && !has_graph;
  }
};

struct Node {
  std::string_view name;
  std::string_view domain;  // empty for ai.onnx
  std::string_view type;
  std::vector<std::string_view> inputs;  // empty names are omitted operands
  std::vector<std::string_view> outputs;
  std::vector<Attribute> attributes;
};

// A dimension: a number, a symbol, or neither.
struct Dimension {
  std::optional<std::int64_t> value;
  std::string_view symbol;
};

struct ValueInfo {
  std::string_view name;
  bool is_tensor = false;
  std::int32_t type = 0;
  std::optional<std::vector<Dimension>> shape;
};

struct Model {
  std::string_view graph_name;
  std::unordered_map<std::string_view, std::int64_t> opsets;  // version by domain, "" for ai.onnx
  std::vector<Node> nodes;
  std::vector<StoredTensor> initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<ValueInfo> value_infos;
  bool has_functions = false;  // model-local functions, whose bodies are not looked into
};

}  // namespace hwcost::onnx
