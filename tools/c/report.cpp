#include <limits>

#include "border.hpp"
#include "model_file.hpp"

namespace {

using namespace hwcost;
using namespace hwcost::c_api;

double or_nan(std::optional<double> value) { return value.value_or(std::numeric_limits<double>::quiet_NaN()); }

}  // namespace

hwcost_report* hwcost_price_model(const hwcost_machine* machine, const char* model_file, hwcost_message* error) {
  return inside<hwcost_report*>(error, nullptr, [&] {
    const Machine& priced_on = required(machine, "machine").machine;
    const Graph graph = command::read_model_file(&required(model_file, "model_file"));
    return new hwcost_report{evaluate(graph, priced_on)};
  });
}

void hwcost_free_report(hwcost_report* report) { delete report; }

double hwcost_report_metric(const hwcost_report* report, hwcost_metric metric) {
  if (metric < 0 || metric >= hwcost_metric_count) return or_nan({});
  return or_nan(report->report.totals.metric(static_cast<Metric>(metric), report->report.metrics));
}

std::size_t hwcost_report_unsupported(const hwcost_report* report) { return report->report.totals.unsupported; }
double hwcost_report_macs(const hwcost_report* report) { return report->report.totals.facts.macs; }
double hwcost_report_parameters(const hwcost_report* report) { return report->report.totals.facts.params; }

std::size_t hwcost_report_layer_count(const hwcost_report* report) { return report->report.layers.size(); }

int32_t hwcost_report_layer(const hwcost_report* report, std::size_t index, hwcost_layer_report* layer) {
  if (index >= report->report.layers.size() || layer == nullptr || layer->struct_size < sizeof(hwcost_layer_report))
    return 1;
  const LayerReport& row = report->report.layers[index];
  layer->name = row.name.c_str();
  layer->op = row.op.c_str();
  layer->reason = row.reason.c_str();
  layer->status = static_cast<int32_t>(row.status);
  layer->macs = row.facts.macs;
  layer->parameters = row.facts.params;
  return 0;
}

double hwcost_report_layer_metric(const hwcost_report* report, std::size_t index, hwcost_metric metric) {
  if (index >= report->report.layers.size() || metric < 0 || metric >= hwcost_metric_count) return or_nan({});
  return or_nan(report->report.layers[index].metric(static_cast<Metric>(metric)));
}
