// hwcost.PriceTable: what every layer costs at every choice of widths, for searches that add up prices.
#include "hwcost/price_table.hpp"

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl/filesystem.h>

#include "arrays.hpp"
#include "binding.hpp"
#include "hwcost/import/price_table.hpp"

namespace hwcost::python {
namespace {

Metric metric_of(const std::string& name) {
  if (const auto metric = metric_named(name)) return *metric;
  throw InputError({}, fmt::format("'{}' is no metric", name));
}

PriceTable make(const Graph& graph, const Machine& machine, const std::vector<std::vector<double>>& choices,
                const std::vector<std::string>& metrics, const std::optional<std::string>& formula,
                std::size_t threads) {
  PriceTableOptions options;
  for (const std::vector<double>& choice : choices) {
    if (choice.size() != 2 && choice.size() != 3) {
      throw InputError({}, fmt::format("a choice of {} widths, wanted (w_bits, in_bits) or (w_bits, in_bits, out_bits)",
                                       choice.size()));
    }
    options.choices.push_back({choice[0], choice[1], choice.size() > 2 ? std::optional(choice[2]) : std::nullopt});
  }
  for (const std::string& metric : metrics) options.metrics.push_back(metric_of(metric));
  if (formula) options.formula.emplace(*formula, SourcePlace{"formula", 0});
  options.threads = threads;
  const py::gil_scoped_release release;
  return make_price_table(graph, machine, options);
}

py::list choices_of(const PriceTable& table) {
  py::list choices;
  for (const WidthChoice& choice : table.contents().choices) {
    choices.append(choice.output_bits ? py::make_tuple(choice.weight_bits, choice.input_bits, *choice.output_bits)
                                      : py::make_tuple(choice.weight_bits, choice.input_bits));
  }
  return choices;
}

std::vector<std::string> layers_of(const PriceTable& table) {
  std::vector<std::string> names;
  for (const auto& row : table.contents().layers) names.push_back(row.name);
  return names;
}

std::vector<std::string_view> metrics_of(const PriceTable& table) {
  std::vector<std::string_view> names;
  for (const Metric metric : table.contents().metrics) names.push_back(name(metric));
  return names;
}

// A read-only view of [layers][choices] that keeps its table alive.
template <class T>
py::array_t<T> view(const py::object& owner, const PriceTable& table, const T* data) {
  py::array_t<T> array({table.layer_count(), table.choice_count()}, data, owner);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

void check_place(const PriceTable& table, std::size_t layer, std::size_t choice) {
  if (layer < table.layer_count() && choice < table.choice_count()) return;
  throw py::index_error(fmt::format("layer {} and choice {} of {} layers and {} choices", layer, choice,
                                    table.layer_count(), table.choice_count()));
}

template <class Integer>
std::optional<py::array_t<double>> sums_of(const PriceTable& table, Metric metric, const py::array& assignments,
                                           std::size_t threads) {
  using Rows = py::array_t<Integer, py::array::c_style>;
  if (!py::isinstance<Rows>(assignments)) return std::nullopt;
  const auto rows = assignments.cast<Rows>();
  const std::span<const Integer> chosen(rows.data(), static_cast<std::size_t>(rows.size()));
  py::array_t<double> totals(rows.shape(0));
  const std::span<double> out(totals.mutable_data(), static_cast<std::size_t>(totals.size()));
  const py::gil_scoped_release release;
  table.sums(metric, chosen, out, threads);
  return totals;
}

py::array_t<double> sums(const PriceTable& table, const std::string& metric_name, const py::array& assignments,
                         std::size_t threads) {
  const Metric metric = metric_of(metric_name);
  if (assignments.ndim() != 2 || static_cast<std::size_t>(assignments.shape(1)) != table.layer_count()) {
    throw InputError({}, fmt::format("assignments of shape {}, wanted (candidates, {}): a choice a layer",
                                     std::string(py::str(assignments.attr("shape"))), table.layer_count()));
  }
  if (auto totals = sums_of<std::uint8_t>(table, metric, assignments, threads)) return *totals;
  if (auto totals = sums_of<std::uint16_t>(table, metric, assignments, threads)) return *totals;
  if (auto totals = sums_of<std::int32_t>(table, metric, assignments, threads)) return *totals;
  if (auto totals = sums_of<std::int64_t>(table, metric, assignments, threads)) return *totals;
  throw py::type_error(
      fmt::format("assignments are {}, wanted a contiguous one of uint8, uint16, int32 or int64", shown(assignments)));
}

constexpr const char* kDoc = R"(What every layer of a network costs at every choice of widths: what a search adds up.

`choices` are (w_bits, in_bits) or (w_bits, in_bits, out_bits), those of every layer that has weights; the other layers
are in `fixed`. A price has the bits that `evaluate` reports for the layer with these widths. Not modelled: channels of
0 bit stay in the layers behind. Never changed, and safe to use from any thread. Raises InputError: no choices, widths
that a layer cannot have, a metric that does not add up.

>>> import numpy
>>> graph = Graph([Layer('linear', name=name, in_channels=64, out_channels=64) for name in ('a', 'b')])
>>> table = PriceTable(graph, load_machine('mpic'), [(2, 8), (4, 8), (8, 8)])
>>> table.layers, table.prices('latency_cycles').shape
(['a', 'b'], (2, 3))
>>> candidates = numpy.array([[0, 2], [2, 2]], dtype=numpy.uint8)
>>> bool((table.sums('latency_cycles', candidates)[1] == 2 * table.prices('latency_cycles')[0, 2]))
True
)";

}  // namespace

void bind_price_table(py::module_& module) {
  py::class_<PriceTable> type(module, "PriceTable", kDoc);
  share_copies(type);
  type.def(py::pickle(&price_table_to_json,
                      [](const std::string& json) { return read_price_table(json, "pickled PriceTable"); }))
      .def(py::init(&make), py::arg("graph"), py::arg("machine"), py::arg("choices"), py::kw_only(),
           py::arg("metrics") = std::vector<std::string>{}, py::arg("formula") = py::none(), py::arg("threads") = 1)
      .def_property_readonly("layers", &layers_of, "Names of the layers that have a choice, in execution order.")
      .def_property_readonly("choices", &choices_of, "As given.")
      .def_property_readonly("metrics", &metrics_of, "Names of the metrics that it holds.")
      .def(
          "prices",
          [](const py::object& self, const std::string& metric) {
            const auto& table = self.cast<const PriceTable&>();
            return view(self, table, table.prices(metric_of(metric)).data());
          },
          py::arg("metric"), R"([layers, choices], a view of the table itself; NaN where the machine has no price.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> PriceTable(graph, load_machine('mpic'), [(8, 8)]).prices('latency_cycles')
array([[304.76190476]])
)")
      .def(
          "statuses",
          [](const py::object& self) {
            const auto& table = self.cast<const PriceTable&>();
            return view(self, table, reinterpret_cast<const std::uint8_t*>(table.contents().statuses.data()));
          },
          R"([layers, choices]: 0 priced, 1 approximated, 2 unsupported.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> PriceTable(graph, load_machine('mpic'), [(8, 8), (3, 8)]).statuses()
array([[0, 2]], dtype=uint8)
)")
      .def(
          "reason",
          [](const PriceTable& table, std::size_t layer, std::size_t choice) {
            check_place(table, layer, choice);
            return table.reason(layer, choice);
          },
          py::arg("layer"), py::arg("choice"), R"(How a price is approximated, or why there is none; '' for a plain one.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> PriceTable(graph, load_machine('mpic'), [(3, 8)]).reason(0, 0)
'no rate for w3a8; known: w2a2 w4a2 w8a2 w2a4 w4a4 w8a4 w2a8 w4a8 w8a8'
)")
      .def(
          "fixed", [](const PriceTable& table, const std::string& metric) { return table.fixed(metric_of(metric)); },
          py::arg("metric"), R"(What the layers without a choice cost together.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> PriceTable(graph, load_machine('mpic'), [(8, 8)]).fixed('latency_cycles')
0.0
)")
      .def("sums", &sums, py::arg("metric"), py::arg("assignments"), py::arg("threads") = 1,
           R"(What the network costs for each row of `assignments`, a choice a layer: one number a row.

`assignments` is a contiguous array (candidates, layers) of uint8, uint16, int32 or int64, read in place; a sum is NaN
where a layer has no price. The interpreter's lock is released meanwhile, and at most `threads` threads work on it.

>>> import numpy
>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> PriceTable(graph, load_machine('mpic'), [(8, 8)]).sums('latency_cycles', numpy.zeros((2, 1), numpy.int64))
array([304.76190476, 304.76190476])
)")
      .def(
          "check_is_of",
          [](const PriceTable& table, const Graph& graph, const Machine& machine) {
            table.check_is_of(graph, machine);
          },
          py::arg("graph"), py::arg("machine"),
          R"(Raises InputError where the table is of another network or machine: says what differs.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> PriceTable(graph, load_machine('mpic'), [(8, 8)]).check_is_of(graph, load_machine('mpic'))
)")
      .def(
          "save",
          [](const PriceTable& table, const std::filesystem::path& file) {
            const py::gil_scoped_release release;
            save_price_table(table, file);
          },
          py::arg("file"), R"(Writes the table as JSON, which `load_price_table` reads without loss.

>>> import os, tempfile
>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> with tempfile.TemporaryDirectory() as folder:
...     PriceTable(graph, load_machine('mpic'), [(8, 8)]).save(os.path.join(folder, 'table.json'))
)")
      .def("__repr__", [](const PriceTable& table) {
        return fmt::format("<hwcost.PriceTable of '{}', {} layers, {} choices>", table.contents().model,
                           table.layer_count(), table.choice_count());
      });
  module.def(
      "load_price_table", [](const std::filesystem::path& file) { return load_price_table(file); }, py::arg("file"));
}

}  // namespace hwcost::python
