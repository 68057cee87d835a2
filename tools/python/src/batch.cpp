// Machine.estimate_batch: columns of candidates, borrowed from numpy.
#include "hwcost/batch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pybind11/numpy.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "arrays.hpp"
#include "binding.hpp"
#include "hwcost/error.hpp"
#include "hwcost/parallel_batch.hpp"

namespace hwcost::python {
namespace {

using Doubles = py::array_t<double, py::array::c_style>;

// The figures that a batch has, and where CostColumns keeps them.
struct Figure {
  Metric metric;
  std::span<double> CostColumns::*column;
};
constexpr std::array<Figure, 6> kFigures{{{Metric::latency_cycles, &CostColumns::latency_cycles},
                                          {Metric::latency_seconds, &CostColumns::latency_seconds},
                                          {Metric::energy_joules, &CostColumns::energy_joules},
                                          {Metric::traffic_bytes, &CostColumns::traffic_bytes},
                                          {Metric::convention_ops, &CostColumns::convention_ops},
                                          {Metric::cost, &CostColumns::cost}}};

// Layers call the widths so.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOtherNames{
    {{"in_bits", "input_bits"}, {"w_bits", "weight_bits"}, {"out_bits", "output_bits"}}};

struct ColumnDefault {
  std::string_view name;
  double value;
};

// In the order of LayerColumns.
std::vector<ColumnDefault> columns_of(Op op) {
  std::vector<ColumnDefault> columns;
  const auto add = [&]<class Struct>(const Struct& defaults) {
    for (const auto& member : Struct::kMembers) columns.push_back({member.name, defaults.*member.pointer});
  };
  Layer empty = empty_layer(op);
  std::visit(add, empty.dims);
  add(Widths<>{.scale_bits = kNoFigure});
  return columns;
}

Doubles checked(const py::array& array, const std::string& name) {
  if (!py::isinstance<Doubles>(array)) {
    throw py::type_error(fmt::format("column '{}' is {}, wanted a contiguous one of float64", name, shown(array)));
  }
  if (array.ndim() != 1) throw InputError({}, fmt::format("column '{}' has {} axes, wanted 1", name, array.ndim()));
  return array.cast<Doubles>();
}

double scalar(py::handle value, const std::string& name) {
  try {
    if (!py::isinstance<py::str>(value)) return py::float_(py::reinterpret_borrow<py::object>(value));
  } catch (const py::error_already_set&) {  // told below, with the column
  }
  throw py::type_error(fmt::format("column '{}' is {}, wanted a number or an array of float64", name,
                                   std::string(py::repr(py::type::of(value)))));
}

// The columns given, by position; nothing where the default holds.
struct Given {
  std::vector<std::optional<Doubles>> arrays;
  std::vector<double> scalars;
  std::size_t rows = 1;
};

std::size_t position(const std::vector<ColumnDefault>& columns, std::string_view wanted, Op op) {
  for (const auto& [other, name] : kOtherNames) {
    if (wanted == other) wanted = name;
  }
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const ColumnDefault& column) { return column.name == wanted; });
  if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  std::vector<std::string_view> known;
  for (const ColumnDefault& column : columns) known.push_back(column.name);
  throw InputError({}, fmt::format("'{}' is no column of {}, which has {}", wanted, name(op), fmt::join(known, ", ")));
}

// A requantisation is said by its scale, or not at all.
void check_shift(const std::vector<ColumnDefault>& known, const std::set<std::size_t>& said, Op op) {
  if (said.contains(position(known, "shift", op)) && !said.contains(position(known, "scale_bits", op)))
    throw InputError({}, "column 'shift' without 'scale_bits': the machine's own requantisation holds");
}

Given take(const py::dict& columns, const std::vector<ColumnDefault>& known, Op op) {
  Given given;
  std::set<std::size_t> said;
  given.arrays.resize(known.size());
  for (const ColumnDefault& column : known) given.scalars.push_back(column.value);
  std::string first;
  for (const auto& [key, value] : columns) {
    const std::string column = text_from(key, "a column", "its name");
    const std::size_t k = position(known, column, op);
    if (!said.insert(k).second) throw InputError({}, fmt::format("column '{}' is given twice", known[k].name));
    if (!py::isinstance<py::array>(value) || value.cast<py::array>().ndim() == 0) {
      given.scalars[k] = scalar(value, column);
      continue;
    }
    given.arrays[k] = checked(value.cast<py::array>(), column);
    const auto rows = static_cast<std::size_t>(given.arrays[k]->size());
    if (!first.empty() && rows != given.rows) {
      throw InputError({}, fmt::format("column '{}' has {} rows, column '{}' {}", column, rows, first, given.rows));
    }
    if (first.empty()) first = column;
    given.rows = rows;
  }
  check_shift(known, said, op);
  return given;
}

std::vector<Figure> wanted_figures(const Machine& machine, const std::optional<std::vector<std::string>>& metrics) {
  const MetricSet defined = machine.backend->traits().metrics;
  std::vector<Figure> wanted;
  if (!metrics) {
    std::copy_if(kFigures.begin(), kFigures.end(), std::back_inserter(wanted),
                 [&](const Figure& figure) { return defined.contains(figure.metric); });
    return wanted;
  }
  for (const std::string& metric : *metrics) {
    const auto found = std::find_if(kFigures.begin(), kFigures.end(),
                                    [&](const Figure& figure) { return name(figure.metric) == metric; });
    if (found == kFigures.end() || !defined.contains(found->metric)) {
      throw InputError({}, fmt::format("{} has no metric '{}' a batch can give; it defines {}",
                                       machine.description.name(), metric, fmt::join(names(defined), ", ")));
    }
    wanted.push_back(*found);
  }
  return wanted;
}

// Columns of one call, borrowed and new.
struct Call {
  Given given;
  std::vector<const double*> pointers;
  LayerColumns in;
  CostColumns out;
  py::dict result;
};

std::unique_ptr<Call> prepared(const Machine& machine, const std::string& op_name, const py::object& columns,
                               const std::optional<std::vector<std::string>>& metrics) {
  const Op op = operator_named(op_name);
  const std::vector<ColumnDefault> known = columns_of(op);
  auto call = std::make_unique<Call>();
  call->given = take(dict_from(columns, "columns"), known, op);
  const Given& given = call->given;
  for (const Figure& figure : wanted_figures(machine, metrics)) {
    py::array_t<double> values(static_cast<py::ssize_t>(given.rows));
    call->out.*figure.column = {values.mutable_data(), given.rows};
    call->result[py::str(name(figure.metric))] = values;
  }
  py::array_t<std::uint8_t> status(static_cast<py::ssize_t>(given.rows));
  call->out.status = {reinterpret_cast<Status*>(status.mutable_data()), given.rows};
  call->result["status"] = status;

  call->in = {.op = op, .size = given.rows, .columns = {}};
  for (std::size_t k = 0; k < known.size(); ++k) {
    if (!given.arrays[k]) call->in.broadcast |= std::uint64_t{1} << k;
    call->pointers.push_back(given.arrays[k] ? given.arrays[k]->data() : &given.scalars[k]);
  }
  call->in.columns = call->pointers;
  return call;
}

py::dict estimate_batch(const Machine& machine, const std::string& op_name, const py::object& columns,
                        const std::optional<std::vector<std::string>>& metrics, std::size_t threads) {
  const std::unique_ptr<Call> call = prepared(machine, op_name, columns, metrics);
  {
    const py::gil_scoped_release release;
    hwcost::estimate_batch(*machine.backend, call->in, call->out, threads);
  }
  return call->result;
}

// Seconds of each of `runs` runs of the library's own call on the same columns: what a C++ program would take.
std::vector<double> seconds_of_library_call(const Machine& machine, const std::string& op_name,
                                            const py::object& columns, std::size_t threads, std::size_t runs) {
  const std::unique_ptr<Call> call = prepared(machine, op_name, columns, std::nullopt);
  std::vector<double> seconds;
  for (std::size_t run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    hwcost::estimate_batch(*machine.backend, call->in, call->out, threads);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return seconds;
}

constexpr const char* kBatchDoc =
    R"(What many candidates of one operator cost: a dict of arrays, by metric, and 'status'.

`columns` has an array of float64 (contiguous, one row a candidate; read in place, never copied) or one number for all
rows, by the names of `extent_names(op)` and the widths in_bits, w_bits, out_bits (integers; 8) and scale_bits, shift (of
the requantisation: 0 bits are raw accumulators, NaN the machine's own, which holds where nothing is said). `status` is 0 priced, 1 approximated, 2 unsupported; an unsupported row is NaN in every metric. `metrics` names
those wanted; all that the machine defines where it is None. At most `threads` threads work on it (0: one a
processor), with the same bits whatever their number; the interpreter's lock is released meanwhile. Raises
TypeError and InputError that name the column.

>>> import numpy
>>> batch = load_machine('mpic').estimate_batch('linear', {
...     'in_channels': 64, 'out_channels': numpy.array([10.0, 20.0]), 'w_bits': numpy.array([8.0, 3.0])})
>>> batch['latency_cycles'], batch['status']
(array([304.76190476,          nan]), array([0, 2], dtype=uint8))
)";

}  // namespace

void bind_batch(py::module_& module, py::class_<Machine>& machine) {
  machine.def("estimate_batch", &estimate_batch, py::arg("op"), py::arg("columns"), py::arg("metrics") = py::none(),
              py::arg("threads") = 1, kBatchDoc);
  module.def("_seconds_of_library_call", &seconds_of_library_call, py::arg("machine"), py::arg("op"),
             py::arg("columns"), py::arg("threads"), py::arg("runs"));  // for benchmarks/python_batch.py
}

}  // namespace hwcost::python
