// hwcost.Layer: an operator, its extents by name, its widths.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "binding.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/import/json.hpp"
#include "hwcost/work.hpp"

namespace hwcost::python {
namespace {

template <std::size_t... I>
Dims empty_dims(Family family, std::index_sequence<I...>) {
  Dims dims;
  ((static_cast<std::size_t>(family) == I ? void(dims.emplace<I>()) : void()), ...);
  return dims;
}
Dims empty_dims(Family family) { return empty_dims(family, std::make_index_sequence<std::variant_size_v<Dims>>()); }

template <class F>
void visit_extents(Dims& dims, F&& f) {
  std::visit(
      [&]<class D>(D& d) {
        for (const auto& member : D::kMembers) f(member.name, d.*member.pointer);
      },
      dims);
}

std::vector<std::string> extent_names(const std::string& op_name) {
  std::vector<std::string> names;
  Dims dims = empty_layer(operator_named(op_name)).dims;
  visit_extents(dims, [&](std::string_view name, double&) { names.emplace_back(name); });
  return names;
}

double extent(py::handle value, const std::string& name) {
  try {
    return value.cast<double>();
  } catch (const py::cast_error&) {
    throw InputError({}, fmt::format("{} is {}, wanted a number", name, std::string(py::repr(value))));
  }
}

// What a layer has besides extents.
void take_option(Layer& layer, const std::string& name, py::handle value) {
  if (name == "name") {
    layer.name = text_from(value, name, "a text");
    layer.module = layer.name;
  } else if (name == "w_bits") {
    layer.precision.weight = weight_format(value, name);
  } else if (name == "in_bits") {
    layer.precision.input = number_format(value, name);
  } else if (name == "out_bits") {
    layer.precision.output = number_format(value, name);
  } else if (name == "bias_bits") {
    layer.precision.bias = number_format(value, name);
  } else if (name == "repeat") {
    layer.repeat = extent(value, name);
  } else {
    throw InputError({}, fmt::format("'{}' is no extent of {}, which has {}; nor name, w_bits, in_bits, out_bits, "
                                     "bias_bits, repeat",
                                     name, hwcost::name(layer.op),
                                     fmt::join(extent_names(std::string(hwcost::name(layer.op))), ", ")));
  }
}

py::dict extents_of(const Layer& layer) {
  py::dict extents;
  Dims dims = layer.dims;
  visit_extents(dims, [&](std::string_view name, double& value) { extents[py::str(name)] = value; });
  return extents;
}

py::dict facts_of(const Layer& layer) {
  py::dict result;
  const Facts f = facts(layer);
  for (const Facts::Column& column : Facts::columns()) {
    const bool defined = column.member != &Facts::memory_access_bound_elements || f.has_memory_access_bound;
    if (defined) result[py::str(column.name)] = f.*column.member;
  }
  return result;
}

std::string shown(const Layer& layer) {
  std::string text = fmt::format("Layer('{}'", name(layer.op));
  if (!layer.name.empty()) text += fmt::format(", name={}", std::string(py::repr(py::str(layer.name))));
  Dims dims = layer.dims;
  Dims plain = empty_dims(family_of(dims));
  std::vector<double> defaults;
  visit_extents(plain, [&](std::string_view, double& value) { defaults.push_back(value); });
  std::size_t next = 0;
  visit_extents(dims, [&](std::string_view extent_name, double& value) {
    if (value != defaults[next++]) text += fmt::format(", {}={}", extent_name, value);
  });
  return text + fmt::format(", w_bits={}, in_bits={}, out_bits={})",
                            std::string(py::repr(format_object(layer.precision.weight))),
                            std::string(py::repr(format_object(layer.precision.input))),
                            std::string(py::repr(format_object(layer.precision.output))));
}

// A layer in the neutral form, by the network of it alone.
std::string json_of(const Layer& layer) {
  Graph alone;
  add_layer(alone, layer);
  return graph_to_json(alone);
}

Layer layer_of(const std::string& json) { return read_graph_json(json, "pickled Layer").nodes.at(0).layer; }

constexpr const char* kLayerDoc = R"(One layer: an operator, its extents by keyword, its widths.

`op` is an operator's name (`hwcost.operators()`); `hwcost.extent_names(op)` lists its extents, which are counts and
default to 1 (padding and bias to 0). Widths are `w_bits`, `in_bits`, `out_bits` (8 each) and `bias_bits` (32): bits of
an integer or a text such as 'f32'. `w_bits` may differ between output channels: {bits: channels} or a list of one
width a channel, 0 for a pruned one. Raises InputError where extents contradict each other.

>>> layer = Layer('conv2d', in_channels=16, out_channels=32, in_height=8, in_width=8, out_height=8, out_width=8,
...               kernel_height=3, kernel_width=3, pad_top=1, pad_bottom=1, pad_left=1, pad_right=1, w_bits=4)
>>> layer.facts()['macs']
294912.0
>>> Layer('linear', in_channels=64, out_channels=10, w_bits={0: 2, 8: 8}).facts()['params']
512.0
)";

}  // namespace

Op operator_named(const std::string& name) {
  if (const std::optional<Op> op = op_named(name)) return *op;
  throw InputError({}, fmt::format("'{}' is no operator", name));
}

Layer empty_layer(Op op) {
  Layer layer;
  layer.op = op;
  layer.dims = empty_dims(info(op).family);
  return layer;
}

Layer layer_from(const std::string& op, const py::kwargs& arguments) {
  Layer layer = empty_layer(operator_named(op));
  for (const auto& [key, value] : arguments) {
    const auto wanted = key.cast<std::string>();
    bool is_extent = false;
    visit_extents(layer.dims, [&, v = value](std::string_view name, double& member) {
      if (name != wanted) return;
      member = extent(v, wanted);
      is_extent = true;
    });
    if (!is_extent) take_option(layer, wanted, value);
  }
  if (const auto fault = contradiction(layer)) throw InputError({}, *fault);
  return layer;
}

void bind_layer(py::module_& module) {
  py::class_<Layer> type(module, "Layer", kLayerDoc);
  share_copies(type);
  type.def(py::pickle(&json_of, &layer_of))
      .def(py::init(&layer_from), py::arg("op"))
      .def_readonly("name", &Layer::name, "Dotted, as 'layer1.0.conv1'; need not be unique.")
      .def_readonly("module", &Layer::module, "The module that owns it.")
      .def_property_readonly(
          "op", [](const Layer& layer) { return name(layer.op); }, "The operator's name.")
      .def_readonly("repeat", &Layer::repeat, "How often it runs in one inference.")
      .def_property_readonly("extents", &extents_of, "Its extents by name.")
      .def_property_readonly(
          "w_bits", [](const Layer& layer) { return format_object(layer.precision.weight); },
          "Bits of the weights: a number, a text such as 'f32', {bits: channels} or a list of one width a channel.")
      .def_property_readonly(
          "in_bits", [](const Layer& layer) { return format_object(layer.precision.input); }, "Bits of the input.")
      .def_property_readonly(
          "out_bits", [](const Layer& layer) { return format_object(layer.precision.output); }, "Bits of the output.")
      .def_property_readonly(
          "bias_bits", [](const Layer& layer) { return format_object(layer.precision.bias); },
          "Bits of biases and other small parameters.")
      .def("facts", &facts_of, R"(What the layer computes and holds, whatever the machine: macs, params, bytes.

>>> Layer('linear', in_channels=64, out_channels=10, bias=1).facts()['params']
650.0
)")
      .def("__eq__", [](const Layer& a, const Layer& b) { return a == b; })
      .def("__repr__", &shown);
  module.def(
      "operators",
      [] {
        std::vector<std::string_view> result;
        for (const OpInfo& op : kOps) result.push_back(op.name);
        return result;
      },
      "Names of all operators.");
  module.def("extent_names", &extent_names, py::arg("op"), "Names of an operator's extents, in the order of columns.");
}

}  // namespace hwcost::python
