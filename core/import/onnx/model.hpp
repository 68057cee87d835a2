// An ONNX file as it lies in memory: names and tensors are views into the file, no weight is copied or read.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
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

struct Body;

struct Attribute {
  std::string_view name;
  std::string_view reference;  // within a function: the attribute of the calling node that it stands for
  std::optional<double> real;
  std::optional<std::int64_t> integer;
  std::optional<std::string_view> text;
  std::optional<StoredTensor> tensor;
  std::vector<double> reals;
  std::vector<std::int64_t> integers;
  std::shared_ptr<const Body> body;  // of If, Loop, Scan
  bool has_other = false;            // a value of a kind that we do not read: sequences of graphs, types

  [[nodiscard]] bool is_empty() const {
    return !real && !integer && !text && !tensor && reals.empty() && integers.empty() && !body && !has_other;
  }
};

struct Node {
  std::string_view name;
  std::string_view domain;  // empty for ai.onnx
  std::string_view type;
  std::vector<std::string_view> inputs;  // empty names are omitted operands
  std::vector<std::string_view> outputs;
  std::vector<Attribute> attributes;
  std::string_view overload;               // tells functions of the same name apart
  std::vector<std::string_view> captured;  // values from outside that its bodies read
  std::optional<std::int64_t> opset;       // of its domain, where it stands in a function that says so itself
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
  std::optional<std::vector<Dimension>> shape{};
};

// A GraphProto: the network itself, or a branch or loop body within it.
struct Body {
  std::string_view name;
  std::vector<Node> nodes;
  std::vector<StoredTensor> initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<ValueInfo> value_infos;
};

using Opsets = std::unordered_map<std::string_view, std::int64_t>;  // version by domain, "" for ai.onnx

// A FunctionProto: an operator that the file defines by others.
struct Function {
  std::string_view domain;
  std::string_view name;
  std::string_view overload;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<Attribute> defaults;  // values of attributes that a calling node may leave out
  std::vector<Node> nodes;
  Opsets opsets;
};

struct Model : Body {
  Opsets opsets;
  std::vector<Function> functions;
  std::deque<std::string> texts;  // names that are in no file: of nodes and values of expanded functions
};

}  // namespace hwcost::onnx
