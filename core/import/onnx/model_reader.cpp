#include "model_reader.hpp"

#include <fmt/format.h>

#include <protozero/pbf_reader.hpp>

#include "body.hpp"
#include "hwcost/error.hpp"
#include "naming.hpp"

namespace hwcost::onnx {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// A field is recognised by number and wire type together: a field of an unexpected wire type is an unknown field.
constexpr std::uint32_t varint(std::uint32_t tag) { return protozero::tag_and_type(tag, pbf_wire_type::varint); }
constexpr std::uint32_t fixed32(std::uint32_t tag) { return protozero::tag_and_type(tag, pbf_wire_type::fixed32); }
constexpr std::uint32_t bytes(std::uint32_t tag) {
  return protozero::tag_and_type(tag, pbf_wire_type::length_delimited);
}

std::string_view view(pbf_reader& reader) {
  const protozero::data_view data = reader.get_view();
  return {data.data(), data.size()};
}

pbf_reader message(pbf_reader& reader) { return pbf_reader{reader.get_view()}; }

void append_packed_integers(pbf_reader& reader, std::vector<std::int64_t>& values) {
  for (const std::int64_t value : reader.get_packed_int64()) values.push_back(value);
}

StoredTensor read_tensor(std::string_view text) {
  StoredTensor tensor;
  tensor.message = text;
  pbf_reader reader{text.data(), text.size()};
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case varint(1):
        tensor.dims.push_back(reader.get_int64());
        break;
      case bytes(1):
        append_packed_integers(reader, tensor.dims);
        break;
      case varint(2):
        tensor.type = reader.get_int32();
        break;
      case bytes(8):
        tensor.name = view(reader);
        break;
      case bytes(9):
        tensor.raw = view(reader);
        break;
      case varint(14):
        tensor.external = reader.get_int32() == 1;
        break;
      default:
        reader.skip();
    }
  }
  return tensor;
}

// Only name, type and full shape of a sparse tensor matter.
StoredTensor read_sparse_tensor(pbf_reader reader) {
  StoredTensor tensor;
  Shape dims;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        tensor = read_tensor(view(reader));
        break;
      case varint(3):
        dims.push_back(reader.get_int64());
        break;
      case bytes(3):
        append_packed_integers(reader, dims);
        break;
      default:
        reader.skip();
    }
  }
  tensor.dims = std::move(dims);
  tensor.raw = tensor.message = {};
  return tensor;
}

// Writers may leave out zeros: an attribute that says its type and holds nothing holds that type's zero.
void fill_zero(Attribute& attribute, std::int32_t type) {
  constexpr std::int32_t kFloatType = 1;
  constexpr std::int32_t kIntType = 2;
  constexpr std::int32_t kStringType = 3;
  if (!attribute.is_empty()) return;
  if (type == kFloatType) attribute.real = 0.0;
  if (type == kIntType) attribute.integer = 0;
  if (type == kStringType) attribute.text = std::string_view();
}

constexpr int kDeepestBody = 16;

// Where a message stands: how many bodies deep.
struct Place {
  const std::string& file;
  int depth = 0;
};

std::shared_ptr<const Body> read_body(pbf_reader reader, const Place& place);

Attribute read_attribute(pbf_reader reader, const Place& place) {
  Attribute attribute;
  std::int32_t type = 0;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        attribute.name = view(reader);
        break;
      case fixed32(2):
        attribute.real = static_cast<double>(reader.get_float());
        break;
      case varint(3):
        attribute.integer = reader.get_int64();
        break;
      case bytes(4):
        attribute.text = view(reader);
        break;
      case bytes(5):
        attribute.tensor = read_tensor(view(reader));
        break;
      case fixed32(7):
        attribute.reals.push_back(static_cast<double>(reader.get_float()));
        break;
      case bytes(7):
        for (const float value : reader.get_packed_float()) attribute.reals.push_back(static_cast<double>(value));
        break;
      case varint(8):
        attribute.integers.push_back(reader.get_int64());
        break;
      case bytes(8):
        append_packed_integers(reader, attribute.integers);
        break;
      case bytes(6):
        attribute.body = read_body(message(reader), {place.file, place.depth + 1});
        break;
      case bytes(9):
      case bytes(10):
      case bytes(11):
        attribute.has_other = true;
        reader.skip();
        break;
      case bytes(22):
        attribute.tensor = read_sparse_tensor(message(reader));
        break;
      case bytes(21):
        attribute.reference = view(reader);
        break;
      case varint(20):
        type = reader.get_int32();
        break;
      default:
        reader.skip();
    }
  }
  fill_zero(attribute, type);
  return attribute;
}

std::string_view normal_domain(std::string_view domain) { return domain == "ai.onnx" ? std::string_view() : domain; }

constexpr std::size_t kMostAttributes = 1024;  // of a node: they are found by name, one after the other

Node read_node(pbf_reader reader, const Place& place) {
  Node node;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        node.inputs.push_back(view(reader));
        break;
      case bytes(2):
        node.outputs.push_back(view(reader));
        break;
      case bytes(3):
        node.name = view(reader);
        break;
      case bytes(4):
        node.type = view(reader);
        break;
      case bytes(5):
        node.attributes.push_back(read_attribute(message(reader), place));
        break;
      case bytes(7):
        node.domain = normal_domain(view(reader));
        break;
      case bytes(8):
        node.overload = view(reader);
        break;
      default:
        reader.skip();
    }
  }
  if (node.attributes.size() > kMostAttributes) {
    throw InputError({place.file, 0}, fmt::format("node {} has {} attributes, wanted at most {}", node_label(node, 0),
                                                  node.attributes.size(), kMostAttributes));
  }
  node.captured = captured_values(node);
  return node;
}

Dimension read_dimension(pbf_reader reader) {
  Dimension dimension;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case varint(1):
        dimension.value = reader.get_int64();
        break;
      case bytes(2):
        dimension.symbol = view(reader);
        break;
      default:
        reader.skip();
    }
  }
  return dimension;
}

std::vector<Dimension> read_shape(pbf_reader reader) {
  std::vector<Dimension> shape;
  while (reader.next()) {
    if (static_cast<std::uint32_t>(reader.tag_and_type()) == bytes(1)) {
      shape.push_back(read_dimension(message(reader)));
    } else {
      reader.skip();
    }
  }
  return shape;
}

void read_tensor_type(pbf_reader reader, ValueInfo& info) {
  info.is_tensor = true;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case varint(1):
        info.type = reader.get_int32();
        break;
      case bytes(2):
        info.shape = read_shape(message(reader));
        break;
      default:
        reader.skip();
    }
  }
}

ValueInfo read_value_info(pbf_reader reader) {
  ValueInfo info;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        info.name = view(reader);
        break;
      case bytes(2): {
        pbf_reader type = message(reader);
        while (type.next()) {
          if (static_cast<std::uint32_t>(type.tag_and_type()) == bytes(1)) {
            read_tensor_type(message(type), info);
          } else {
            type.skip();
          }
        }
        break;
      }
      default:
        reader.skip();
    }
  }
  return info;
}

void read_graph(pbf_reader reader, Body& body, const Place& place) {
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        body.nodes.push_back(read_node(message(reader), place));
        break;
      case bytes(2):
        body.name = view(reader);
        break;
      case bytes(5):
        body.initializers.push_back(read_tensor(view(reader)));
        break;
      case bytes(11):
        body.inputs.push_back(read_value_info(message(reader)));
        break;
      case bytes(12):
        body.outputs.push_back(read_value_info(message(reader)));
        break;
      case bytes(13):
        body.value_infos.push_back(read_value_info(message(reader)));
        break;
      case bytes(15):
        body.initializers.push_back(read_sparse_tensor(message(reader)));
        break;
      default:
        reader.skip();
    }
  }
}

std::shared_ptr<const Body> read_body(pbf_reader reader, const Place& place) {
  if (place.depth > kDeepestBody) {
    throw InputError({place.file, 0}, fmt::format("its graphs lie more than {} deep in each other", kDeepestBody));
  }
  auto body = std::make_shared<Body>();
  read_graph(reader, *body, place);
  return body;
}

void read_opset(pbf_reader reader, Opsets& opsets) {
  std::string_view domain;
  std::int64_t version = 0;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        domain = normal_domain(view(reader));
        break;
      case varint(2):
        version = reader.get_int64();
        break;
      default:
        reader.skip();
    }
  }
  opsets[domain] = version;
}

Function read_function(pbf_reader reader, const Place& place) {
  Function function;
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(1):
        function.name = view(reader);
        break;
      case bytes(4):
        function.inputs.push_back(view(reader));
        break;
      case bytes(5):
        function.outputs.push_back(view(reader));
        break;
      case bytes(7):
        function.nodes.push_back(read_node(message(reader), place));
        break;
      case bytes(9):
        read_opset(message(reader), function.opsets);
        break;
      case bytes(10):
        function.domain = normal_domain(view(reader));
        break;
      case bytes(11):
        function.defaults.push_back(read_attribute(message(reader), place));
        break;
      case bytes(13):
        function.overload = view(reader);
        break;
      default:
        reader.skip();
    }
  }
  if (function.defaults.size() > kMostAttributes) {
    throw InputError({place.file, 0},
                     fmt::format("function '{}' has {} attributes, wanted at most {}", clean_text(function.name),
                                 function.defaults.size(), kMostAttributes));
  }
  return function;
}

}  // namespace

Model read_model(std::span<const std::byte> file_bytes, const std::string& file) {
  Model model;
  bool has_graph = false;
  pbf_reader reader{reinterpret_cast<const char*>(file_bytes.data()), file_bytes.size()};
  while (reader.next()) {
    switch (static_cast<std::uint32_t>(reader.tag_and_type())) {
      case bytes(7):
        has_graph = true;
        read_graph(message(reader), model, {file});
        break;
      case bytes(8):
        read_opset(message(reader), model.opsets);
        break;
      case bytes(25):
        model.functions.push_back(read_function(message(reader), {file}));
        break;
      default:
        reader.skip();
    }
  }
  if (!has_graph) throw InputError({file, 0}, "no ONNX model: the file holds no graph");
  if (model.nodes.empty()) throw InputError({file, 0}, "the model's graph has no nodes");
  return model;
}

}  // namespace hwcost::onnx
