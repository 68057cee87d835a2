// A price table written as JSON: a layer a line.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>

#include "hwcost/import/price_table.hpp"

namespace hwcost {
namespace {

// The shortest text that reads back as the same double; what is no number has no figure.
std::string json_of(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }
std::string json_of(Status status) { return fmt::format("\"{}\"", to_text(status)); }
std::string json_of(std::uint32_t index) { return std::to_string(index); }
std::string json_of(Metric metric) { return fmt::format("\"{}\"", name(metric)); }
// Names come from files and may be no UTF-8: what is none becomes U+FFFD.
std::string json_of(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
std::string json_of(const WidthChoice& choice) {
  const std::string output = choice.output_bits ? fmt::format(", {}", *choice.output_bits) : "";
  return fmt::format("[{}, {}{}]", choice.weight_bits, choice.input_bits, output);
}
std::string json_of(const PriceTableContents::Source& source) {
  return fmt::format(R"({{"name": {}, "sha256": {}}})", json_of(source.name), json_of(source.sha256));
}
std::string json_of(const PriceTableContents::Unpriced& layer) {
  return fmt::format(R"({{"name": {}, "reason": {}}})", json_of(layer.name), json_of(layer.reason));
}

template <class Values>
std::string list(const Values& values, std::string_view separator = ", ") {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : std::string(separator)) + json_of(value);
  return "[" + text + "]";
}

std::string layer_text(const PriceTableContents& c, std::size_t layer) {
  const std::size_t choices = c.choices.size();
  const auto of_layer = [&](const auto& column, std::size_t row) {
    return list(std::span(column).subspan(row * choices, choices));
  };
  std::string prices;
  for (std::size_t m = 0; m < c.metrics.size(); ++m)
    prices += (m == 0 ? "" : ", ") + of_layer(c.prices, m * c.layers.size() + layer);
  return fmt::format(R"({{"name": {}, "node": {}, "macs": {}, "prices": [{}], "statuses": {}, "reasons": {}}})",
                     json_of(c.layers[layer].name), c.layers[layer].node, json_of(c.layers[layer].macs), prices,
                     of_layer(c.statuses, layer), of_layer(c.reason_of, layer));
}

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw InputError({file.string(), 0}, what);
}

}  // namespace

std::string price_table_to_json(const PriceTable& table) {
  const PriceTableContents& c = table.contents();
  std::string layers;
  for (std::size_t k = 0; k < c.layers.size(); ++k) layers += (k == 0 ? "\n    " : ",\n    ") + layer_text(c, k);
  std::string text = "{\n  \"schema\": \"hwcost-price-table/1\"";
  const auto add = [&text](std::string_view name, const std::string& value) {
    text += fmt::format(",\n  \"{}\": {}", name, value);
  };
  add("model", json_of(c.model));
  add("formula", json_of(c.formula));
  add("machines", list(c.machines));
  add("choices", list(c.choices));
  add("metrics", list(c.metrics));
  add("fixed", list(c.fixed));
  add("unpriced", list(c.unpriced, ",\n    "));
  add("reasons", list(c.reasons, ",\n    "));
  add("layers", "[" + layers + "]");
  return text + "\n}\n";
}

void save_price_table(const PriceTable& table, const std::filesystem::path& file) {
  std::string beside = file.string() + ".XXXXXX";
  const int descriptor = ::mkstemp(beside.data());
  if (descriptor < 0) fail(file, "cannot be written: " + std::generic_category().message(errno));
  ::close(descriptor);
  std::error_code error;
  std::ofstream stream(beside, std::ios::binary | std::ios::trunc);
  stream << price_table_to_json(table);
  stream.close();
  if (!stream) {
    std::filesystem::remove(beside, error);
    fail(file, "cannot be written: the disk is full or the folder is read-only");
  }
  constexpr auto kReadableByAll = std::filesystem::perms(0644);
  std::filesystem::permissions(beside, kReadableByAll, error);
  std::filesystem::rename(beside, file, error);
  if (!error) return;
  const std::string reason = error.message();
  std::filesystem::remove(beside, error);
  fail(file, "cannot be written: " + reason);
}

}  // namespace hwcost
