// What the files of the extension module share.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "hwcost/assignment.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/precision.hpp"

namespace hwcost::python {

namespace py = pybind11;

// One subject a file; classes are bound before the functions that take them.
void bind_errors(py::module_& module);
void bind_layer(py::module_& module);
void bind_graph(py::module_& module);
py::class_<Machine> bind_machine(py::module_& module);
void bind_report(py::module_& module);
void bind_refinement(py::module_& module);
void bind_expected_cost(py::module_& module);
void bind_price_table(py::module_& module);
void bind_batch(py::module_& module, py::class_<Machine>& machine);

// Raises hwcost.Unsupported.
[[noreturn]] void raise_unsupported(const std::string& reason);

// A text, or InputError: "`what` is 3, wanted `wanted`".
std::string text_from(py::handle value, const std::string& what, const std::string& wanted);
// Whether it is a dict or what else maps keys to values.
bool is_mapping(py::handle value);
// As a dict. Raises TypeError: "`what` is <class 'list'>, wanted a mapping".
py::dict dict_from(py::handle value, const std::string& what);

// 8, "8", "f32". `what` names the value in errors. Throws InputError.
NumberFormat number_format(py::handle value, const std::string& what);
// The same for all channels, {bits: channels}, or a sequence of one width a channel; text as in layer tables.
WeightFormat weight_format(py::handle value, const std::string& what);
// As Python writes them: a number, a text, {bits: channels} or a list.
py::object format_object(NumberFormat format);
py::object format_object(const WeightFormat& format);

// Throws InputError where there is no operator of that name.
Op operator_named(const std::string& name);
// With the extents that a layer of that operator has where nobody says more.
Layer empty_layer(Op op);
// A layer of the family's extents by name, names as in Layer::dims' kMembers, and widths. Throws InputError.
Layer layer_from(const std::string& op, const py::kwargs& arguments);

// {layer: w_bits} or {layer: {'w_bits': ..., 'in_bits': ...}}. Throws InputError.
std::vector<Assignment> assignments_from(const py::object& widths);

// The metrics that the machine defines, by name.
std::vector<std::string> names(MetricSet metrics);

// Copies of what is never changed are the object itself.
template <class T>
void share_copies(py::class_<T>& type) {
  type.def("__copy__", [](py::object self) { return self; })
      .def(
          "__deepcopy__", [](py::object self, const py::object&) { return self; }, py::arg("memo"));
}

// pickle raises TypeError; `instead` says what may be kept in its place.
template <class T>
void refuse_pickle(py::class_<T>& type, const std::string& instead) {
  const std::string message = std::string(py::str(type.attr("__name__"))) + " cannot be pickled: " + instead;
  type.def("__reduce__", [message](const py::object&) -> py::object { throw py::type_error(message); });
}

}  // namespace hwcost::python
