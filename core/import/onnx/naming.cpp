#include "naming.hpp"

#include <fmt/format.h>

#include <vector>

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

// Bytes of the well-formed UTF-8 sequence at the start of `text`; 0 where it is not one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first < 0x20 || first == 0x7F ? 0 : 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      result += '?';
      text.remove_prefix(1);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return result;
}

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
