#include <string_view>

#include "csv_text.hpp"
#include "figures.hpp"
#include "report_output.hpp"

namespace hwcost::command {
namespace {

// The rows of all reports. All runs are on the same machines, hence have the same columns.
class ReportCsv {
 public:
  explicit ReportCsv(const std::vector<PricedRun>& runs)
      : runs_(runs), metrics_(metrics_of_all(runs.front().reports)), compares_(runs.front().reports.size() > 1) {
    MetricSet with_interval;
    for (const NetworkReport& report : runs.front().reports) {
      if (report.uncertainty) with_interval.insert(report.uncertainty->metric);
    }
    for (const Metric metric : listed(with_interval)) {
      interval_metrics_.push_back(metric);
      for (const char* end : {"_low", "_high"}) interval_columns_.push_back(std::string(name(metric)) + end);
    }
  }

  std::string layers() && {
    std::vector<std::string_view> behind(interval_columns_.begin(), interval_columns_.end());
    if (!behind.empty()) behind.emplace_back("extrapolation");
    header({"layer", "op", "status", "reason"}, behind);
    for_each_report([&](const PricedRun& run, const NetworkReport& report) {
      for (const LayerReport& layer : report.layers) {
        begin_row(run, report);
        csv_.add(layer.name);
        csv_.add(layer.op);
        csv_.add(to_text(layer.status));
        csv_.add(layer.reason);
        csv_.add_values(figures(layer, metrics_));
        add_interval(report, layer.interval);
        if (!interval_columns_.empty()) csv_.add(layer.extrapolation);
        csv_.end_line();
      }
    });
    return std::move(csv_).take();
  }

  std::string modules() && {
    header({"module", "depth", "priced", "approximated", "unsupported", "unpriced_macs_share"});
    for_each_report([&](const PricedRun& run, const NetworkReport& report) {
      for (const ModuleReport& module : by_module(report)) {
        begin_row(run, report);
        csv_.add(module.path);
        csv_.add_count(module.depth);
        add_totals(module.totals, report.metrics);
        csv_.end_line();
      }
    });
    return std::move(csv_).take();
  }

  std::string networks() && {
    std::vector<std::string_view> behind{"model_bytes", "peak_activation_elements", "peak_activation_bytes",
                                         "training_bytes"};
    behind.insert(behind.end(), interval_columns_.begin(), interval_columns_.end());
    header({"network", "priced", "approximated", "unsupported", "unpriced_macs_share"}, behind);
    for_each_report([&](const PricedRun& run, const NetworkReport& report) {
      begin_row(run, report);
      csv_.add(report.model);
      add_totals(report.totals, report.metrics);
      const auto& peak = report.peak_activations;
      csv_.add(report.model_bytes);
      csv_.add(peak ? std::optional(peak->elements) : std::nullopt);
      csv_.add(peak ? std::optional(peak->bytes) : std::nullopt);
      csv_.add(report.training_bytes);
      add_interval(report, report.uncertainty ? report.uncertainty->network : std::nullopt);
      csv_.end_line();
    });
    return std::move(csv_).take();
  }

 private:
  void header(const std::vector<std::string_view>& before, const std::vector<std::string_view>& behind = {}) {
    if (is_sweep(runs_)) csv_.add("input_shape");
    if (compares_) csv_.add("hardware");
    for (const std::string_view column : before) csv_.add(column);
    csv_.add_names(figures(LayerReport{}, metrics_));
    for (const std::string_view column : behind) csv_.add(column);
    csv_.end_line();
  }

  template <class F>
  void for_each_report(F&& f) const {
    for (const PricedRun& run : runs_) {
      for (const NetworkReport& report : run.reports) f(run, report);
    }
  }

  void begin_row(const PricedRun& run, const NetworkReport& report) {
    if (run.input_shape) csv_.add(*run.input_shape);
    if (compares_) csv_.add(report.hardware.name);
  }

  void add_totals(const Totals& totals, MetricSet defined) {
    csv_.add_count(totals.priced);
    csv_.add_count(totals.approximated);
    csv_.add_count(totals.unsupported);
    csv_.add(totals.unpriced_share_of_macs());
    csv_.add_values(figures(totals, metrics_, defined));
  }

  void add_interval(const NetworkReport& report, const std::optional<Interval>& interval) {
    for (const Metric metric : interval_metrics_) {
      const bool is_there = interval && report.uncertainty->metric == metric;
      csv_.add(is_there ? std::optional(interval->low) : std::nullopt);
      csv_.add(is_there ? std::optional(interval->high) : std::nullopt);
    }
  }

  const std::vector<PricedRun>& runs_;
  MetricSet metrics_;
  std::vector<Metric> interval_metrics_;       // that some machine has intervals of
  std::vector<std::string> interval_columns_;  // two each
  bool compares_;                              // several machines
  CsvText csv_;
};

}  // namespace

std::string report_csv(const std::vector<PricedRun>& runs, Detail detail) {
  ReportCsv csv(runs);
  switch (detail) {
    case Detail::layer:
      return std::move(csv).layers();
    case Detail::module:
      return std::move(csv).modules();
    case Detail::network:
      return std::move(csv).networks();
  }
  return {};
}

}  // namespace hwcost::command
