#include "node_order.hpp"

#include <fmt/format.h>

#include <queue>
#include <unordered_map>

#include "hwcost/error.hpp"
#include "naming.hpp"

namespace hwcost::onnx {
namespace {

[[noreturn]] void fail(const std::vector<Node>& nodes, std::size_t node, const std::string& file,
                       const std::string& what) {
  throw InputError({fmt::format("{}: node {}", file, node_label(nodes[node], node)), 0}, what);
}

std::unordered_map<std::string_view, std::size_t> writers(const std::vector<Node>& nodes, const std::string& file) {
  std::unordered_map<std::string_view, std::size_t> result;
  result.reserve(nodes.size());
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    for (const std::string_view output : nodes[k].outputs) {
      if (output.empty() || result.emplace(output, k).second) continue;
      fail(nodes, k, file, fmt::format("writes '{}', which another node writes too", clean_text(output)));
    }
  }
  return result;
}

}  // namespace

std::vector<std::size_t> execution_order(const std::vector<Node>& nodes,
                                         const std::function<bool(std::string_view)>& is_given,
                                         const std::string& file) {
  const auto writer = writers(nodes, file);
  std::vector<std::vector<std::size_t>> readers(nodes.size());
  std::vector<std::size_t> waiting_for(nodes.size(), 0);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    for (const auto* inputs : {&nodes[k].inputs, &nodes[k].captured}) {
      for (const std::string_view input : *inputs) {
        if (input.empty()) continue;
        const auto found = writer.find(input);
        if (found != writer.end()) {
          readers[found->second].push_back(k);
          ++waiting_for[k];
        } else if (!is_given(input)) {
          fail(nodes, k, file, fmt::format("reads '{}', which nothing writes", clean_text(input)));
        }
      }
    }
  }
  // Always the earliest node that can run: a file in order stays as it is.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (waiting_for[k] == 0) ready.push(k);
  }
  std::vector<std::size_t> order;
  order.reserve(nodes.size());
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const std::size_t reader : readers[node]) {
      if (--waiting_for[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() == nodes.size()) return order;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (waiting_for[k] != 0) fail(nodes, k, file, "waits for its own output: the graph has a cycle");
  }
  return order;
}

}  // namespace hwcost::onnx
