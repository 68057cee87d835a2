#include "node_order.hpp"

#include <fmt/format.h>

#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "hwcost/error.hpp"
#include "naming.hpp"

namespace hwcost::onnx {
namespace {

[[noreturn]] void fail(const Model& model, std::size_t node, const std::string& file, const std::string& what) {
  throw InputError({fmt::format("{}: node {}", file, node_label(model.nodes[node], node)), 0}, what);
}

std::unordered_set<std::string_view> given_names(const Model& model) {
  std::unordered_set<std::string_view> names;
  for (const ValueInfo& input : model.inputs) names.insert(input.name);
  for (const StoredTensor& tensor : model.initializers) names.insert(tensor.name);
  return names;
}

std::unordered_map<std::string_view, std::size_t> writers(const Model& model, const std::string& file) {
  std::unordered_map<std::string_view, std::size_t> result;
  result.reserve(model.nodes.size());
  for (std::size_t k = 0; k < model.nodes.size(); ++k) {
    for (const std::string_view output : model.nodes[k].outputs) {
      if (output.empty() || result.emplace(output, k).second) continue;
      fail(model, k, file, fmt::format("writes '{}', which another node writes too", clean_text(output)));
    }
  }
  return result;
}

}  // namespace

std::vector<std::size_t> execution_order(const Model& model, const std::string& file) {
  const auto given = given_names(model);
  const auto writer = writers(model, file);
  std::vector<std::vector<std::size_t>> readers(model.nodes.size());
  std::vector<std::size_t> waiting_for(model.nodes.size(), 0);
  for (std::size_t k = 0; k < model.nodes.size(); ++k) {
    for (const std::string_view input : model.nodes[k].inputs) {
      if (input.empty()) continue;
      const auto found = writer.find(input);
      if (found != writer.end()) {
        readers[found->second].push_back(k);
        ++waiting_for[k];
      } else if (!given.contains(input)) {
        fail(model, k, file, fmt::format("reads '{}', which nothing writes", clean_text(input)));
      }
    }
  }
  // Always the earliest node that can run: a file in order stays as it is.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t k = 0; k < model.nodes.size(); ++k) {
    if (waiting_for[k] == 0) ready.push(k);
  }
  std::vector<std::size_t> order;
  order.reserve(model.nodes.size());
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const std::size_t reader : readers[node]) {
      if (--waiting_for[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() == model.nodes.size()) return order;
  for (std::size_t k = 0; k < model.nodes.size(); ++k) {
    if (waiting_for[k] != 0) fail(model, k, file, "waits for its own output: the graph has a cycle");
  }
  return order;
}

}  // namespace hwcost::onnx
