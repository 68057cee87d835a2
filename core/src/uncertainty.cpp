#include "uncertainty.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hwcost {
namespace {

Interval around(double price, const ErrorBand& band) { return {price * (1.0 + band.low), price * (1.0 + band.high)}; }

class Annotator {
 public:
  Annotator(const CalibrationRecord& record, NetworkReport& report) : record_(record), report_(report) {}

  void run(const Graph& graph, const std::string& machine) {
    for (std::size_t i = 0; i < report_.layers.size(); ++i) {
      LayerReport& row = report_.layers[i];
      const double price = row.metric(record_.metric).value_or(0.0);
      if (!(price > 0.0)) continue;
      const CalibratedKind* kind = row.machine == machine ? record_.find(layer_kind(graph.nodes[i].layer)) : nullptr;
      if (kind == nullptr) {
        add_unmeasured(row, price);
        continue;
      }
      row.interval = around(price, kind->band);
      row.extrapolation = outside(kind->seen, graph.nodes[i].layer);
      if (!row.extrapolation.empty()) ++extrapolated_;
      calibrated_ += price;
      sum_.low += row.interval->low;
      sum_.high += row.interval->high;
    }
    const double all = calibrated_ + as_it_stands_;
    report_.uncertainty = {record_.metric, record_.coverage, extrapolated_, network(),
                           all > 0.0 ? as_it_stands_ / all : 0.0};
    add_assumptions();
  }

 private:
  void add_unmeasured(const LayerReport& row, double price) {
    ++unmeasured_;
    as_it_stands_ += price;
    if (std::find(unmeasured_ops_.begin(), unmeasured_ops_.end(), row.op) == unmeasured_ops_.end())
      unmeasured_ops_.push_back(row.op);
  }

  // By what networks were off as a whole, where enough of them were measured; else as if all layers were off together.
  std::optional<Interval> network() const {
    if (!(calibrated_ > 0.0)) return std::nullopt;
    const Interval of_calibrated = record_.networks ? around(calibrated_, *record_.networks) : sum_;
    return Interval{of_calibrated.low + as_it_stands_, of_calibrated.high + as_it_stands_};
  }

  void add_assumptions() {
    const std::size_t all = report_.layers.size();
    report_.assumptions.push_back(fmt::format(
        "intervals hold about {:.0f} % of the layers like those that {} was fitted to: {:.0f} measurements, {}{}",
        100.0 * record_.coverage, report_.hardware.name, record_.measurements, record_.date,
        record_.machine.empty() ? "" : ", on " + record_.machine));
    if (extrapolated_ > 0) {
      report_.assumptions.push_back(fmt::format(
          "{} of {} layers lie outside of what was measured: their intervals may be too narrow", extrapolated_, all));
    }
    if (unmeasured_ > 0) {
      report_.assumptions.push_back(
          fmt::format("{} of {} layers are of kinds that were not measured ({}) and have no interval; the network's "
                      "takes their prices as they stand",
                      unmeasured_, all, fmt::join(unmeasured_ops_, ", ")));
    }
  }

  const CalibrationRecord& record_;
  NetworkReport& report_;
  Interval sum_;
  double calibrated_ = 0.0;    // of all layers that have an interval
  double as_it_stands_ = 0.0;  // of those that cost something and have none
  std::size_t extrapolated_ = 0;
  std::size_t unmeasured_ = 0;
  std::vector<std::string> unmeasured_ops_;
};

}  // namespace

void add_uncertainty(const Graph& graph, const Machine& machine, NetworkReport& report) {
  const auto& record = machine.description.calibration();
  if (!record) return;
  Annotator(*record, report).run(graph, machine.description.name());
}

}  // namespace hwcost
