// The nodes that stand in the place of one operator.
#pragma once

#include <string_view>
#include <vector>

#include "operator_call.hpp"

namespace hwcost::onnx {

class NodeList {
 public:
  explicit NodeList(OperatorCall& call) : call_(call) {}

  // What the operator reads and writes; empty where it is left out.
  [[nodiscard]] std::string_view operand(std::size_t k) const;
  [[nodiscard]] std::string_view result(std::size_t k) const;

  // Returns what the node writes: `output`, or a value of its own where that is empty.
  std::string_view add(std::string_view type, std::vector<std::string_view> inputs, std::string_view name,
                       std::string_view output = {});
  std::string_view constant(std::string_view name, Shape values);
  // A value that is known already, under a name of its own.
  std::string_view define(std::string_view name, Value value);
  // Of the last node: one output more, an attribute, all of it.
  std::string_view add_output(std::string_view name);
  void set(std::string_view attribute, std::int64_t value);
  Node& last() { return nodes_.back(); }

  void import();

 private:
  std::string_view own_value(std::string_view name);

  OperatorCall& call_;
  std::vector<Node> nodes_;
};

}  // namespace hwcost::onnx
