// hwcost.Machine: a description and the backend that it selects.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "binding.hpp"
#include "figures.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/plugin.hpp"

namespace hwcost::python {
namespace {

SearchPath search_path(const std::vector<std::string>& folders) { return {folders.begin(), folders.end()}; }

Registry registry_with(const std::vector<std::string>& plugins) {
  Registry registry = builtin_registry();
  for (const std::string& plugin : plugins) registry.add(load_plugin(plugin));
  return registry;
}

Machine load(const std::string& name, const std::vector<std::string>& folders,
             const std::vector<std::string>& plugins) {
  const py::gil_scoped_release release;
  return load_machine(name, search_path(folders), registry_with(plugins));
}

py::dict parameters_of(const Machine& machine) {
  py::dict result;
  for (const auto& [key, parameter] : machine.description.parameters()) {
    py::dict entry;
    entry["text"] = parameter.text;
    entry["value"] = parameter.value;
    entry["source"] = parameter.source;
    entry["kind"] = to_text(parameter.kind);
    entry["file"] = parameter.place.file;
    entry["line"] = parameter.place.line;
    result[py::str(key)] = entry;
  }
  return result;
}

// One layer on the machine alone: fallbacks are for networks.
py::dict estimate(const Machine& machine, const Layer& layer) {
  const auto estimate = machine.backend->estimate(layer);
  if (!estimate) raise_unsupported(estimate.error().reason);
  const BackendTraits& traits = machine.backend->traits();
  const Facts layer_facts = facts(layer);
  py::dict result;
  for (const Metric metric : command::listed(traits.metrics)) {
    const auto figure = value(metric, estimate->cost, layer_facts, traits.clock_hertz);
    result[py::str(name(metric))] = figure ? py::object(py::float_(*figure)) : py::none();
  }
  return result;
}

Metric metric_with_gradient(const Machine& machine, const std::string& wanted) {
  std::vector<std::string_view> known;
  for (const Metric metric : command::listed(machine.backend->traits().metrics)) {
    if (!adds_up(metric)) continue;
    if (name(metric) == wanted) return metric;
    known.push_back(name(metric));
  }
  throw InputError({}, fmt::format("{} has no gradient of '{}'; of its metrics these add up: {}",
                                   machine.description.name(), wanted, fmt::join(known, ", ")));
}

// d latency, energy, traffic, ... / d extent or width, by name.
py::dict gradient(const Machine& machine, const Layer& layer, const std::string& metric_name, bool relaxed) {
  const Metric metric = metric_with_gradient(machine, metric_name);
  const auto found = machine.backend->gradient(layer, relaxed ? GradientMode::relaxed : GradientMode::straight_through);
  if (!found) raise_unsupported(found.error().reason);
  py::dict result;
  std::size_t k = 0;
  const auto put = [&](const auto& members) {
    for (const auto& member : members) {
      const auto slope = value(metric, found->partial[k++], Facts{}, machine.backend->traits().clock_hertz);
      result[py::str(member.name)] = slope.value_or(0.0);
    }
  };
  std::visit([&]<class D>(const D&) { put(D::kMembers); }, layer.dims);
  put(Widths<>::kMembers);
  return result;
}

constexpr const char* kMachineDoc = R"(A machine ready to price: a description and the backend that it selects.

Made by `load_machine`; never changed, and safe to use from any thread.

>>> machine = load_machine('mpic')
>>> machine.backend, machine.metrics
('mac_table', ['latency_cycles', 'latency_seconds', 'energy_joules', 'utilization'])
)";

}  // namespace

std::vector<std::string> names(MetricSet metrics) {
  std::vector<std::string> result;
  for (const Metric metric : command::listed(metrics)) result.emplace_back(name(metric));
  return result;
}

py::class_<Machine> bind_machine(py::module_& module) {
  py::class_<Machine> machine(module, "Machine", kMachineDoc);
  share_copies(machine);
  refuse_pickle(machine, "load it where it is wanted, by hwcost.load_machine");
  machine
      .def_property_readonly(
          "name", [](const Machine& m) { return m.description.name(); }, "The description's name.")
      .def_property_readonly(
          "summary", [](const Machine& m) { return m.description.summary(); }, "One line.")
      .def_property_readonly(
          "backend", [](const Machine& m) { return m.description.backend(); }, "The cost model.")
      .def_property_readonly(
          "file", [](const Machine& m) { return m.description.file(); }, "Of the description.")
      .def_property_readonly(
          "sha256", [](const Machine& m) { return m.description.sha256(); }, "Of that file, in hex.")
      .def_property_readonly(
          "metrics", [](const Machine& m) { return names(m.backend->traits().metrics); },
          "Names of the metrics that it defines, with their units.")
      .def_property_readonly("parameters", &parameters_of,
                             "Every number as {'text', 'value', 'source', 'kind', 'file', 'line'}, in base units.")
      .def("estimate", &estimate, py::arg("layer"),
           R"(What one run of a layer costs, by metric; Layer.repeat is not applied.

Raises Unsupported, with the reason, where the machine cannot run the layer.

>>> load_machine('mpic').estimate(Layer('linear', in_channels=64, out_channels=10))['latency_cycles']
304.76190476190476
)")
      .def("gradient", &gradient, py::arg("layer"), py::arg("metric") = "latency_cycles", py::arg("relaxed") = true,
           R"(Derivatives of a metric by every extent and width of a layer, by their names.

`relaxed`: of the interpolation between the machine's tiles, over channel counts alone; else straight through ceil and
floor. Raises Unsupported, and InputError where the machine does not define the metric.

>>> load_machine('mpic').gradient(Layer('linear', in_channels=64, out_channels=10))['out_channels']
30.47619047619048
)")
      .def("__repr__", [](const Machine& m) {
        return fmt::format("<hwcost.Machine '{}', backend {}>", m.description.name(), m.description.backend());
      });
  module.def(
      "adds_up",
      [](const std::string& figure) {
        const std::optional<Metric> metric = metric_named(figure);
        return !metric || adds_up(*metric);
      },
      py::arg("figure"), "Whether the layers of a network have shares of a report's figure; of ratios they have none.");
  module.def("load_machine", &load, py::arg("name"), py::arg("search"), py::arg("plugins"));
  module.def(
      "machine_names", [](const std::vector<std::string>& folders) { return description_names(search_path(folders)); },
      py::arg("search"));
  module.def("installed_descriptions", [] { return installed_descriptions().string(); });
  return machine;
}

}  // namespace hwcost::python
