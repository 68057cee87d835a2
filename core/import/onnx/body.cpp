#include "body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "naming.hpp"

namespace hwcost::onnx {
namespace {

using Names = std::unordered_set<std::string_view>;

// What the body defines: inputs, initializers and what its nodes write.
Names defined_by(const Body& body) {
  Names names;
  for (const ValueInfo& input : body.inputs) names.insert(input.name);
  for (const StoredTensor& tensor : body.initializers) names.insert(tensor.name);
  for (const Node& node : body.nodes) names.insert(node.outputs.begin(), node.outputs.end());
  return names;
}

const Attribute* find_attribute(const std::vector<Attribute>* attributes, std::string_view name) {
  if (attributes == nullptr) return nullptr;
  const auto found =
      std::find_if(attributes->begin(), attributes->end(), [&](const Attribute& a) { return a.name == name; });
  return found == attributes->end() ? nullptr : &*found;
}

void set_opset(Node& node, const Caller& caller) {
  if (caller.opsets == nullptr) return;
  const auto opset = caller.opsets->find(node.domain);
  if (opset != caller.opsets->end()) node.opset = opset->second;
}

// The copy of bodies within a body: what they read from outside is named anew, their own names stay.
class AttributeCopier {
 public:
  AttributeCopier(const Renaming& renaming, const Caller& caller) : renaming_(renaming), caller_(caller) {}

  // With the caller's attributes in place of references to them.
  std::vector<Attribute> copies(const std::vector<Attribute>& attributes) {
    std::vector<Attribute> result;
    for (const Attribute& attribute : attributes) {
      if (const Attribute* given = referred(attribute)) {
        renaming_.count(bytes_of(*given));
        result.push_back(*given);
        result.back().name = attribute.name;
      } else if (attribute.reference.empty()) {
        result.push_back(attribute);
        if (attribute.body) result.back().body = copy(*attribute.body);
      }  // else the caller leaves it out: the operator's own default holds
    }
    return result;
  }

 private:
  [[nodiscard]] const Attribute* referred(const Attribute& attribute) const {
    if (attribute.reference.empty()) return nullptr;
    const Attribute* given = find_attribute(caller_.attributes, attribute.reference);
    return given != nullptr ? given : find_attribute(caller_.defaults, attribute.reference);
  }

  [[nodiscard]] std::string_view renamed(std::string_view name) const {
    const bool is_inner =
        std::any_of(own_.begin(), own_.end(), [&](const Names& names) { return names.contains(name); });
    return is_inner ? name : renaming_(name);
  }

  std::shared_ptr<const Body> copy(const Body& body) {
    renaming_.count(bytes_of(body));
    own_.push_back(defined_by(body));
    auto result = std::make_shared<Body>(body);
    for (Node& node : result->nodes) {
      for (auto* names : {&node.inputs, &node.captured}) {
        for (std::string_view& name : *names) name = renamed(name);
      }
      node.attributes = copies(node.attributes);
      set_opset(node, caller_);
    }
    for (ValueInfo& output : result->outputs) output.name = renamed(output.name);
    own_.pop_back();
    return result;
  }

  const Renaming& renaming_;
  const Caller& caller_;
  std::vector<Names> own_;  // of the bodies that the copied one lies in
};

}  // namespace

std::vector<std::string_view> captured_values(const Node& node) {
  std::vector<std::string_view> captured;
  Names seen{std::string_view()};
  for (const Attribute& attribute : node.attributes) {
    if (!attribute.body) continue;
    const Names own = defined_by(*attribute.body);
    const auto read = [&](std::string_view name) {
      if (!own.contains(name) && seen.insert(name).second) captured.push_back(name);
    };
    for (const Node& inner : attribute.body->nodes) {
      std::for_each(inner.inputs.begin(), inner.inputs.end(), read);
      std::for_each(inner.captured.begin(), inner.captured.end(), read);
    }
    for (const ValueInfo& output : attribute.body->outputs) read(output.name);
  }
  return captured;
}

std::size_t nodes_within(const Body& body) {
  std::size_t count = body.nodes.size();
  for (const Node& node : body.nodes) {
    for (const Attribute& attribute : node.attributes) {
      if (attribute.body) count += nodes_within(*attribute.body);
    }
  }
  return count;
}

Renaming::Renaming(std::deque<std::string>& texts, std::string label, CopyLimits* limits)
    : texts_(texts),
      label_(std::move(label)),
      limits_(limits),
      value_prefix_(fmt::format("{}#{}/", label_, texts.size())) {}

std::string_view Renaming::keep(std::string name) {
  if (limits_ != nullptr) limits_->check_name(name, label_);
  count(bytes_of_name(name));
  return texts_.emplace_back(std::move(name));
}

void Renaming::make_own(std::string_view name) {
  if (name.empty() || names_.contains(name)) return;
  names_.emplace(name, keep(value_prefix_ + std::string(name)));
}

void Renaming::make_own(const std::vector<Node>& nodes) {
  for (const Node& node : nodes) {
    for (const std::string_view output : node.outputs) make_own(output);
  }
}

std::string_view Renaming::operator()(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? name : found->second;
}

std::string_view Renaming::node_name(const Node& node, std::size_t position) {
  const std::string label = node_label(node, position);
  if (label.find('/') != std::string::npos) return keep(fmt::format("{}/{}", label_, label));
  return keep(fmt::format("{}/{}/{}", label_, label, node.type));
}

std::vector<Node> copy_nodes(const std::vector<Node>& nodes, Renaming& renaming, const Caller& caller) {
  std::vector<Node> copies;
  copies.reserve(nodes.size());
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    renaming.count(bytes_of(nodes[k]));
    Node& copy = copies.emplace_back(nodes[k]);
    copy.name = renaming.node_name(nodes[k], k);
    for (auto* names : {&copy.inputs, &copy.outputs, &copy.captured}) {
      for (std::string_view& name : *names) name = renaming(name);
    }
    copy.attributes = AttributeCopier(renaming, caller).copies(nodes[k].attributes);
    set_opset(copy, caller);
  }
  return copies;
}

Body copy_body(const Body& body, Renaming& renaming) {
  renaming.count(bytes_around_nodes(body));
  Body copy = body;
  const auto rename = [&](auto& items, bool own) {
    for (auto& item : items) {
      if (own) renaming.make_own(item.name);
      item.name = renaming(item.name);
    }
  };
  rename(copy.inputs, true);
  rename(copy.initializers, true);
  renaming.make_own(body.nodes);
  copy.nodes = copy_nodes(body.nodes, renaming);
  rename(copy.outputs, false);
  rename(copy.value_infos, false);
  return copy;
}

}  // namespace hwcost::onnx
