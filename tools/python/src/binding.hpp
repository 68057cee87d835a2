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
std::vector<Assignment> assignments_from(const py::dict& widths);

// The metrics that the machine defines, by name.
std::vector<std::string> names(MetricSet metrics);

}  // namespace hwcost::python
