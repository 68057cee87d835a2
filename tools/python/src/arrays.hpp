// How errors speak of numpy arrays.
#pragma once

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <string>

namespace hwcost::python {

// "a strided array of float32".
inline std::string shown(const pybind11::array& array) {
  const bool contiguous = (array.flags() & pybind11::array::c_style) != 0;
  return fmt::format("a {} array of {}", contiguous ? "contiguous" : "strided",
                     std::string(pybind11::str(array.dtype())));
}

}  // namespace hwcost::python
