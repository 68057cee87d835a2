#include "calibration_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "description_fields.hpp"
#include "did_you_mean.hpp"
#include "hwcost/error.hpp"

namespace hwcost {
namespace {

using Nodes = std::vector<InfoNode>;

[[noreturn]] void fail(const InfoNode& node, const std::string& file, std::string_view wanted) {
  throw InputError({file, node.line},
                   fmt::format("{} is {}; {} is wanted", in_quotes(node.key), in_quotes(node.value), wanted));
}

// Nothing but a finite number, which goes to `value`.
bool read_number(std::string_view text, double& value) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

double number_in(const InfoNode& node, const std::string& file, double low, double high) {
  double value = 0.0;
  if (!read_number(node.value, value) || value < low || value > high)
    fail(node, file, fmt::format("a number from {} to {}", low, high));
  return value;
}

// "LOW HIGH"
template <class Pair>
Pair ordered_pair(const std::vector<std::string>& words, std::size_t first, const InfoNode& node,
                  const std::string& file, std::string_view wanted) {
  Pair pair;
  const bool are_numbers =
      first + 1 < words.size() && read_number(words[first], pair.low) && read_number(words[first + 1], pair.high);
  if (!are_numbers || pair.low > pair.high) fail(node, file, wanted);
  return pair;
}

ErrorBand band(const InfoNode& node, const std::string& file) {
  constexpr std::string_view kWanted = "two shares, the lower one first,";
  const std::vector<std::string> words = parse_words({node.value, {file, node.line}});
  if (words.size() != 2) fail(node, file, kWanted);
  const auto result = ordered_pair<ErrorBand>(words, 0, node, file, kWanted);
  if (result.low < -1.0) fail(node, file, "a lower share of at least -1");
  return result;
}

// "in_channels 3 2048 kernel_height 1 7"
std::vector<SeenRange> ranges(const InfoNode& node, const std::string& file) {
  constexpr std::string_view kWanted = "\"FIGURE LOW HIGH FIGURE LOW HIGH ...\"";
  const std::vector<std::string> words = parse_words({node.value, {file, node.line}});
  if (words.size() % 3 != 0) fail(node, file, kWanted);
  std::vector<SeenRange> result;
  for (std::size_t i = 0; i < words.size(); i += 3) {
    result.push_back(ordered_pair<SeenRange>(words, i + 1, node, file, kWanted));
    result.back().figure = words[i];
  }
  return result;
}

Metric metric(const InfoNode& node, const std::string& file) {
  for (const Metric known : {Metric::latency_seconds, Metric::latency_cycles, Metric::energy_joules}) {
    if (node.value == name(known)) return known;
  }
  fail(node, file, "latency_seconds, latency_cycles or energy_joules");
}

const InfoNode* find(const Nodes& nodes, std::string_view key) {
  const auto it = std::find_if(nodes.begin(), nodes.end(), [&](const InfoNode& node) { return node.key == key; });
  return it == nodes.end() ? nullptr : &*it;
}

const InfoNode& required(const InfoNode& block, const std::string& file, std::string_view key) {
  if (const InfoNode* node = find(block.children, key)) return *node;
  throw InputError({file, block.line}, fmt::format("{} has no {}", in_quotes(block.key), in_quotes(key)));
}

CalibratedKind kind(const InfoNode& block, const std::string& file) {
  check_keys(block.children, {"layers", "median_error", "interval", "seen"}, file);
  check_unique(block.children, file);
  if (block.value.empty()) fail(block, file, "a kind of layer");
  return {.kind = block.value,
          .layers = number_in(required(block, file, "layers"), file, 1.0, 1e15),
          .median_error = number_in(required(block, file, "median_error"), file, 0.0, 1e15),
          .band = band(required(block, file, "interval"), file),
          .seen = ranges(required(block, file, "seen"), file)};
}

ResidualFile residual(const InfoNode& block, const std::string& file) {
  check_keys(block.children, {"file", "sha256"}, file);
  check_unique(block.children, file);
  const InfoNode& name = required(block, file, "file");
  if (name.value.empty() || name.value.find('/') != std::string::npos)
    fail(name, file, "the name of a file beside this one");
  return {name.value, required(block, file, "sha256").value, {file, name.line}};
}

}  // namespace

CalibrationRecord parse_calibration(const InfoNode& block, const std::string& file) {
  check_keys(
      block.children,
      {"metric", "coverage", "measurements", "sha256", "date", "machine", "kind", "network_interval", "residual"},
      file);
  Nodes once = block.children;
  std::erase_if(once, [](const InfoNode& node) { return node.key == "kind"; });
  check_unique(once, file);
  CalibrationRecord record;
  record.metric = metric(required(block, file, "metric"), file);
  record.coverage = number_in(required(block, file, "coverage"), file, 0.5, 0.999);
  record.measurements = number_in(required(block, file, "measurements"), file, 1.0, 1e15);
  record.sha256 = required(block, file, "sha256").value;
  record.date = required(block, file, "date").value;
  if (const InfoNode* machine = find(once, "machine")) record.machine = machine->value;
  if (const InfoNode* networks = find(once, "network_interval")) record.networks = band(*networks, file);
  if (const InfoNode* learned = find(once, "residual")) record.residual = residual(*learned, file);
  for (const InfoNode& node : block.children) {
    if (node.key != "kind") continue;
    CalibratedKind one = kind(node, file);
    if (record.find(one.kind) != nullptr)
      throw InputError({file, node.line}, fmt::format("kind {} is given twice", in_quotes(one.kind)));
    record.kinds.push_back(std::move(one));
  }
  return record;
}

}  // namespace hwcost
