#include "node_list.hpp"

#include <fmt/format.h>

#include "node_import.hpp"

namespace hwcost::onnx {

std::string_view NodeList::operand(std::size_t k) const {
  return call_.has(k) ? call_.node().inputs[k] : std::string_view();
}

std::string_view NodeList::result(std::size_t k) const {
  return call_.wants(k) ? call_.node().outputs[k] : std::string_view();
}

// A name that no value of the file has: operands keep theirs, and may be called anything.
std::string_view NodeList::own_value(std::string_view name) {
  auto& texts = call_.builder().texts();
  return texts.emplace_back(fmt::format("{}#{}", name, texts.size()));
}

std::string_view NodeList::add(std::string_view type, std::vector<std::string_view> inputs, std::string_view name,
                               std::string_view output) {
  Node& node = nodes_.emplace_back();
  node.type = type;
  node.name = name;
  node.inputs = std::move(inputs);
  node.outputs = {output.empty() ? own_value(name) : output};
  return node.outputs[0];
}

std::string_view NodeList::constant(std::string_view name, Shape values) {
  const std::string_view output = add("Constant", {}, name);
  Attribute attribute;
  attribute.name = "value_ints";
  attribute.integers = std::move(values);
  last().attributes.push_back(std::move(attribute));
  return output;
}

std::string_view NodeList::define(std::string_view name, Value value) {
  const std::string_view own = own_value(name);
  call_.builder().define(call_.builder().renamed(std::move(value), own));
  return own;
}

std::string_view NodeList::add_output(std::string_view name) {
  last().outputs.push_back(own_value(name));
  return last().outputs.back();
}

void NodeList::set(std::string_view attribute, std::int64_t value) {
  Attribute added;
  added.name = attribute;
  added.integer = value;
  last().attributes.push_back(std::move(added));
}

void NodeList::import() { import_in_its_place(call_, nodes_); }

}  // namespace hwcost::onnx
