#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "extents.hpp"
#include "operators.hpp"
#include "tensor_values.hpp"

namespace hwcost::onnx {
namespace {

void reshape_to(OperatorCall& call, Shape shape) {
  call.output(0, std::move(shape));
  call.layer(Op::reshape, Movement<>{.in_elements = call.count(0), .out_elements = call.count(0)});
}

// Fills in what 0 (as the input) and -1 (what is left) stand for.
Shape resolve_target(const OperatorCall& call, Shape target) {
  const Shape& in = call.shape(0);
  const std::string asked = to_text(target);
  std::optional<std::size_t> free;
  for (std::size_t k = 0; k < target.size(); ++k) {
    if (target[k] == 0 && call.integer("allowzero", 0) == 0) {
      if (k >= in.size()) call.fail(fmt::format("its target {} copies an extent that {} has not", asked, to_text(in)));
      target[k] = in[k];
    } else if (target[k] == -1 && !free) {
      free = k;
      target[k] = 1;
    }
  }
  const std::optional<double> fixed = elements(target);
  const double left = fixed && *fixed > 0.0 ? call.count(0) / *fixed : 0.0;
  if (free && left >= 1.0 && left == std::floor(left)) target[*free] = static_cast<std::int64_t>(left);
  if (elements(target) != call.count(0)) {
    call.fail(fmt::format("shape {} cannot become {}", to_text(in), asked));
  }
  return target;
}

double number_of(const OperatorCall& call, std::size_t operand, double fallback) {
  const std::vector<double>* contents = call.contents(operand);
  return contents != nullptr && contents->size() == 1 ? contents->front() : fallback;
}

}  // namespace

void import_reshape(OperatorCall& call, Op) {
  const std::optional<Shape> target = call.list_or_operand("shape", 1);
  if (!target) return call.cannot_derive("its target shape is computed at run time");
  if (target->size() > kLargestRank) call.fail(fmt::format("wants a shape of {} dimensions", target->size()));
  if (call.input(0).shape) return reshape_to(call, resolve_target(call, *target));
  // A target of numbers alone says what the operand cannot.
  const std::optional<double> count = elements(*target);
  const bool is_whole = std::all_of(target->begin(), target->end(), [](std::int64_t extent) { return extent > 0; });
  if (!is_whole || !count) return call.cannot_derive_without_shape(0);
  call.output(0, *target);
  call.layer(Op::reshape, Movement<>{.in_elements = *count, .out_elements = *count});
}

void import_flatten(OperatorCall& call, Op) {
  const Shape& in = call.shape(0);
  const std::int64_t wanted = call.integer("axis", 1);
  const bool at_end = wanted == static_cast<std::int64_t>(in.size());
  const std::size_t axis = at_end ? in.size() : call.axis(wanted, in.size());
  reshape_to(call, {static_cast<std::int64_t>(*elements(in, 0, axis)),
                    static_cast<std::int64_t>(*elements(in, axis, in.size()))});
}

void import_squeeze(OperatorCall& call, Op) {
  const Shape& in = call.shape(0);
  const std::optional<Shape> axes = call.list_or_operand("axes", 1);
  if (!axes && call.has(1)) return call.cannot_derive("its axes are computed at run time");
  std::vector<bool> dropped(in.size(), false);
  for (std::size_t k = 0; k < in.size() && !axes; ++k) dropped[k] = in[k] == 1;
  if (axes) {
    for (const std::int64_t axis : *axes) dropped[call.axis(axis, in.size())] = true;
  }
  Shape shape;
  for (std::size_t k = 0; k < in.size(); ++k) {
    if (!dropped[k])
      shape.push_back(in[k]);
    else if (in[k] != 1)
      call.fail(fmt::format("axis {} of {} has more than one element", k, to_text(in)));
  }
  reshape_to(call, std::move(shape));
}

void import_unsqueeze(OperatorCall& call, Op) {
  const Shape& in = call.shape(0);
  const std::optional<Shape> axes = call.list_or_operand("axes", 1);
  if (!axes) return call.cannot_derive("its axes are computed at run time");
  const std::size_t rank = in.size() + axes->size();
  if (rank > kLargestRank) call.fail(fmt::format("wants a shape of {} dimensions", rank));
  std::vector<bool> added(rank, false);
  for (const std::int64_t axis : *axes) {
    if (added[call.axis(axis, rank)]) call.fail(fmt::format("adds axis {} twice", axis));
    added[call.axis(axis, rank)] = true;
  }
  Shape shape;
  auto next = in.begin();
  for (std::size_t k = 0; k < rank; ++k) shape.push_back(added[k] ? 1 : *next++);
  reshape_to(call, std::move(shape));
}

void import_expand(OperatorCall& call, Op op) {
  const std::optional<Shape> target = call.integers(1);
  if (!target) return call.cannot_derive("its target shape is computed at run time");
  for (const std::int64_t extent : *target) {
    if (extent < 0) call.fail(fmt::format("its target shape is {}", to_text(*target)));
  }
  const std::optional<Shape> shape = broadcast(call.shape(0), *target);
  if (!shape) call.fail(fmt::format("shape {} cannot become {}", to_text(call.shape(0)), to_text(*target)));
  call.output(0, *shape);
  call.layer(op, Movement<>{.in_elements = call.count(0), .out_elements = *elements(*shape)});
}

void import_constant(OperatorCall& call, Op) {
  const std::int64_t none = 0;
  for (const std::string_view name : {"value", "sparse_value"}) {
    const Attribute* value = call.attribute(name);
    if (value == nullptr || !value->tensor) continue;
    const StoredTensor& tensor = *value->tensor;
    if (!elements(tensor.dims)) call.fail(fmt::format("its value has shape {}", to_text(tensor.dims)));
    if (!is_known_type(tensor.type)) call.fail(fmt::format("its value has element type {}", tensor.type));
    return call.stored_output(0, tensor.dims, tensor.type, read_elements(tensor, call.builder().file()), &tensor);
  }
  for (const Attribute& a : call.node().attributes) {
    if (a.name == "value_float" && a.real) return call.stored_output(0, {}, kFloat, std::vector<double>{*a.real});
    if (a.name == "value_int") {
      return call.stored_output(0, {}, kInt64, std::vector<double>{static_cast<double>(a.integer.value_or(none))});
    }
    if (a.name == "value_floats") {
      return call.stored_output(0, {static_cast<std::int64_t>(a.reals.size())}, kFloat, a.reals);
    }
    if (a.name == "value_ints") {
      return call.stored_output(0, {static_cast<std::int64_t>(a.integers.size())}, kInt64,
                                std::vector<double>(a.integers.begin(), a.integers.end()));
    }
    if (a.name == "value_string") return call.stored_output(0, {}, kString, std::nullopt);
  }
  call.fail("has no value that can be read");
}

void import_constant_of_shape(OperatorCall& call, Op) {
  const std::optional<Shape> shape = call.integers(0);
  if (!shape) return call.cannot_derive("its shape is computed at run time");
  std::int32_t type = kFloat;
  double value = 0.0;
  if (const Attribute* given = call.attribute("value"); given != nullptr && given->tensor) {
    type = given->tensor->type;
    const auto read = read_elements(*given->tensor, call.builder().file());
    if (read && read->size() == 1) value = read->front();
  }
  const std::optional<double> count = elements(*shape);
  if (!count) call.fail(fmt::format("its shape is {}", to_text(*shape)));
  std::optional<std::vector<double>> contents;
  if (call.builder().may_fold(*count)) contents.emplace(static_cast<std::size_t>(*count), value);
  call.constant_output(0, *shape, type, std::move(contents));
}

void import_shape(OperatorCall& call, Op) {
  const Shape& in = call.shape(0);
  const auto rank = static_cast<std::int64_t>(in.size());
  const auto bound = [&](std::string_view name, std::int64_t fallback) {
    const std::int64_t value = call.integer(name, fallback);
    return std::clamp<std::int64_t>(value < -rank ? 0 : value < 0 ? value + rank : value, 0, rank);
  };
  const std::int64_t start = bound("start", 0);
  const std::int64_t end = std::max(bound("end", rank), start);
  call.constant_output(0, {end - start}, kInt64, std::vector<double>(in.begin() + start, in.begin() + end));
}

void import_size(OperatorCall& call, Op) { call.constant_output(0, {}, kInt64, std::vector<double>{call.count(0)}); }

void import_range(OperatorCall& call, Op) {
  const double nan = std::nan("");
  const double start = number_of(call, 0, nan);
  const double limit = number_of(call, 1, nan);
  const double step = number_of(call, 2, nan);
  if (std::isnan(start + limit + step)) return call.cannot_derive("its bounds are computed at run time");
  if (step == 0.0) call.fail("its step is 0");
  const double count = std::max(std::ceil((limit - start) / step), 0.0);
  if (!(count <= kLargestExtent)) call.fail("it has too many elements");
  std::optional<std::vector<double>> contents;
  if (call.builder().may_fold(count)) {
    contents.emplace(static_cast<std::size_t>(count));
    for (std::size_t k = 0; k < contents->size(); ++k) (*contents)[k] = start + static_cast<double>(k) * step;
  }
  call.constant_output(0, {static_cast<std::int64_t>(count)}, call.input(0).type, std::move(contents));
}

}  // namespace hwcost::onnx
