#include "measured_table.hpp"

#include <fmt/format.h>

#include "numbers.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

std::vector<TextTable::Column> columns(bool with_sequence) {
  std::vector<TextTable::Column> all{
      {"layer", Align::left}, {"operator", Align::left}, {"time"}, {"spread"}, {"accepted"}, {"passes"},
      {"kernel", Align::left}};
  if (with_sequence) all.insert(all.begin() + 3, {"in sequence"});
  all.push_back({"remarks", Align::left});
  return all;
}

std::string accepted_text(const Timing& timing) { return timing.gated() ? percent(timing.acceptance()) : "ungated"; }

std::vector<std::string> row_of(const Layer& layer, const LayerOutcome& outcome) {
  const std::string op{name(layer.op)};
  if (!outcome.measurement) return {printable(layer.name), op, "", "", "", "", "", "not measured: " + outcome.reason};
  const Measurement& m = *outcome.measurement;
  return {printable(layer.name),
          op,
          with_prefix(m.timing.seconds, "s"),
          percent(m.timing.spread_of_passes()),
          accepted_text(m.timing),
          exact(m.timing.passes),
          m.kernel,
          outcome.complete ? m.remarks : outcome.reason};
}

// The whole run beside the sum of the same layers, of which both have a time.
std::string comparison_text(const LayerChain& chain, const std::vector<LayerOutcome>& outcomes,
                            const ChainTiming& in_sequence) {
  double sum = 0.0;
  std::size_t executed = 0, without_time = 0;
  for (std::size_t i = 0; i < chain.links.size(); ++i) {
    if (!in_sequence.refusals[i].empty()) continue;
    ++executed;
    if (outcomes[i].measurement)
      sum += outcomes[i].measurement->timing.seconds * chain.links[i].repeat;
    else
      ++without_time;
  }
  const Timing& run = in_sequence.timing;
  std::string text =
      fmt::format("in sequence: {} layers in {} (median {}, passes {} apart, {} of {} runs accepted: {})\n", executed,
                  with_prefix(run.seconds, "s"), with_prefix(run.p50_seconds, "s"), percent(run.spread_of_passes()),
                  exact(run.accepted), exact(run.samples), accepted_text(run));
  if (without_time > 0)
    text += fmt::format("no gap: {} of these layers have no time of their own\n", without_time);
  else
    text += fmt::format("gap: the sum of these layers, {}, is {:+.1f} % off the run in sequence\n",
                        with_prefix(sum, "s"), 100.0 * (sum / run.seconds - 1.0));
  if (!in_sequence.remarks.empty()) text += fmt::format("remarks: {}\n", in_sequence.remarks);
  return text;
}

}  // namespace

std::string measured_table(const Graph& graph, const LayerChain& chain, const std::vector<LayerOutcome>& outcomes,
                           const ChainTiming* in_sequence) {
  TextTable table(columns(in_sequence != nullptr));
  double seconds = 0.0;
  std::size_t measured = 0, incomplete = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Layer& layer = graph.nodes[chain.links[i].node].layer;
    std::vector<std::string> row = row_of(layer, outcomes[i]);
    if (in_sequence != nullptr) {
      const double time = in_sequence->layer_seconds[i];
      row.insert(row.begin() + 3, time > 0.0 ? with_prefix(time, "s") : "");
    }
    table.add_row(std::move(row));
    if (!outcomes[i].measurement) continue;
    ++measured;
    incomplete += outcomes[i].complete ? 0 : 1;
    seconds += outcomes[i].measurement->timing.seconds * layer.repeat;
  }
  std::string text = fmt::format("{}\n{} of {} layers measured, {} of them not with all passes; sum {}\n", table.text(),
                                 measured, outcomes.size(), incomplete, with_prefix(seconds, "s"));
  if (in_sequence != nullptr) text += comparison_text(chain, outcomes, *in_sequence);
  return text;
}

}  // namespace hwcost::command
