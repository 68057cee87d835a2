#include "functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "body.hpp"
#include "hwcost/error.hpp"
#include "naming.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::size_t kDeepestCall = 64;
constexpr std::size_t kMostNodes = 200000;  // of all expanded functions together

class Expander {
 public:
  Expander(Model& model, const std::string& file) : texts_(model.texts), file_(file), limits_(file) {
    for (const Function& function : model.functions) {
      if (find_operator(function.domain, function.name) != nullptr) continue;
      if (!functions_.emplace(key(function.domain, function.name, function.overload), &function).second) {
        throw InputError({file, 0}, fmt::format("function '{}' is defined twice", clean_text(function.name)));
      }
    }
  }

  // In place of each node that calls a function, those of its body; everything else stays.
  std::vector<Node> expanded(std::vector<Node> nodes) {
    std::vector<Node> result;
    result.reserve(nodes.size());
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      Node& node = nodes[k];
      const auto called = functions_.find(key(node.domain, node.type, node.overload));
      if (called != functions_.end()) {
        for (Node& inner : body_of(*called->second, node, k)) result.push_back(std::move(inner));
      } else {
        expand_attributes(node, k);
        result.push_back(std::move(node));
      }
    }
    return result;
  }

 private:
  using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
  static Key key(std::string_view domain, std::string_view name, std::string_view overload) {
    return {domain, name, overload};
  }

  [[noreturn]] void fail(const Node& node, std::size_t position, const std::string& what) const {
    throw InputError({fmt::format("{}: node {}", file_, node_label(node, position)), 0}, what);
  }

  [[noreturn]] void fail_size(const Node& node, std::size_t position) const {
    fail(node, position, fmt::format("functions make more than {} nodes", kMostNodes));
  }

  void count_made(std::size_t nodes, const Node& node, std::size_t position) {
    made_ += nodes;
    if (made_ > kMostNodes) fail_size(node, position);
  }

  // Nodes that a call makes at least, found without making them: what calls itself, lies too deep or comes from the
  // caller's attributes is met while it is made.
  std::size_t least_size(const Function& function) {
    const auto [known, is_new] = least_sizes_.emplace(&function, 0);
    if (!is_new || depth_ == kDeepestCall) return known->second;
    ++depth_;
    const std::size_t size = least_size(function.nodes);
    --depth_;
    return least_sizes_[&function] = size;
  }

  std::size_t least_size(const std::vector<Node>& nodes) {
    std::size_t size = nodes.size();
    for (const Node& node : nodes) {
      const auto called = functions_.find(key(node.domain, node.type, node.overload));
      if (called != functions_.end()) {
        size += least_size(*called->second);
      } else {
        for (const Attribute& attribute : node.attributes) {
          if (attribute.body) size += least_size(attribute.body->nodes);
        }
      }
      size = std::min(size, kMostNodes + 1);
    }
    return size;
  }

  std::vector<Node> body_of(const Function& function, const Node& node, std::size_t position) {
    if (std::find(active_.begin(), active_.end(), &function) != active_.end()) {
      fail(node, position, fmt::format("function '{}' calls itself", clean_text(function.name)));
    }
    if (active_.size() == kDeepestCall) {
      fail(node, position, fmt::format("functions lie more than {} deep in each other", kDeepestCall));
    }
    if (active_.empty() && made_ + least_size(function) > kMostNodes) fail_size(node, position);
    count_made(function.nodes.size(), node, position);
    if (node.inputs.size() > function.inputs.size() || node.outputs.size() > function.outputs.size()) {
      fail(node, position,
           fmt::format("function '{}' has {} inputs and {} outputs, the node {} and {}", clean_text(function.name),
                       function.inputs.size(), function.outputs.size(), node.inputs.size(), node.outputs.size()));
    }
    active_.push_back(&function);
    std::vector<Node> nodes = expanded(copied_body(function, node, position));
    active_.pop_back();
    return nodes;
  }

  std::vector<Node> copied_body(const Function& function, const Node& node, std::size_t position) {
    Renaming renaming(texts_, node_label(node, position), &limits_);
    for (std::size_t k = 0; k < function.inputs.size(); ++k) {
      renaming.set(function.inputs[k], k < node.inputs.size() ? node.inputs[k] : std::string_view());
    }
    std::vector<Node> passed_on;  // an input that is an output too
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      const std::string_view formal = function.outputs[k];
      if (node.outputs[k].empty()) continue;
      if (renaming.has(formal)) {
        passed_on.push_back(identity(renaming(formal), node.outputs[k]));
      } else {
        renaming.set(formal, node.outputs[k]);
      }
    }
    renaming.make_own(function.nodes);
    std::vector<Node> nodes =
        copy_nodes(function.nodes, renaming,
                   {.attributes = &node.attributes, .defaults = &function.defaults, .opsets = &function.opsets});
    for (Node& alias : passed_on) nodes.push_back(std::move(alias));
    return nodes;
  }

  static Node identity(std::string_view from, std::string_view to) {
    Node node;
    node.type = "Identity";
    node.inputs = {from};
    node.outputs = {to};
    return node;
  }

  void expand_attributes(Node& node, std::size_t position) {
    for (Attribute& attribute : node.attributes) {
      if (!attribute.body) continue;
      if (!active_.empty()) {
        count_made(attribute.body->nodes.size(), node, position);
        limits_.add(bytes_of(*attribute.body), node_label(node, position));
      }
      auto body = std::make_shared<Body>(*attribute.body);
      body->nodes = expanded(std::move(body->nodes));
      attribute.body = std::move(body);
    }
  }

  std::deque<std::string>& texts_;
  const std::string& file_;
  CopyLimits limits_;
  std::map<Key, const Function*> functions_;
  std::vector<const Function*> active_;
  std::size_t made_ = 0;
  std::map<const Function*, std::size_t> least_sizes_;
  std::size_t depth_ = 0;  // of least_size
};

}  // namespace

void expand_functions(Model& model, const std::string& file) {
  if (model.functions.empty()) return;
  model.nodes = Expander(model, file).expanded(std::move(model.nodes));
}

}  // namespace hwcost::onnx
