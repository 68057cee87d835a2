// Small ONNX models built in a test.
#pragma once

#include <cstdint>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hwcost/import/onnx.hpp"

namespace hwcost::test {

using Extents = std::vector<std::int64_t>;

// An attribute: an integer, a list of integers, a float, a text, a list of floats, a subgraph (ModelWriter::graph) or,
// in functions, the name of the calling node's attribute that it stands for.
struct OnnxAttribute {
  std::string name;
  std::optional<std::int64_t> integer{};
  std::optional<Extents> integers{};
  std::optional<float> real{};
  std::optional<std::string> text{};
  std::optional<std::vector<float>> reals{};
  std::optional<std::string> graph{};
  std::optional<std::string> reference{};
};

struct OnnxNode {
  std::string type;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string name{};
  std::string domain{};
};

class ModelWriter {
 public:
  std::int64_t opset = 17;

  // Extents of -1 are free; `symbols` names them, where it is not empty.
  void input(const std::string& name, Extents shape, int type = 1, std::vector<std::string> symbols = {}) {
    inputs_.push_back(value_info(name, shape, type, symbols));
  }
  void output(const std::string& name) { outputs_.push_back(value_info(name, {}, 1, {}, false)); }
  void output(const std::string& name, const Extents& shape) { outputs_.push_back(value_info(name, shape, 1, {})); }
  void value_info(const std::string& name, const Extents& shape) { infos_.push_back(value_info(name, shape, 1, {})); }

  // Without elements: external data, of which only the shape is known.
  void constant(const std::string& name, const Extents& shape, std::optional<std::vector<double>> elements = {},
                int type = 1) {
    std::string text;
    protozero::pbf_writer tensor{text};
    tensor.add_packed_int64(1, shape.begin(), shape.end());
    tensor.add_int32(2, type);
    tensor.add_string(8, name);
    if (elements && type == 7) {
      const Extents integers(elements->begin(), elements->end());
      tensor.add_packed_int64(7, integers.begin(), integers.end());
    } else if (elements && type == 1) {
      const std::vector<float> floats(elements->begin(), elements->end());
      tensor.add_packed_float(4, floats.begin(), floats.end());
    } else if (elements) {
      const std::vector<std::int32_t> integers(elements->begin(), elements->end());
      tensor.add_packed_int32(5, integers.begin(), integers.end());
    } else {
      tensor.add_int32(14, 1);
    }
    initializers_.push_back(text);
  }

  // The reference holds until the next node.
  OnnxNode& node(std::string type, std::vector<std::string> inputs, std::vector<std::string> outputs,
                 std::vector<OnnxAttribute> attributes = {}) {
    nodes_.push_back({std::move(type), std::move(inputs), std::move(outputs), std::move(attributes)});
    return nodes_.back();
  }

  // A function of the file: what `body` has as nodes, between values of the given names.
  void function(const std::string& domain, const std::string& name, const std::vector<std::string>& inputs,
                const std::vector<std::string>& outputs, const ModelWriter& body,
                const std::vector<OnnxAttribute>& defaults = {}) {
    std::string text;
    protozero::pbf_writer function{text};
    function.add_string(1, name);
    for (const std::string& input : inputs) function.add_string(4, input);
    for (const std::string& output : outputs) function.add_string(5, output);
    for (const OnnxNode& node : body.nodes_) function.add_message(7, encoded(node));
    function.add_message(9, body.version());
    function.add_string(10, domain);
    for (const OnnxAttribute& attribute : defaults) function.add_message(11, encoded(attribute));
    functions_.push_back(text);
  }

  // The GraphProto, as bodies of other models' nodes have it.
  [[nodiscard]] std::string graph() const {
    std::string text;
    protozero::pbf_writer graph{text};
    for (const OnnxNode& node : nodes_) graph.add_message(1, encoded(node));
    graph.add_string(2, "test");
    for (const std::string& tensor : initializers_) graph.add_message(5, tensor);
    for (const std::string& info : inputs_) graph.add_message(11, info);
    for (const std::string& info : outputs_) graph.add_message(12, info);
    for (const std::string& info : infos_) graph.add_message(13, info);
    return text;
  }

  [[nodiscard]] std::string bytes() const {
    std::string text;
    protozero::pbf_writer model{text};
    model.add_int64(1, 8);
    model.add_message(7, graph());
    model.add_message(8, version());
    for (const std::string& function : functions_) model.add_message(25, function);
    return text;
  }

  [[nodiscard]] Graph import(const OnnxOptions& options = {}, ImportLog* log = nullptr) const {
    const std::string text = bytes();
    return import_onnx(std::as_bytes(std::span(text)), "test.onnx", options, log);
  }

 private:
  static std::string value_info(const std::string& name, const Extents& shape, int type,
                                const std::vector<std::string>& symbols, bool has_shape = true) {
    std::string text;
    protozero::pbf_writer info{text};
    info.add_string(1, name);
    protozero::pbf_writer value_type{info, 2};
    protozero::pbf_writer tensor{value_type, 1};
    tensor.add_int32(1, type);
    if (has_shape) {
      protozero::pbf_writer dimensions{tensor, 2};
      for (std::size_t k = 0; k < shape.size(); ++k) {
        protozero::pbf_writer dimension{dimensions, 1};
        if (k < symbols.size() && !symbols[k].empty())
          dimension.add_string(2, symbols[k]);
        else if (shape[k] != -1)
          dimension.add_int64(1, shape[k]);
      }
    }
    tensor.commit();
    value_type.commit();
    return text;
  }

  [[nodiscard]] std::string version() const {
    std::string text;
    protozero::pbf_writer{text}.add_int64(2, opset);
    return text;
  }

  static std::string encoded(const OnnxAttribute& attribute) {
    std::string text;
    protozero::pbf_writer field{text};
    field.add_string(1, attribute.name);
    if (attribute.integer) field.add_int64(3, *attribute.integer);
    if (attribute.integers) field.add_packed_int64(8, attribute.integers->begin(), attribute.integers->end());
    if (attribute.real) field.add_float(2, *attribute.real);
    if (attribute.text) field.add_string(4, *attribute.text);
    if (attribute.reals) field.add_packed_float(7, attribute.reals->begin(), attribute.reals->end());
    if (attribute.graph) field.add_message(6, *attribute.graph);
    if (attribute.reference) field.add_string(21, *attribute.reference);
    return text;
  }

  static std::string encoded(const OnnxNode& node) {
    std::string text;
    protozero::pbf_writer writer{text};
    for (const std::string& input : node.inputs) writer.add_string(1, input);
    for (const std::string& output : node.outputs) writer.add_string(2, output);
    if (!node.name.empty()) writer.add_string(3, node.name);
    writer.add_string(4, node.type);
    for (const OnnxAttribute& attribute : node.attributes) writer.add_message(5, encoded(attribute));
    if (!node.domain.empty()) writer.add_string(7, node.domain);
    return text;
  }

  std::vector<OnnxNode> nodes_;
  std::vector<std::string> initializers_, inputs_, outputs_, infos_, functions_;
};

}  // namespace hwcost::test
