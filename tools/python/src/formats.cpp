// Widths as Python writes them, and back.
#include <fmt/format.h>

#include <cmath>

#include "binding.hpp"

namespace hwcost::python {
namespace {

[[noreturn]] void refuse(const std::string& what, py::handle value, std::string_view wanted) {
  throw InputError({}, fmt::format("{} is {}, wanted {}", what, std::string(py::repr(value)), wanted));
}

bool is_number(py::handle value) { return PyNumber_Check(value.ptr()) != 0 && !py::isinstance<py::str>(value); }

double whole(py::handle value, const std::string& what, double most, std::string_view wanted) {
  if (is_number(value)) {
    const double number = py::float_(py::reinterpret_borrow<py::object>(value));
    if (number >= 0.0 && number <= most && number == std::floor(number)) return number;
  }
  refuse(what, value, wanted);
}

double width(py::handle value, const std::string& what) {
  return whole(value, what, 64.0, "a whole number of bits from 0 to 64");
}

WeightFormat histogram(const py::dict& counts, const std::string& what) {
  std::map<double, double> sorted;
  for (const auto& [bits, channels] : counts) {
    sorted[width(bits, what)] += whole(channels, what, 9007199254740992.0, "a number of channels behind each width");
  }
  if (sorted.empty()) refuse(what, counts, "at least one width");
  WeightFormat format;
  for (const auto& [bits, channels] : sorted) format.groups.push_back({bits, channels});
  return format;
}

WeightFormat one_a_channel(py::handle widths, const std::string& what) {
  std::vector<double> bits;
  for (const py::handle value : widths) bits.push_back(width(value, what));
  if (bits.empty()) refuse(what, widths, "at least one width");
  return WeightFormat::per_channel(std::move(bits));
}

py::object python_number(double value) {
  if (value == std::floor(value)) return py::int_(static_cast<long long>(value));
  return py::float_(value);
}

}  // namespace

std::string text_from(py::handle value, const std::string& what, const std::string& wanted) {
  if (!py::isinstance<py::str>(value)) refuse(what, value, wanted);
  return value.cast<std::string>();
}

bool is_mapping(py::handle value) {
  return py::isinstance<py::dict>(value) ||
         py::isinstance(value, py::module_::import("collections.abc").attr("Mapping"));
}

py::dict dict_from(py::handle value, const std::string& what) {
  if (is_mapping(value)) return py::dict(py::reinterpret_borrow<py::object>(value));
  throw py::type_error(fmt::format("{} is {}, wanted a mapping", what, std::string(py::repr(py::type::of(value)))));
}

NumberFormat number_format(py::handle value, const std::string& what) {
  if (py::isinstance<py::str>(value)) {
    if (const auto format = number_format_from(value.cast<std::string>())) return *format;
    refuse(what, value, "a width such as '8', 'f32' or 'bf16'");
  }
  if (!is_number(value)) refuse(what, value, "a whole number of bits from 0 to 64 or a text such as 'f32'");
  return integer(width(value, what));
}

WeightFormat weight_format(py::handle value, const std::string& what) {
  if (is_mapping(value)) return histogram(dict_from(value, what), what);
  const bool is_text = py::isinstance<py::str>(value);
  if (!is_text && py::isinstance<py::iterable>(value)) return one_a_channel(value, what);
  return {number_format(value, what)};
}

py::object format_object(NumberFormat format) {
  return format.is_integer() ? python_number(format.bits) : py::str(to_text(format));
}

py::object format_object(const WeightFormat& format) {
  if (!format.is_mixed()) return format_object(format.uniform);
  if (!format.by_channel.empty()) {
    py::list widths;
    for (const double bits : format.by_channel) widths.append(python_number(bits));
    return widths;
  }
  py::dict counts;
  for (const ChannelGroup& group : format.groups) counts[python_number(group.bits)] = python_number(group.channels);
  return counts;
}

}  // namespace hwcost::python
