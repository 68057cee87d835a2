#include <fmt/format.h>

#include <utility>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

double gates(Op op) { return op == Op::lstm ? 4.0 : op == Op::gru ? 3.0 : 1.0; }

// Weights are [directions][gates][features], or [directions][features][gates].
void check_weights(const OperatorCall& call, Op op, const Recurrent<>& dims, bool gates_are_last) {
  const auto rows = static_cast<std::int64_t>(gates(op) * dims.hidden_size);
  const auto directions = static_cast<std::int64_t>(dims.directions);
  Shape input{directions, rows, static_cast<std::int64_t>(dims.input_size)};
  Shape hidden{directions, rows, static_cast<std::int64_t>(dims.hidden_size)};
  if (gates_are_last) {
    std::swap(input[1], input[2]);
    std::swap(hidden[1], hidden[2]);
  }
  if (call.shape(1) != input || call.shape(2) != hidden) {
    call.fail(fmt::format("its weights have shapes {} and {}, wanted {} and {}", to_text(call.shape(1)),
                          to_text(call.shape(2)), to_text(input), to_text(hidden)));
  }
}

}  // namespace

// x, w, r, b, ...: x is [steps][batch][features], or [batch][steps][features] with layout 1. DynamicQuantizeLSTM has
// integer weights, whose gates are the last axis.
void import_recurrent(OperatorCall& call, Op op) {
  const Shape& in = call.shape(0);
  if (in.size() != 3) call.fail(fmt::format("its input has shape {}, wanted three dimensions", to_text(in)));
  call.need_rank(2, 3);
  const bool batch_first = call.integer("layout", 0) != 0;
  const std::int64_t steps = in[batch_first ? 1 : 0];
  const std::int64_t batch = in[batch_first ? 0 : 1];
  const bool is_quantized = call.node().type == "DynamicQuantizeLSTM";
  const std::int64_t hidden = call.integer("hidden_size", call.extent(2, is_quantized ? 1 : 2));
  const std::int64_t directions = call.text("direction", "forward") == "bidirectional" ? 2 : 1;
  Recurrent<> dims;
  dims.batch = static_cast<double>(batch);
  dims.steps = static_cast<double>(steps);
  dims.input_size = static_cast<double>(in[2]);
  dims.hidden_size = call.checked(static_cast<double>(hidden), "hidden_size");
  dims.directions = static_cast<double>(directions);
  dims.bias = call.has(3) ? 2.0 : 0.0;
  const bool every_step = call.wants(0) && call.builder().readers(call.node().outputs[0]) > 0;
  dims.sequence_output = every_step ? 1.0 : 0.0;
  check_weights(call, op, dims, is_quantized);
  const Shape state = batch_first ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden};
  call.output(0, batch_first ? Shape{batch, steps, directions, hidden} : Shape{steps, directions, batch, hidden});
  call.output(1, state);
  if (op == Op::lstm) call.output(2, state);
  call.layer(op, dims, {.weight = 1, .bias = 3, .channel_axis = is_quantized ? std::size_t{2} : std::size_t{1}});
  if (call.has(7)) call.assume("its peephole weights are not counted");
}

}  // namespace hwcost::onnx
