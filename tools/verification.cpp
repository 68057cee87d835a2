#include "verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "numbers.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

constexpr double kMissing = std::numeric_limits<double>::infinity();

double relative_error(double expected, double found) {
  if (expected == found) return 0.0;
  return std::abs(found - expected) / std::max(std::abs(expected), std::abs(found));
}

const Facts::Column* fact_named(const std::string& name) {
  const auto& columns = Facts::columns();
  const auto it = std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
  return it == columns.end() ? nullptr : &*it;
}

class Verifier {
 public:
  Verifier(const LayerTable& table, const NetworkReport& report, double tolerance)
      : table_(table), report_(report), tolerance_(tolerance) {}

  Verification run() && {
    result_.rows = table_.rows.size();
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      const std::size_t before = result_.differences.size();
      compare_row(table_.rows[i], report_.layers[i]);
      if (result_.differences.size() > before) ++result_.rows_that_differ;
    }
    std::stable_sort(result_.differences.begin(), result_.differences.end(),
                     [](const Difference& a, const Difference& b) { return a.error > b.error; });
    return std::move(result_);
  }

 private:
  void differ(const TableRow& row, const LayerReport& layer, std::string what, double error) {
    result_.differences.push_back({row.line, layer.name, std::move(what), error});
  }

  void compare_row(const TableRow& row, const LayerReport& layer) {
    if (!status_agrees(row, layer)) {
      const std::string wanted = row.expected_status.value_or("priced or approximated");
      const std::string why = layer.reason.empty() ? "" : " (" + layer.reason + ")";
      differ(row, layer, fmt::format("status: expected {}, found {}{}", wanted, to_text(layer.status), why), kMissing);
      return;
    }
    if (row.expected_status && layer.status == Status::unsupported) ++result_.refusals;
    for (const TableFigure& figure : row.expected) compare(row, layer, figure);
  }

  // A refusal is expected where the row says so; a row that names no status and no figures expects nothing.
  static bool status_agrees(const TableRow& row, const LayerReport& layer) {
    if (row.expected_status) return *row.expected_status == to_text(layer.status);
    return layer.status != Status::unsupported || row.expected.empty();
  }

  void compare(const TableRow& row, const LayerReport& layer, const TableFigure& expected) {
    ++result_.figures;
    const auto found = figure(row, layer, expected.metric);
    const double error = found ? relative_error(expected.value, *found) : kMissing;
    if (found) result_.largest_difference = std::max(result_.largest_difference, error);
    if (error <= tolerance_) {
      result_.largest_error = std::max(result_.largest_error, error);
      return;
    }
    differ(row, layer,
           fmt::format("{}: expected {}, found {}", expected.metric, exact(expected.value),
                       found ? exact(*found) : "nothing"),
           error);
  }

  std::optional<double> figure(const TableRow& row, const LayerReport& layer, const std::string& name) const {
    if (const Facts::Column* fact = fact_named(name)) return layer.facts.*fact->member;
    const auto metric = metric_named(name);
    const SourcePlace place{table_.graph.file, row.line};
    if (!metric) throw InputError(place, fmt::format("expected_{}: there is no such metric", name));
    if (!report_.metrics.contains(*metric)) {
      throw InputError(place, fmt::format("expected_{}: {} does not define this metric", name, report_.hardware.name));
    }
    return layer.metric(*metric);
  }

  const LayerTable& table_;
  const NetworkReport& report_;
  double tolerance_;
  Verification result_;
};

}  // namespace

Verification verify(const LayerTable& table, const NetworkReport& report, double tolerance) {
  const bool expects = std::any_of(table.rows.begin(), table.rows.end(), [](const TableRow& row) {
    return row.expected_status.has_value() || !row.expected.empty();
  });
  if (!expects) {
    throw InputError({table.graph.file, 1},
                     "no expected_<metric> or expected_status column with a value: nothing to verify");
  }
  return Verifier(table, report, tolerance).run();
}

std::string verification_text(const Verification& verification, const std::string& table, const std::string& machine) {
  constexpr std::size_t kWorst = 10;
  const std::size_t agree = verification.rows - verification.rows_that_differ;
  const bool differs = verification.largest_difference > verification.largest_error;
  std::string text = fmt::format(
      "{} on {}: {} of {} rows agree ({} figures compared, {} expected refusals, largest relative error {:.2g}{})\n",
      printable(table), machine, agree, verification.rows, verification.figures, verification.refusals,
      verification.largest_error,
      differs ? fmt::format(" where they agree, {:.2g} of all", verification.largest_difference) : "");
  const std::size_t shown = std::min(kWorst, verification.differences.size());
  if (shown == 0) return text;
  text += fmt::format("the worst {} of {} differences:\n", shown, verification.differences.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Difference& difference = verification.differences[i];
    text += fmt::format("  {}:{}: {}: {} (relative error {:.3g})\n", printable(table), difference.line,
                        printable(difference.layer), printable(difference.what), difference.error);
  }
  return text;
}

}  // namespace hwcost::command
