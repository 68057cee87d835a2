#include "measured_output.hpp"

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

std::string gap_text(std::optional<double> share) { return fmt::format("{:+.1f} %", 100.0 * *share); }

// The whole run beside the sum of the same layers, of which both have a time.
std::string comparison_text(const MeasuredRun& measured, const ChainTiming& in_sequence) {
  const SumOfLayers sum = sum_of_layers(measured, in_sequence);
  const Timing& run = in_sequence.timing;
  std::string text =
      fmt::format("in sequence: {} layers in {} (median {}, {} passes {} apart, {} of {} runs accepted: {})\n",
                  sum.layers, with_prefix(run.seconds, "s"), with_prefix(run.p50_seconds, "s"), exact(run.passes),
                  percent(run.spread_of_passes()), exact(run.accepted), exact(run.samples), accepted_text(run));
  if (sum.without_time > 0) {
    text += fmt::format("no gap: {} of these layers have no time of their own\n", sum.without_time);
  } else {
    text += fmt::format("gap: the sum of these layers, {}, is {} off the run in sequence; of medians, {}, {}\n",
                        with_prefix(sum.seconds, "s"), gap_text(gap(sum, run)), with_prefix(sum.median_seconds, "s"),
                        gap_text(median_gap(sum, run)));
  }
  if (!in_sequence.remarks.empty()) text += fmt::format("remarks: {}\n", in_sequence.remarks);
  return text;
}

}  // namespace

std::string measured_table(const MeasuredRun& run) {
  TextTable table(columns(run.in_sequence.has_value()));
  double seconds = 0.0;
  std::size_t measured = 0, incomplete = 0;
  for (std::size_t i = 0; i < run.outcomes.size(); ++i) {
    const Layer& layer = run.graph.nodes[run.chain.links[i].node].layer;
    std::vector<std::string> row = row_of(layer, run.outcomes[i]);
    if (run.in_sequence) {
      const double time = run.in_sequence->layer_seconds[i];
      row.insert(row.begin() + 3, time > 0.0 ? with_prefix(time, "s") : "");
    }
    table.add_row(std::move(row));
    if (!run.outcomes[i].measurement) continue;
    ++measured;
    incomplete += run.outcomes[i].complete ? 0 : 1;
    seconds += run.outcomes[i].measurement->timing.seconds * layer.repeat;
  }
  std::string text = fmt::format("{}\n{} of {} layers measured, {} of them not with all passes; sum {}\n", table.text(),
                                 measured, run.outcomes.size(), incomplete, with_prefix(seconds, "s"));
  if (run.in_sequence) text += comparison_text(run, *run.in_sequence);
  if (!run.not_in_sequence.empty()) text += fmt::format("in sequence: not timed: {}\n", run.not_in_sequence);
  return text;
}

}  // namespace hwcost::command
