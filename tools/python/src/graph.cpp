// hwcost.Graph: a network as the importers give it.
#include <fmt/format.h>
#include <pybind11/stl/filesystem.h>

#include "binding.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/import/json.hpp"
#include "hwcost/import/onnx.hpp"
#include "hwcost/import/table.hpp"
#include "model_file.hpp"

namespace hwcost::python {
namespace {

using ShapesByInput = std::map<std::string, std::vector<double>>;

Graph read_file(const std::string& file, std::optional<double> batch, const ShapesByInput& input_shapes) {
  const py::gil_scoped_release release;
  return command::read_model_file(file, {.batch = batch, .input_shapes = input_shapes});
}

Graph read_onnx_bytes(const py::bytes& bytes, const std::string& name, const ShapesByInput& input_shapes) {
  const std::string_view view = bytes;
  const py::gil_scoped_release release;
  return import_onnx(std::as_bytes(std::span(view)), name, {.batch = {}, .input_shapes = input_shapes});
}

Graph read_table(const std::string& text, const std::string& name) { return read_layer_table(text, name).graph; }

Graph of_layers(const std::vector<Layer>& layers, const std::string& name) {
  Graph graph;
  graph.name = name;
  for (const Layer& layer : layers) add_layer(graph, layer);
  return graph;
}

Graph with_bits(Graph graph, double weight_bits, double activation_bits) {
  for (const double bits : {weight_bits, activation_bits}) {
    if (!(bits >= 1.0 && bits <= 64.0)) throw InputError({}, fmt::format("{} bits, wanted 1 to 64", bits));
  }
  set_bits(graph, weight_bits, activation_bits);
  graph.notes.push_back(fmt::format("weights {} bit, activations {} bit by the caller", weight_bits, activation_bits));
  return graph;
}

// By a mapping, or by a table's path.
Graph with_assignments(Graph graph, const py::object& widths) {
  const bool is_path = py::isinstance<py::str>(widths) || py::hasattr(widths, "__fspath__");
  assign(graph, is_path ? read_assignments(widths.cast<std::filesystem::path>()) : assignments_from(widths));
  return graph;
}

py::dict shapes_of(const Graph& graph, const std::vector<TensorId>& tensors) {
  py::dict shapes;
  for (const TensorId id : tensors) {
    const Tensor& tensor = graph.tensors[id];
    py::list extents;
    for (const double extent : tensor.shape) extents.append(static_cast<long long>(extent));
    shapes[py::str(tensor.name)] = tensor.known_shape ? py::object(py::tuple(extents)) : py::none();
  }
  return shapes;
}

std::vector<Layer> layers_of(const Graph& graph) {
  std::vector<Layer> layers;
  for (const Node& node : graph.nodes) layers.push_back(node.layer);
  return layers;
}

std::string shown(const Graph& graph) {
  return fmt::format("<hwcost.Graph '{}' of {} layers>", graph.name.empty() ? graph.file : graph.name,
                     graph.nodes.size());
}

// Whether it is {'w_bits': ..., 'in_bits': ...}, as far as its keys tell; widths of channels have numbers for keys.
bool has_names_for_keys(py::handle value) {
  if (!is_mapping(value)) return false;
  for (const auto& [key, format] : dict_from(value, "widths")) {
    if (py::isinstance<py::str>(key)) return true;
  }
  return false;
}

Assignment assignment_of(py::handle layer, py::handle value) {
  const auto shown = [](py::handle key) { return std::string(py::repr(key)); };
  if (!py::isinstance<py::str>(layer)) throw InputError({}, fmt::format("layer {}: wanted its name", shown(layer)));
  Assignment assignment;
  assignment.layer = layer.cast<std::string>();
  assignment.place.file = fmt::format("assignment of '{}'", assignment.layer);
  const auto named = [&](const char* width) { return fmt::format("{} of '{}'", width, assignment.layer); };
  if (!has_names_for_keys(value)) {
    assignment.weight = weight_format(value, named("w_bits"));
    return assignment;
  }
  for (const auto& [key, format] : dict_from(value, "widths")) {
    if (key.equal(py::str("w_bits"))) {
      assignment.weight = weight_format(format, named("w_bits"));
    } else if (key.equal(py::str("in_bits"))) {
      assignment.input = number_format(format, named("in_bits"));
    } else {
      throw InputError(
          assignment.place,
          fmt::format("unknown key {}, wanted 'w_bits' or 'in_bits', or numbers of bits alone", shown(key)));
    }
  }
  return assignment;
}

constexpr const char* kGraphDoc = R"(A network: layers in execution order and the tensors between them.

Made by `load_model`, `trace` (hwcost.torch) or from layers; never changed: `with_bits` and `assign` give a new one.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)], name='classifier')
>>> [layer.name for layer in graph.layers]
['fc']
)";

}  // namespace

std::vector<Assignment> assignments_from(const py::object& widths) {
  std::vector<Assignment> assignments;
  for (const auto& [layer, value] : dict_from(widths, "widths")) assignments.push_back(assignment_of(layer, value));
  return assignments;
}

void bind_graph(py::module_& module) {
  py::class_<Graph> type(module, "Graph", kGraphDoc);
  share_copies(type);
  type.def(py::pickle(&graph_to_json, [](const std::string& json) { return read_graph_json(json, "pickled Graph"); }))
      .def(py::init(&of_layers), py::arg("layers"), py::arg("name") = "")
      .def_readonly("name", &Graph::name, "The network's own name.")
      .def_readonly("file", &Graph::file, "Where it was read from.")
      .def_readonly("notes", &Graph::notes, "What an importer assumed, one sentence each.")
      .def_property_readonly("layers", &layers_of, "Its layers in execution order.")
      .def_property_readonly(
          "inputs", [](const Graph& graph) { return shapes_of(graph, graph.inputs); },
          "Shapes of the network's inputs by name; None where a shape is unknown.")
      .def_property_readonly(
          "outputs", [](const Graph& graph) { return shapes_of(graph, graph.outputs); },
          "Shapes of the network's outputs by name.")
      .def("with_bits", &with_bits, py::arg("weights"), py::arg("activations"),
           R"(The same network with these widths, integers, on all layers; biases stay.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> graph.with_bits(4, 8).layers[0].w_bits
4
)")
      .def("assign", &with_assignments, py::arg("widths"),
           R"(The same network with the widths of single layers, and 0-bit channels removed.

`widths` is {layer: w_bits} or {layer: {'w_bits': ..., 'in_bits': ...}}, with w_bits as in `Layer`; or the path of a
table `layer,w_bits,in_bits`. Layers behind lose the input channels that were pruned. Raises InputError: no layer of
that name, counts that do not add up, channels across an add that may not be the same ones.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> graph.assign({'fc': {4: 4, 8: 6}}).layers[0].w_bits
{4: 4, 8: 6}
)")
      .def("to_json", &graph_to_json, R"(The network in the neutral form, which `load_model` reads back without loss.

>>> Graph([Layer('linear', in_channels=64, out_channels=10)]).to_json()[:1]
'{'
)")
      .def("__len__", [](const Graph& graph) { return graph.nodes.size(); })
      .def("__eq__", [](const Graph& a, const Graph& b) { return a == b; })
      .def("__repr__", &shown);
  module.def("read_model_file", &read_file, py::arg("file"), py::arg("batch"), py::arg("input_shapes"));
  module.def("read_onnx", &read_onnx_bytes, py::arg("bytes"), py::arg("name"), py::arg("input_shapes"));
  module.def(
      "read_json", [](const std::string& text, const std::string& name) { return read_graph_json(text, name); },
      py::arg("text"), py::arg("name"));
  module.def("read_table", &read_table, py::arg("text"), py::arg("name"));
  module.def(
      "assignment_table", [](const py::object& widths) { return assignment_table(assignments_from(widths)); },
      py::arg("widths"));
}

}  // namespace hwcost::python
