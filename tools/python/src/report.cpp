// hwcost.NetworkReport and its parts: what evaluate() says of a network.
#include "hwcost/report.hpp"

#include <fmt/format.h>

#include "binding.hpp"
#include "figures.hpp"
#include "report_output.hpp"

namespace hwcost::python {
namespace {

using command::Detail;
using command::Figure;

// By name; None where a figure is not defined there.
py::dict figure_dict(const std::vector<Figure>& figures) {
  py::dict result;
  for (const Figure& figure : figures) {
    py::object value = py::none();
    if (figure.number) value = py::float_(*figure.number);
    if (!figure.text.empty()) value = py::str(figure.text);
    result[py::str(figure.name)] = value;
  }
  return result;
}

Detail detail_named(const std::string& name) {
  if (name == "layer") return Detail::layer;
  if (name == "module") return Detail::module;
  if (name == "network") return Detail::network;
  throw InputError({}, fmt::format("'{}' is no level of detail, wanted layer, module or network", name));
}

Optimizer optimizer_named(const std::string& name) {
  if (name == "sgd") return Optimizer::sgd;
  if (name == "momentum") return Optimizer::momentum;
  if (name == "adam") return Optimizer::adam;
  throw InputError({}, fmt::format("'{}' is no optimizer, wanted sgd, momentum or adam", name));
}

EvaluateOptions options_from(const std::optional<std::string>& formula, const std::string& optimizer) {
  EvaluateOptions options;
  if (formula) options.formula.emplace(*formula, SourcePlace{"formula", 0});
  options.optimizer = optimizer_named(optimizer);
  options.with_mapping = true;
  return options;
}

NetworkReport price(const Graph& graph, const Machine& machine, const std::optional<std::string>& formula,
                    const std::string& optimizer) {
  const EvaluateOptions options = options_from(formula, optimizer);
  const py::gil_scoped_release release;
  return evaluate(graph, machine, options);
}

std::string json(const NetworkReport& report, const std::string& detail) {
  return command::report_json({{.input_shape = {}, .reports = {report}}}, detail_named(detail));
}

std::string table(const NetworkReport& report, const std::string& detail) {
  return command::report_table({{.input_shape = {}, .reports = {report}}}, detail_named(detail));
}

constexpr const char* kKeep = "keep what to_dict() of its report gives";

void bind_layer_report(py::module_& module) {
  py::class_<LayerReport> type(module, "LayerReport", "What one layer costs, and how that is known.");
  share_copies(type);
  refuse_pickle(type, kKeep);
  type.def_readonly("name", &LayerReport::name, "The layer's name.")
      .def_readonly("op", &LayerReport::op, "The operator's name.")
      .def_readonly("module", &LayerReport::module, "The module that owns it.")
      .def_readonly("machine", &LayerReport::machine, "Who priced it: the machine itself or what it falls back to.")
      .def_readonly("reason", &LayerReport::reason, "How it is approximated, why unsupported or why free.")
      .def_readonly("repeat", &LayerReport::repeat, "How often it runs; its metrics are over all runs.")
      .def_property_readonly(
          "status", [](const LayerReport& layer) { return to_text(layer.status); },
          "'priced', 'approximated' or 'unsupported'.")
      .def_property_readonly(
          "w_bits", [](const LayerReport& layer) { return format_object(layer.precision.weight); },
          "Width of the weights as priced.")
      .def_property_readonly(
          "in_bits", [](const LayerReport& layer) { return format_object(layer.precision.input); },
          "Width of the input as priced.")
      .def_property_readonly(
          "metrics", [](const LayerReport& layer) { return figure_dict(command::figures(layer, layer.metrics)); },
          "Facts and what the machine defines, by name; None where a figure has no value here.")
      .def("__repr__", [](const LayerReport& layer) {
        return fmt::format("<hwcost.LayerReport '{}' {} {}>", layer.name, layer.op, to_text(layer.status));
      });
}

// A module's totals, and what the report's machine defines.
struct Module {
  ModuleReport report;
  MetricSet metrics;
};

std::vector<Module> modules_of(const NetworkReport& report) {
  std::vector<Module> modules;
  for (ModuleReport& module : by_module(report)) modules.push_back({std::move(module), report.metrics});
  return modules;
}

void bind_module_report(py::module_& module) {
  py::class_<Module> type(module, "ModuleReport", "A module and all that is below it.");
  share_copies(type);
  refuse_pickle(type, kKeep);
  type.def_property_readonly(
          "path", [](const Module& m) { return m.report.path; }, "Dotted; '' for the network.")
      .def_property_readonly(
          "depth", [](const Module& m) { return m.report.depth; }, "0 for the whole network.")
      .def_property_readonly(
          "priced", [](const Module& m) { return m.report.totals.priced; }, "Layers.")
      .def_property_readonly(
          "approximated", [](const Module& m) { return m.report.totals.approximated; }, "Layers.")
      .def_property_readonly(
          "unsupported", [](const Module& m) { return m.report.totals.unsupported; }, "Layers.")
      .def_property_readonly(
          "totals",
          [](const Module& m) { return figure_dict(command::figures(m.report.totals, m.metrics, m.metrics)); },
          "Sums over the priced and approximated layers, by name; None for what has no sum.")
      .def("__repr__", [](const Module& m) { return fmt::format("<hwcost.ModuleReport '{}'>", m.report.path); });
}

constexpr const char* kReportDoc = R"(Prices of a network on one machine, layer by layer, with what was assumed.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> report = evaluate(graph, load_machine('mpic'))
>>> report.layers[0].metrics['latency_cycles'] == report.totals['latency_cycles']
True
>>> report.unsupported
0
)";

}  // namespace

void bind_report(py::module_& module) {
  bind_layer_report(module);
  bind_module_report(module);
  py::class_<NetworkReport> type(module, "NetworkReport", kReportDoc);
  share_copies(type);
  refuse_pickle(type, kKeep);
  type.def_readonly("model", &NetworkReport::model, "The model's file or name.")
      .def_property_readonly(
          "machine", [](const NetworkReport& r) { return r.hardware.name; }, "Its name.")
      .def_readonly("assumptions", &NetworkReport::assumptions, "What was assumed, one sentence each.")
      .def_readonly("layers", &NetworkReport::layers, "LayerReports in execution order.")
      .def_property_readonly(
          "priced", [](const NetworkReport& r) { return r.totals.priced; }, "Layers.")
      .def_property_readonly(
          "approximated", [](const NetworkReport& r) { return r.totals.approximated; }, "Layers.")
      .def_property_readonly(
          "unsupported", [](const NetworkReport& r) { return r.totals.unsupported; }, "Layers.")
      .def_property_readonly(
          "unpriced_share_of_macs", [](const NetworkReport& r) { return r.totals.unpriced_share_of_macs(); },
          "Share of all MACs that no price covers; None where it is not known.")
      .def_property_readonly(
          "totals",
          [](const NetworkReport& r) { return figure_dict(command::figures(r.totals, r.metrics, r.metrics)); },
          "Sums over the priced and approximated layers, by name; None for what has no sum.")
      .def_readonly("model_bytes", &NetworkReport::model_bytes, "Weights, biases and buffers at their widths.")
      .def_property_readonly(
          "peak_activation_bytes",
          [](const NetworkReport& r) {
            return r.peak_activations ? std::optional(r.peak_activations->bytes) : std::nullopt;
          },
          "The most activations that are live at once; None for layer tables.")
      .def_readonly("training_bytes", &NetworkReport::training_bytes,
                    "Parameters, gradients, optimizer state and every layer's output.")
      .def("modules", &modules_of, R"(The tree of modules, parents before children.

>>> graph = Graph([Layer('linear', name='head.fc', in_channels=64, out_channels=10)])
>>> [module.path for module in evaluate(graph, load_machine('counts')).modules()]
['', 'head', 'head.fc']
)")
      .def("to_json", &json, py::arg("by") = "layer", R"(The document that `hwcost price --format json` prints.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> evaluate(graph, load_machine('counts')).to_json()[:1]
'{'
)")
      .def(
          "to_dict",
          [](const NetworkReport& report, const std::string& detail) {
            return py::module_::import("json").attr("loads")(json(report, detail));
          },
          py::arg("by") = "layer", R"(The same document as dicts and lists.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> evaluate(graph, load_machine('counts')).to_dict()['totals']['metrics']['macs']
640
)")
      .def(
          "to_pandas",
          [](const py::object& report) { return py::module_::import("hwcost._frames").attr("report_frame")(report); },
          R"(A pandas DataFrame, a layer a row; needs pandas.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> int(evaluate(graph, load_machine('counts')).to_pandas().loc[0, 'macs'])
640
)")
      .def("to_text", &table, py::arg("by") = "layer", R"(The table that `hwcost price` prints.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> 'MACs' in evaluate(graph, load_machine('counts')).to_text()
True
)")
      .def("__str__", [](const NetworkReport& report) { return table(report, "layer"); })
      .def("__repr__", [](const NetworkReport& report) {
        return fmt::format("<hwcost.NetworkReport of '{}' on {}, {} layers>", report.model, report.hardware.name,
                           report.layers.size());
      });
  module.def("evaluate", &price, py::arg("graph"), py::arg("machine"), py::arg("formula"), py::arg("optimizer"));
}

}  // namespace hwcost::python
