// The extension module hwcost._core: the library's types and calls as Python has them, without a formula of its own.
#include "binding.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "The hwcost library. Import `hwcost`, which adds to it what is written in Python.";
  module.attr("__version__") = HWCOST_VERSION;
  hwcost::python::bind_errors(module);
  hwcost::python::bind_layer(module);
  hwcost::python::bind_graph(module);
  auto machine = hwcost::python::bind_machine(module);
  hwcost::python::bind_report(module);
  hwcost::python::bind_refinement(module);
  hwcost::python::bind_expected_cost(module);
  hwcost::python::bind_price_table(module);
  hwcost::python::bind_batch(module, machine);
}
