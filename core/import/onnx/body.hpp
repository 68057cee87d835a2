// Bodies: the nodes of subgraphs and functions, and copies of them under names of their own.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "copy_limits.hpp"
#include "model.hpp"

namespace hwcost::onnx {

// Values from outside that the bodies of the node's attributes read, each once.
std::vector<std::string_view> captured_values(const Node& node);

// Nodes of the body and of the bodies in it.
std::size_t nodes_within(const Body& body);

// Names that a copy of a body has in place of its own. Values from outside keep theirs.
class Renaming {
 public:
  // `texts` keeps the new names; those of nodes begin with `label`, those of values too and are there once. `limits`
  // may be null: where copies are at most a multiple of the file.
  Renaming(std::deque<std::string>& texts, std::string label, CopyLimits* limits);

  void set(std::string_view name, std::string_view in_its_place) { names_.insert_or_assign(name, in_its_place); }
  void make_own(std::string_view name);           // unless it is set already
  void make_own(const std::vector<Node>& nodes);  // what they write
  [[nodiscard]] bool has(std::string_view name) const { return names_.contains(name); }
  [[nodiscard]] std::string_view operator()(std::string_view name) const;
  // "/block/If" and "conv" are "/block/If/conv/Conv": a scope of its own for what has no path.
  [[nodiscard]] std::string_view node_name(const Node& node, std::size_t position);
  // Counts bytes that the copy takes besides.
  void count(std::size_t bytes) const {
    if (limits_ != nullptr) limits_->add(bytes, label_);
  }

 private:
  std::string_view keep(std::string name);

  std::deque<std::string>& texts_;
  std::string label_;
  CopyLimits* limits_;
  std::string value_prefix_;
  std::unordered_map<std::string_view, std::string_view> names_;
};

// What the nodes of a function take from the node that calls it; null for subgraphs.
struct Caller {
  const std::vector<Attribute>* attributes = nullptr;  // of the calling node
  const std::vector<Attribute>* defaults = nullptr;    // of the function
  const Opsets* opsets = nullptr;                      // of the function
};

std::vector<Node> copy_nodes(const std::vector<Node>& nodes, Renaming& renaming, const Caller& caller = {});

// Inputs, outputs, initializers and nodes: all that the body defines gets a name of its own.
Body copy_body(const Body& body, Renaming& renaming);

}  // namespace hwcost::onnx
