// QONNX: quantisers whose bit width is an operand.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

double checked_width(const OperatorCall& call, double bits) {
  if (bits >= 0.0 && bits <= 64.0 && bits == std::floor(bits)) return bits;
  call.fail(fmt::format("its bit width is {}, wanted a whole number from 0 to 64", bits));
}

// The one axis along which the widths differ, for a tensor of that shape.
std::size_t varying_axis(const OperatorCall& call, const Shape& tensor, const Shape& widths) {
  const auto misfit = [&] {
    call.fail(fmt::format("its bit widths have shape {}, its input {}: wanted one for all or one for each channel",
                          to_text(widths), to_text(tensor)));
  };
  std::optional<std::size_t> axis;
  for (std::size_t k = 0; k < widths.size(); ++k) {
    if (widths[k] == 1) continue;
    if (axis || widths.size() > tensor.size()) misfit();
    axis = tensor.size() - widths.size() + k;
    if (tensor[*axis] != widths[k]) misfit();
  }
  return axis.value_or(0);
}

void keep_channels_at(OperatorCall& call, const std::vector<double>& bits, const Shape& widths) {
  Value value = call.input(0);
  const std::size_t axis = varying_axis(call, *value.shape, widths);
  value.width = integer(*std::max_element(bits.begin(), bits.end()));
  value.origin.learned = true;
  value.stored = nullptr;
  value.contents = nullptr;
  call.log(ImportFact::Kind::width, value.name, [&] {
    return fmt::format("{} to {} bits by a bit width a channel (axis {})", *std::min_element(bits.begin(), bits.end()),
                       value.width->bits, axis);
  });
  value.channel_widths = ChannelWidths{.axis = axis, .bits = bits};
  call.forward(0, std::move(value));
}

// A bit width that is one number for the whole tensor.
void keep_at_operand(OperatorCall& call, std::size_t operand) {
  const std::vector<double>* bits = call.contents(operand);
  if (bits == nullptr) return call.cannot_derive("its bit width is not a known constant");
  if (bits->size() != 1) call.fail(fmt::format("it has {} bit widths, wanted one", bits->size()));
  keep_at(call, integer(checked_width(call, bits->front())), call.input(0).type, "its bit width");
}

}  // namespace

// x, scale, zero point, bit width.
void import_quant(OperatorCall& call, Op) {
  const std::vector<double>* bits = call.contents(3);
  if (bits == nullptr) return call.cannot_derive("its bit width is not a known constant");
  if (bits->empty()) call.fail("it has no bit width");
  for (const double b : *bits) checked_width(call, b);
  if (bits->size() > 1) varying_axis(call, call.shape(0), call.shape(3));
  const bool is_uniform = std::all_of(bits->begin(), bits->end(), [&](double b) { return b == bits->front(); });
  if (is_uniform && (bits->front() != 0.0 || bits->size() == 1)) {
    return keep_at(call, integer(bits->front()), call.input(0).type, "its bit width");
  }
  if (!call.is_activation(0)) return keep_channels_at(call, *bits, call.shape(3));
  const double widest = *std::max_element(bits->begin(), bits->end());
  call.builder().note(fmt::format("{}: an activation with a width per channel is counted at its widest, {} bits",
                                  call.label(), widest));
  keep_at(call, integer(widest), call.input(0).type, "the widest of its bit widths");
}

void import_bipolar_quant(OperatorCall& call, Op) { keep_at(call, integer(1.0), call.input(0).type, "its type"); }

// x, scale, zero point, input width, output width; since version 2 with the output's scale before its width.
void import_trunc(OperatorCall& call, Op) { keep_at_operand(call, call.input_count() > 5 ? 5 : 4); }

// x, scale, exponent bits, mantissa bits, exponent bias, largest value: minifloats, with a bit for the sign.
void import_float_quant(OperatorCall& call, Op) {
  const std::vector<double>* exponent = call.contents(2);
  const std::vector<double>* mantissa = call.contents(3);
  if (exponent == nullptr || mantissa == nullptr || exponent->size() != 1 || mantissa->size() != 1) {
    return call.cannot_derive("its exponent's and mantissa's widths are no known constants");
  }
  const double bits = 1.0 + checked_width(call, exponent->front()) + checked_width(call, mantissa->front());
  const std::optional<NumberFormat> format = number_format_from(fmt::format("f{}", bits));
  if (!format) return call.cannot_derive(fmt::format("floats of {} bits are no format of ours", bits));
  keep_at(call, *format, call.input(0).type, "its exponent's and mantissa's widths");
}

}  // namespace hwcost::onnx
