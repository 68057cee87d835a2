#include "verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "hwcost/default_widths.hpp"

namespace hwcost {
namespace {

// Why nobody can say what a custom layer costs.
std::string why_unknown(const Layer& layer) {
  return layer.custom_reason.empty() ? fmt::format("operator {} is unknown", op_text(layer)) : layer.custom_reason;
}

// Why the node costs nothing on a machine that has no model of its operator; nothing where that is not proven.
std::optional<std::string> why_free(const Graph& graph, const Node& node) {
  const Layer& layer = node.layer;
  if (node.fused_into) return "free: fused into " + graph.nodes[*node.fused_into].layer.name;
  if (layer.op == Op::constant) return "free: constant";
  if (is_view(layer.op)) return "free: view";
  const auto* moved = std::get_if<Movement<>>(&layer.dims);
  if (layer.op == Op::pad && moved != nullptr && moved->in_elements == moved->out_elements) {
    return "free: pads by nothing";
  }
  return std::nullopt;
}

// The segment of the dotted path that is one of `names`; empty where none is.
std::string_view segment_among(std::string_view path, const std::vector<std::string>& names) {
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('.'));
    if (std::find(names.begin(), names.end(), segment) != names.end()) return segment;
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
  }
  return {};
}

}  // namespace

std::string op_text(const Layer& layer) {
  return layer.op == Op::custom && !layer.custom_op.empty() ? layer.custom_op : std::string(name(layer.op));
}

Verdict Judge::operator()(const Graph& graph, const Node& node, const Question& ask) {
  const Layer& layer = node.layer;
  const auto uncounted = segment_among(layer.module, machine_.description.uncounted_modules());
  if (!uncounted.empty()) {
    ++tally_.uncounted;
    Verdict verdict{Status::priced, fmt::format("not counted by this convention: module {}", uncounted), {}, &machine_};
    verdict.is_uncounted = true;
    return verdict;
  }
  if (layer.op == Op::custom) {
    ++tally_.unknown;
    return {Status::unsupported, why_unknown(layer), {}, &machine_};
  }
  Verdict verdict = judge_on(machine_, layer, why_free(graph, node), ask);
  if (formula_ && verdict.status != Status::unsupported) apply_formula(layer, verdict);
  if (!layer.assumption.empty() && verdict.status != Status::unsupported) {
    verdict.status = Status::approximated;
    verdict.reason = verdict.reason.empty() ? layer.assumption : layer.assumption + "; " + verdict.reason;
  }
  return verdict;
}

void Judge::apply_formula(const Layer& layer, Verdict& verdict) const {
  const auto figure = formula_->evaluate(verdict.as_priced ? *verdict.as_priced : layer);
  if (figure) {
    verdict.cost.figure = *figure;
  } else {
    verdict.status = Status::unsupported;
    verdict.reason = figure.error().reason;
  }
}

Verdict Judge::judge_on(const Machine& machine, const Layer& layer, const std::optional<std::string>& free,
                        const Question& ask) {
  if (free && machine.backend->traits().skips_free_work) return free_of_charge(machine, *free);
  auto estimate = ask(*machine.backend, layer);
  if (estimate) {
    const Status status = estimate->approximation.empty() ? Status::priced : Status::approximated;
    return {status, std::move(estimate->approximation), estimate->cost, &machine};
  }
  const bool unmodelled = estimate.error().cause == Unsupported::Cause::unmodelled;
  if (unmodelled && free) return free_of_charge(machine, *free);
  if (unmodelled && &machine == &machine_) tally_.add_unmodelled(op_text(layer));
  const Description& description = machine.description;
  // A fault is told, never priced over.
  const bool faulty = estimate.error().cause == Unsupported::Cause::faulty;
  if (machine.fallback && !faulty) return judge_on_fallback(machine, layer, free, ask, estimate.error());
  if (unmodelled && description.unmodelled().policy == Unmodelled::Policy::free) {
    Verdict verdict{Status::approximated,
                    fmt::format("counted as 0: {} does not model {}", description.name(), op_text(layer)),
                    {},
                    &machine};
    verdict.counted_as_0 = true;
    return verdict;
  }
  return {Status::unsupported, std::move(estimate.error().reason), {}, &machine};
}

Verdict Judge::free_of_charge(const Machine& machine, const std::string& why) {
  ++tally_.proven_free;
  Verdict verdict{Status::priced, why, {}, &machine};
  verdict.is_free = true;
  return verdict;
}

Verdict Judge::judge_on_fallback(const Machine& machine, const Layer& layer, const std::optional<std::string>& free,
                                 const Question& ask, const Unsupported& refusal) {
  const Machine& other = *machine.fallback;
  const auto& bits = other.description.default_bits();
  Verdict verdict;
  if (bits && has_floating_operand(layer)) {
    Layer assumed = layer;
    assume_widths(assumed, *bits);
    verdict = judge_on(other, assumed, free, ask);
    if (verdict.status != Status::unsupported) {
      tally_.add_assumed_widths(other.description, 1);
      verdict.as_priced = std::move(assumed);
    }
  } else {
    verdict = judge_on(other, layer, free, ask);
  }
  // That a machine has no model of an operator is said once, at the report's head; why it refuses a layer, with it.
  const bool refused = refusal.cause != Unsupported::Cause::unmodelled && verdict.status != Status::unsupported;
  const std::string where =
      fmt::format("on {}{}", other.description.name(), refused ? " (" + refusal.reason + ")" : "");
  verdict.reason = verdict.reason.empty() ? where : where + ": " + verdict.reason;
  if (verdict.status == Status::unsupported) {
    verdict.reason = refusal.reason + "; " + verdict.reason;
    verdict.machine = &machine;
  } else if (&machine == &machine_) {
    ++tally_.on_fallback;
  }
  return verdict;
}

}  // namespace hwcost
