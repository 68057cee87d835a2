#include "assumptions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hwcost {
namespace {

std::string layers_text(std::size_t some, std::size_t all) {
  return some == all ? fmt::format("all {} layers", all) : fmt::format("{} of {} layers", some, all);
}

void add_inputs(const Graph& graph, std::vector<std::string>& lines) {
  for (const TensorId id : graph.inputs) {
    const Tensor& tensor = graph.tensors[id];
    if (!tensor.known_shape || tensor.shape.empty()) continue;
    lines.push_back(fmt::format("input '{}' is {}", tensor.name, fmt::join(tensor.shape, "x")));
  }
}

void add_widths(const Graph& graph, const Tally& tally, std::vector<std::string>& lines) {
  for (const auto& [description, layers] : tally.assumed_widths) {
    const DefaultBits& bits = *description->default_bits();
    lines.push_back(fmt::format("widths w{}a{} assumed for {}, whose numbers are floating point (default_bits of {})",
                                bits.weight_bits, bits.activation_bits, layers_text(layers, graph.nodes.size()),
                                description->name()));
  }
}

std::string_view consequence(const Unmodelled& unmodelled) {
  switch (unmodelled.policy) {
    case Unmodelled::Policy::free:
      return "counted as 0";
    case Unmodelled::Policy::fallback:
      return "priced on the fallback where that can run them";
    case Unmodelled::Policy::error:
      break;
  }
  return "left out";
}

void add_unmodelled(const Graph& graph, const Description& description, const Tally& tally,
                    std::vector<std::string>& lines) {
  if (tally.unmodelled > 0) {
    lines.push_back(fmt::format("{} not modelled by {}: {} ({})", layers_text(tally.unmodelled, graph.nodes.size()),
                                description.name(), consequence(description.unmodelled()),
                                fmt::join(tally.unmodelled_operators, ", ")));
  }
  if (tally.macs_counted_as_0 > 0.0) {
    lines.push_back(
        fmt::format("layers counted as 0 have {:.0f} MACs, which no price covers", tally.macs_counted_as_0));
  }
  if (tally.on_fallback > 0) {
    lines.push_back(fmt::format("{} priced on {}", layers_text(tally.on_fallback, graph.nodes.size()),
                                description.unmodelled().fallback));
  }
  if (tally.proven_free > 0) {
    lines.push_back(fmt::format("{} free: views, and clamps and batch norms that are done by the layer before",
                                layers_text(tally.proven_free, graph.nodes.size())));
  }
  if (tally.unknown > 0) {
    lines.push_back(
        fmt::format("{} of unknown work, which is in no total", layers_text(tally.unknown, graph.nodes.size())));
  }
  if (tally.uncounted > 0) {
    lines.push_back(fmt::format("{} not counted by the convention of {}: modules {}",
                                layers_text(tally.uncounted, graph.nodes.size()), description.name(),
                                fmt::join(description.uncounted_modules(), ", ")));
  }
}

void add_guesses(const Description& description, std::vector<std::string>& lines) {
  std::vector<std::string_view> guessed;
  for (const auto& [key, parameter] : description.parameters()) {
    if (parameter.kind == Provenance::guessed) guessed.push_back(key);
  }
  if (guessed.empty()) return;
  lines.push_back(fmt::format("guessed parameters of {}: {}", description.name(), fmt::join(guessed, ", ")));
}

void add_residual(const Description& description, std::vector<std::string>& lines) {
  const auto& record = description.calibration();
  if (!record || !record->residual) return;
  lines.push_back(
      fmt::format("{} of layers on {} is the model's price, corrected by what boosted trees learned of {:.0f} "
                  "measurements ({})",
                  name(record->metric), description.name(), record->measurements, record->residual->file));
}

// Cycles of machines of different clocks have no sum.
void add_clocks(const Machine& machine, std::vector<std::string>& lines) {
  const Machine& other = *machine.fallback;
  const double clock = machine.backend->traits().clock_hertz;
  const double other_clock = other.backend->traits().clock_hertz;
  if (clock == 0.0 || other_clock == 0.0 || clock == other_clock) return;
  lines.push_back(fmt::format("{} runs at {:g} MHz, {} at {:g} MHz: their cycles have no sum",
                              machine.description.name(), clock / 1e6, other.description.name(), other_clock / 1e6));
}

}  // namespace

void Tally::add_assumed_widths(const Description& description, std::size_t layers) {
  const auto known = std::find_if(assumed_widths.begin(), assumed_widths.end(),
                                  [&](const AssumedWidths& widths) { return widths.description == &description; });
  if (known == assumed_widths.end()) {
    assumed_widths.push_back({&description, layers});
  } else {
    known->layers += layers;
  }
}

void Tally::add_unmodelled(const std::string& op) {
  ++unmodelled;
  auto& known = unmodelled_operators;
  if (std::find(known.begin(), known.end(), op) == known.end()) known.push_back(op);
}

std::vector<std::string> assumptions(const Graph& graph, const Machine& machine, const std::optional<Formula>& formula,
                                     const Tally& tally) {
  std::vector<std::string> lines;
  add_inputs(graph, lines);
  add_widths(graph, tally, lines);
  add_unmodelled(graph, machine.description, tally, lines);
  if (tally.on_fallback > 0) add_clocks(machine, lines);
  if (formula) lines.push_back("cost is the value of " + formula->expression());
  lines.insert(lines.end(), graph.notes.begin(), graph.notes.end());
  for (const Machine* m = &machine; m != nullptr; m = m->fallback.get()) {
    add_residual(m->description, lines);
    add_guesses(m->description, lines);
  }
  return lines;
}

}  // namespace hwcost
