#include <fmt/format.h>

#include <algorithm>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

double channels(const OperatorCall& call) {
  return call.shape(0).size() < 2 ? 1.0 : static_cast<double>(call.extent(0, 1));
}

double constant_elements(const OperatorCall& call, std::size_t first, std::size_t last) {
  double sum = 0.0;
  for (std::size_t k = first; k < last; ++k) {
    if (call.has(k) && !call.is_activation(k)) sum += call.count(k);
  }
  return sum;
}

// Scale and shift; norms without either have ones and zeros there, which are no parameters.
double learned_elements(const OperatorCall& call) {
  double sum = 0.0;
  for (const std::size_t k : {1U, 2U}) sum += call.is_learned(k) ? call.count(k) : 0.0;
  return sum;
}

// The operand that stands for what the norm owns: the first that is a parameter, or a buffer.
std::optional<std::size_t> owned_operand(const OperatorCall& call, std::size_t last) {
  for (std::size_t k = 1; k < last; ++k) {
    if (call.is_learned(k)) return k;
  }
  return call.has(1) ? std::optional<std::size_t>(1) : std::nullopt;
}

void check_groups(const OperatorCall& call) {
  const std::string_view name = call.node().domain.empty() ? "num_groups" : "groups";
  const std::int64_t groups = call.integer(name, 1);
  if (groups >= 1 && groups <= call.extent(0, 1) && call.extent(0, 1) % groups == 0) return;
  call.fail(fmt::format("{} is {}, wanted a divisor of its {} channels", name, groups, call.extent(0, 1)));
}

}  // namespace

// x, scale, shift, mean, variance.
void import_batch_norm(OperatorCall& call, Op op) {
  call.need_rank(0, 2);
  if (call.opset() < 9 && call.integer("spatial", 1) == 0) {
    return call.cannot_derive("it normalises every element by itself (spatial is 0)");
  }
  for (std::size_t k = 1; k < 5; ++k) {
    if (call.count(k) == channels(call)) continue;
    call.fail(fmt::format("operand {} has {} elements, its input {} channels", k, call.count(k), channels(call)));
  }
  call.output(0, call.shape(0));
  for (std::size_t k = 1; k < 5; ++k) call.output(k, call.shape(k));  // in training: statistics
  call.layer(op,
             Normalization<>{.elements = call.count(0),
                             .channels = channels(call),
                             .parameters = learned_elements(call),
                             .buffers = constant_elements(call, 3, 5)},
             {.bias = owned_operand(call, 5)});
}

// x, scale, shift; layer norm normalises over the axes from `axis` on.
void import_norm(OperatorCall& call, Op op) {
  const Shape& shape = call.shape(0);
  double channel_count = channels(call);
  if (op == Op::layer_norm || op == Op::rms_norm) {
    const std::size_t axis = call.axis(call.integer("axis", -1), shape.size());
    channel_count = *elements(shape, axis, shape.size());
    Shape statistics = shape;
    std::fill(statistics.begin() + static_cast<std::ptrdiff_t>(axis), statistics.end(), 1);
    for (const std::size_t k : {1U, 2U}) call.output(k, statistics, kFloat);  // mean and inverse deviation
  }
  if (op == Op::group_norm) check_groups(call);
  for (std::size_t k = 1; k < call.input_count() && k < 3; ++k) {
    if (!call.has(k) || broadcast(shape, call.shape(k)) || call.count(k) <= channel_count) continue;
    call.fail(fmt::format("operand {} has shape {}, its input {}", k, to_text(call.shape(k)), to_text(shape)));
  }
  call.output(0, shape);
  call.layer(
      op, Normalization<>{.elements = call.count(0), .channels = channel_count, .parameters = learned_elements(call)},
      {.bias = owned_operand(call, 3)});
}

// LpNormalization: along one axis, without parameters.
void import_axis_norm(OperatorCall& call, Op op) {
  const Shape& shape = call.shape(0);
  call.need_rank(0, 1);
  const auto along = static_cast<double>(shape[call.axis(call.integer("axis", -1), shape.size())]);
  call.output(0, shape);
  call.layer(op, Normalization<>{.elements = call.count(0), .channels = along});
}

// MeanVarianceNormalization: instance norm without parameters, by default over batch and space.
void import_unlearned_norm(OperatorCall& call, Op op) {
  call.need_rank(0, 2);
  call.output(0, call.shape(0));
  call.layer(op, Normalization<>{.elements = call.count(0), .channels = channels(call)});
}

void import_softmax(OperatorCall& call, Op op) {
  const Shape& shape = call.shape(0);
  if (shape.empty()) {
    call.output(0, shape);
    return call.layer(op, Softmax<>{});
  }
  // Before opset 13 the axes from `axis` on were one.
  const bool flattens = call.integer("opset", call.opset()) < 13;
  const std::size_t axis = call.axis(call.integer("axis", flattens ? 1 : -1), shape.size());
  const double length = flattens ? *elements(shape, axis, shape.size()) : static_cast<double>(shape[axis]);
  call.output(0, shape);
  call.layer(op, Softmax<>{.rows = call.count(0) / length, .length = length});
}

}  // namespace hwcost::onnx
