#include "node_order.hpp"

#include <fmt/format.h>

#include <numeric>
#include <queue>

#include "hwcost/error.hpp"
#include "naming.hpp"

namespace hwcost::onnx {
namespace {

[[noreturn]] void fail(const std::vector<Node>& nodes, std::size_t node, const std::string& file,
                       const std::string& what) {
  throw InputError({fmt::format("{}: node {}", file, node_label(nodes[node], node)), 0}, what);
}

// Values that each node waits for. Fails where nothing writes one.
std::vector<std::uint32_t> awaited_values(const std::vector<Node>& nodes, const ValueUses& uses,
                                          const std::function<bool(std::string_view)>& is_given,
                                          const std::string& file) {
  std::vector<std::uint32_t> awaited(nodes.size(), 0);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    for (const ValueUses::Id value : uses.read_by(k)) {
      if (value == ValueUses::kNone) continue;
      if (uses.writer(value) != ValueUses::kNone) {
        ++awaited[k];
      } else if (!is_given(uses.name(value))) {
        fail(nodes, k, file, fmt::format("reads '{}', which nothing writes", clean_text(uses.name(value))));
      }
    }
  }
  return awaited;
}

// Whether every node reads only what earlier ones write.
bool is_in_order(const ValueUses& uses, std::size_t nodes) {
  for (std::size_t k = 0; k < nodes; ++k) {
    for (const ValueUses::Id value : uses.read_by(k)) {
      if (value == ValueUses::kNone || uses.writer(value) == ValueUses::kNone) continue;
      if (uses.writer(value) >= k) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<std::size_t> execution_order(const std::vector<Node>& nodes, const ValueUses& uses,
                                         const std::function<bool(std::string_view)>& is_given,
                                         const std::string& file) {
  if (const auto& rewrite = uses.first_rewrite()) {
    fail(nodes, rewrite->node, file,
         fmt::format("writes '{}', which another node writes too", clean_text(uses.name(rewrite->value))));
  }
  std::vector<std::uint32_t> awaited = awaited_values(nodes, uses, is_given, file);
  std::vector<std::size_t> order;
  order.reserve(nodes.size());
  if (is_in_order(uses, nodes.size())) {
    order.resize(nodes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
  }
  // Always the earliest node that can run.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (awaited[k] == 0) ready.push(k);
  }
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const ValueUses::Id value : uses.written_by(node)) {
      if (value == ValueUses::kNone) continue;
      for (const ValueUses::Read& read : uses.readers(value)) {
        if (--awaited[read.node] == 0) ready.push(read.node);
      }
    }
  }
  if (order.size() == nodes.size()) return order;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (awaited[k] != 0) fail(nodes, k, file, "waits for its own output: the graph has a cycle");
  }
  return order;
}

}  // namespace hwcost::onnx
