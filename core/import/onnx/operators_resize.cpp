#include <fmt/format.h>

#include <cmath>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

Op resize_op(std::string_view mode) {
  if (mode == "linear" || mode == "bilinear") return Op::resize_linear;
  if (mode == "cubic") return Op::resize_cubic;
  return Op::resize_nearest;
}

// Upsample and Resize of opset 10 have (x, scales), later ones (x, roi, scales, sizes).
std::size_t scales_operand(const OperatorCall& call) {
  return call.node().type == "Upsample" || call.opset() < 11 ? 1 : 2;
}

std::optional<std::vector<double>> scales_of(const OperatorCall& call) {
  if (const Attribute* given = call.attribute("scales")) return given->reals;
  const std::vector<double>* contents = call.contents(scales_operand(call));
  if (contents == nullptr || contents->empty()) return std::nullopt;
  return *contents;
}

std::vector<std::size_t> resized_axes(const OperatorCall& call, std::size_t rank) {
  std::vector<std::size_t> axes;
  if (const Shape* given = call.integer_list("axes")) {
    for (const std::int64_t axis : *given) axes.push_back(call.axis(axis, rank));
  } else {
    for (std::size_t k = 0; k < rank; ++k) axes.push_back(k);
  }
  return axes;
}

}  // namespace

void import_resize(OperatorCall& call, Op) {
  Shape shape = call.shape(0);
  const std::vector<std::size_t> axes = resized_axes(call, shape.size());
  const std::optional<std::vector<double>> scales = scales_of(call);
  const std::optional<Shape> sizes = call.integers(3);
  if (!scales && !sizes) return call.cannot_derive("its size is computed at run time");
  const std::size_t given = scales ? scales->size() : sizes->size();
  if (given != axes.size()) call.fail(fmt::format("has {} scales or sizes for {} axes", given, axes.size()));
  for (std::size_t k = 0; k < axes.size(); ++k) {
    std::int64_t& extent = shape[axes[k]];
    const double out =
        scales ? std::floor(static_cast<double>(extent) * (*scales)[k]) : static_cast<double>((*sizes)[k]);
    extent = static_cast<std::int64_t>(call.checked(out, "an output extent"));
  }
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  call.layer(resize_op(call.text("mode", "nearest")), Movement<>{.in_elements = call.count(0), .out_elements = out});
}

}  // namespace hwcost::onnx
