// Quantisers vanish: they say at how many bits the value is kept until the next one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// The first operand at another width.
void requantize(OperatorCall& call, NumberFormat width, std::int32_t type) {
  Value value = call.input(0);
  value.type = type;
  value.width = width;
  value.channel_widths.reset();
  value.origin.learned = true;
  if (value.constant) {
    value.stored = nullptr;  // its elements are not those that are stored
    value.contents = nullptr;
  } else {
    value.through_quantizer = true;
    call.builder().reads(*value.tensor).quantized.push_back(width);
  }
  call.builder().trace(fmt::format("{} ({}): {} is kept at {} bits", call.label(), clean_text(call.node().type),
                                   clean_text(value.name), width.bits));
  call.forward(0, std::move(value));
}

double checked_width(const OperatorCall& call, double bits) {
  if (!(bits >= 0.0 && bits <= 64.0)) call.fail(fmt::format("its bit width is {}, wanted 0 to 64", bits));
  return std::ceil(bits);
}

// The one axis along which the widths differ, for a tensor of that shape.
std::size_t varying_axis(const OperatorCall& call, const Shape& tensor, const Shape& widths) {
  std::optional<std::size_t> axis;
  for (std::size_t k = 0; k < widths.size(); ++k) {
    if (widths[k] == 1) continue;
    if (axis || widths.size() > tensor.size()) {
      call.fail(fmt::format("its bit widths have shape {}, its input {}", to_text(widths), to_text(tensor)));
    }
    axis = tensor.size() - widths.size() + k;
  }
  return axis.value_or(0);
}

void quantize_by_channel(OperatorCall& call, const std::vector<double>& bits, const Shape& widths) {
  std::vector<double> rounded(bits.size());
  std::transform(bits.begin(), bits.end(), rounded.begin(), [&](double b) { return checked_width(call, b); });
  Value value = call.input(0);
  const std::size_t axis = varying_axis(call, *value.shape, widths);
  if (static_cast<double>((*value.shape)[axis]) != static_cast<double>(rounded.size())) {
    call.fail(fmt::format("it has {} bit widths, its input shape {}", rounded.size(), to_text(*value.shape)));
  }
  value.width = integer(*std::max_element(rounded.begin(), rounded.end()));
  value.stored = nullptr;
  value.contents = nullptr;
  call.builder().trace(
      fmt::format("{}: {} has a width for each of {} channels", call.label(), clean_text(value.name), rounded.size()));
  value.channel_widths = ChannelWidths{.axis = axis, .bits = std::move(rounded)};
  call.forward(0, std::move(value));
}

// The format in which the quantised value is stored: that of the zero point.
std::int32_t quantized_type(const OperatorCall& call, std::int32_t fallback) {
  if (call.has(2)) return call.input(2).type;
  const auto stated = static_cast<std::int32_t>(call.integer("output_dtype", kUndefined));
  return stated != kUndefined ? stated : fallback;
}

}  // namespace

void import_quantize_linear(OperatorCall& call, Op) {
  const std::int32_t type = quantized_type(call, kUint8);
  requantize(call, format_of(type), type);
}

// The width is that of the operand, be it stored so or quantised before.
void import_dequantize_linear(OperatorCall& call, Op) {
  const Value& in = call.input(0);
  const std::int32_t type = call.has(1) ? call.input(1).type : static_cast<std::int32_t>(kFloat);
  if (in.constant || in.through_quantizer || is_integer_type(in.type)) {
    Value value = in;
    value.width = in.format();
    value.type = type;
    value.origin.learned = true;
    value.stored = nullptr;
    value.contents = nullptr;
    if (in.constant) {
      call.builder().trace(fmt::format("{} ({}): {} is stored at {} bits", call.label(), clean_text(call.node().type),
                                       clean_text(in.name), value.width->bits));
    }
    return call.forward(0, std::move(value));
  }
  call.fail("reads a value that is not quantised");
}

// The scale is found at run time: a pass over the data, hence a layer.
void import_dynamic_quantize(OperatorCall& call, Op op) {
  call.output(0, call.shape(0), kUint8);
  call.output(1, {}, kFloat);
  call.output(2, {}, kUint8);
  call.layer(op, Elementwise<>{.elements = call.count(0), .input_elements = call.count(0)});
}

// QONNX: x, scale, zero point, bit width.
void import_quant(OperatorCall& call, Op) {
  const std::vector<double>* bits = call.contents(3);
  if (bits == nullptr || bits->empty()) return call.cannot_derive("its bit width is not a known constant");
  const bool is_uniform = std::all_of(bits->begin(), bits->end(), [&](double b) { return b == bits->front(); });
  if (is_uniform && (bits->front() != 0.0 || bits->size() == 1)) {
    return requantize(call, integer(checked_width(call, bits->front())), call.input(0).type);
  }
  if (!call.is_activation(0)) return quantize_by_channel(call, *bits, call.shape(3));
  const double widest = *std::max_element(bits->begin(), bits->end());
  call.builder().note(fmt::format("{}: an activation with a width per channel is counted at its widest, {} bits",
                                  call.label(), widest));
  requantize(call, integer(checked_width(call, widest)), call.input(0).type);
}

void import_bipolar_quant(OperatorCall& call, Op) { requantize(call, integer(1.0), call.input(0).type); }

// QONNX: x, scale, zero point, input width, output width.
void import_trunc(OperatorCall& call, Op) {
  const std::vector<double>* bits = call.contents(4);
  if (bits == nullptr || bits->size() != 1) return call.cannot_derive("its bit width is not a known constant");
  requantize(call, integer(checked_width(call, bits->front())), call.input(0).type);
}

}  // namespace hwcost::onnx
