#include "naming.hpp"

#include <fmt/format.h>

#include <vector>

#include "utf8.hpp"

namespace hwcost::onnx {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (end != 0) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

bool continues(std::string_view scope, std::string_view previous) {
  return scope.size() > previous.size() && scope.substr(0, previous.size()) == previous &&
         scope[previous.size()] == '.';
}

std::string dotted_scope(const std::vector<std::string_view>& scopes) {
  std::vector<std::string_view> kept;
  for (const std::string_view scope : scopes) {
    if (!kept.empty() && continues(scope, kept.back())) {
      kept.back() = scope;
    } else {
      kept.push_back(scope);
    }
  }
  return fmt::format("{}", fmt::join(kept, "."));
}

}  // namespace

std::string clean_text(std::string_view text) { return one_line(text); }

std::string node_label(const Node& node, std::size_t position) {
  if (!node.name.empty()) return clean_text(node.name);
  return fmt::format("{}_{}", clean_text(node.type), position);
}

LayerName layer_name(const Node& node, std::size_t position) {
  const std::string label = node_label(node, position);
  if (node.name.empty()) return {label, ""};
  if (label.find('/') == std::string::npos) {
    const std::size_t dot = label.rfind('.');
    return {label, dot == std::string::npos ? std::string() : label.substr(0, dot)};
  }
  std::vector<std::string_view> scopes = split(label, '/');
  if (scopes.size() < 2) return {scopes.empty() ? label : std::string(scopes.front()), ""};
  scopes.pop_back();
  const std::string scope = dotted_scope(scopes);
  return {scope, scope};
}

}  // namespace hwcost::onnx
