#include "refinement_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "csv_text.hpp"
#include "figures.hpp"
#include "json_document.hpp"
#include "numbers.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

using Outcome = RefinedAssignment::Outcome;

struct BeforeAfter {
  std::optional<double> before, after;
};

// The metric of these layers together, once before and once after; nothing where one of them has none.
BeforeAfter sums(const NetworkRefinement& refinement, const std::set<NodeId>& nodes) {
  const auto sum = [&](const NetworkReport& report) {
    Totals totals;
    for (const NodeId k : nodes) totals.add(report.layers[k]);
    return totals.metric(refinement.metric, report.metrics);
  };
  return {sum(refinement.before), sum(refinement.after)};
}

BeforeAfter sums(const NetworkRefinement& refinement, const RefinedAssignment& line) {
  if (line.outcome == Outcome::unsupported) return {};
  return sums(refinement, std::set<NodeId>(line.nodes.begin(), line.nodes.end()));
}

// Of all lines, weights that several of them set counted once.
BeforeAfter total(const NetworkRefinement& refinement) {
  std::set<NodeId> nodes;
  for (const RefinedAssignment& line : refinement.assignments) nodes.insert(line.nodes.begin(), line.nodes.end());
  return sums(refinement, nodes);
}

BeforeAfter network(const NetworkRefinement& refinement) {
  const auto of = [&](const NetworkReport& report) { return report.totals.metric(refinement.metric, report.metrics); };
  return {of(refinement.before), of(refinement.after)};
}

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::raised:
      return "raised";
    case Outcome::kept:
      return "kept";
    case Outcome::unsupported:
      break;
  }
  return "unsupported";
}

struct WidthsText {
  std::string before, after;
};

// Histograms, whatever the form of the assignment; "" where it gives no weight widths.
WidthsText widths(const RefinedAssignment& line) {
  if (!line.assignment.weight) return {};
  return {hwcost::to_text(line.before), hwcost::to_text(*line.assignment.weight)};
}

std::string saved(const BeforeAfter& cost) {
  if (!cost.before || !cost.after || *cost.before == 0.0) return "";
  return percent((*cost.before - *cost.after) / *cost.before);
}

Json json_of(const BeforeAfter& cost) {
  return {{"before", json_number(cost.before)}, {"after", json_number(cost.after)}};
}

}  // namespace

std::string refinement_table(const NetworkRefinement& refinement) {
  const NetworkReport& report = refinement.before;
  const std::string unit(human_name(refinement.metric));
  TextTable table({{"layer", Align::left},
                   {"outcome", Align::left},
                   {"widths before", Align::left},
                   {"widths after", Align::left},
                   {unit + " before"},
                   {unit + " after"},
                   {"saved"},
                   {"why", Align::left}});
  const auto add = [&](const std::string& layer, std::string_view outcome, const WidthsText& texts,
                       const BeforeAfter& cost, const std::string& why) {
    table.add_row({printable(layer), std::string(outcome), texts.before, texts.after,
                   human(refinement.metric, cost.before), human(refinement.metric, cost.after), saved(cost),
                   printable(why)});
  };
  for (const RefinedAssignment& line : refinement.assignments) {
    add(line.assignment.layer, to_text(line.outcome), widths(line), sums(refinement, line), line.reason);
  }
  table.add_rule();
  add("these layers", "", {}, total(refinement), "");
  add("network", "", {}, network(refinement), "");

  std::string text = fmt::format("{} refined on {} (backend {}, {})\n", printable(report.model), report.hardware.name,
                                 report.hardware.backend, report.hardware.file);
  for (const std::string& assumption : report.assumptions) text += "  - " + printable(assumption) + "\n";
  return text + "\n" + table.text();
}

std::string refinement_csv(const NetworkRefinement& refinement) {
  CsvText csv;
  const std::string metric(name(refinement.metric));
  for (const std::string& column :
       {std::string("layer"), std::string("outcome"), std::string("reason"), std::string("w_bits_before"),
        std::string("w_bits_after"), metric + "_before", metric + "_after"}) {
    csv.add(column);
  }
  csv.end_line();
  const auto add = [&](const std::string& layer, std::string_view outcome, const std::string& reason,
                       const WidthsText& texts, const BeforeAfter& cost) {
    for (const std::string_view cell : {std::string_view(layer), outcome, std::string_view(reason),
                                        std::string_view(texts.before), std::string_view(texts.after)}) {
      csv.add(cell);
    }
    csv.add(cost.before);
    csv.add(cost.after);
    csv.end_line();
  };
  for (const RefinedAssignment& line : refinement.assignments) {
    add(line.assignment.layer, to_text(line.outcome), line.reason, widths(line), sums(refinement, line));
  }
  add("", "total", "", {}, total(refinement));
  return std::move(csv).take();
}

std::string refinement_json(const NetworkRefinement& refinement) {
  const NetworkReport& report = refinement.before;
  Json json{{"schema", "hwcost-refinement/1"},
            {"model", report.model},
            {"hardware",
             {{"name", report.hardware.name},
              {"file", report.hardware.file},
              {"sha256", report.hardware.sha256},
              {"backend", report.hardware.backend}}},
            {"assumptions", report.assumptions},
            {"metric", name(refinement.metric)},
            {"layers", Json::array()}};
  for (const RefinedAssignment& line : refinement.assignments) {
    const WidthsText texts = widths(line);
    json["layers"].push_back({{"layer", line.assignment.layer},
                              {"outcome", to_text(line.outcome)},
                              {"reason", line.reason},
                              {"w_bits", {{"before", texts.before}, {"after", texts.after}}},
                              {"cost", json_of(sums(refinement, line))}});
  }
  json["totals"] = {{"layers", json_of(total(refinement))}, {"network", json_of(network(refinement))}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace hwcost::command
