// InputError and Unsupported as Python exceptions, which hwcost/errors.py defines.
#include "binding.hpp"
#include "hwcost/error.hpp"

namespace hwcost::python {
namespace {

py::object exception_type(const char* name) { return py::module_::import("hwcost.errors").attr(name); }

void raise(const py::object& error) { PyErr_SetObject(py::type::handle_of(error).ptr(), error.ptr()); }

// what() without its place.
std::string message_of(const InputError& error) {
  const std::string prefix = InputError(error.place(), "").what();
  return std::string(error.what()).substr(prefix.size());
}

// Texts out of model files may be no UTF-8.
py::object text(const std::string& bytes) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace"));
}

}  // namespace

void raise_unsupported(const std::string& reason) {
  raise(exception_type("Unsupported")(text(reason)));
  throw py::error_already_set();
}

void bind_errors(py::module_&) {
  // NOLINTNEXTLINE(performance-unnecessary-value-param): pybind11 takes a pointer to a function of this type
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const InputError& error) {
      raise(exception_type("InputError")(text(message_of(error)), text(error.place().file), error.place().line,
                                         text(error.what())));
    }
  });
}

}  // namespace hwcost::python
