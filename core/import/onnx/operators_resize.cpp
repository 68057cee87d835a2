#include <fmt/format.h>

#include <algorithm>
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
  if (call.attribute("height_scale") != nullptr) {  // Upsample of opset 1
    return std::vector<double>{1.0, 1.0, call.real("height_scale", 1.0), call.real("width_scale", 1.0)};
  }
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

// The part of every axis that tf_crop_and_resize takes: the ends of the region less its starts.
std::optional<std::vector<double>> cropped_parts(const OperatorCall& call, std::size_t axes) {
  if (call.text("coordinate_transformation_mode", "half_pixel") != "tf_crop_and_resize") {
    return std::vector<double>(axes, 1.0);
  }
  const std::vector<double>* region = call.contents(1);
  if (region == nullptr || region->size() != 2 * axes) return std::nullopt;
  std::vector<double> parts(axes);
  for (std::size_t k = 0; k < axes; ++k) parts[k] = (*region)[axes + k] - (*region)[k];
  return parts;
}

// Scales in place of sizes that keep the aspect ratio: the smallest or the largest of all.
std::optional<std::vector<double>> equal_scales(const OperatorCall& call, const std::vector<double>& in,
                                                const Shape& sizes) {
  const std::string_view policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") return std::nullopt;
  if (policy != "not_larger" && policy != "not_smaller") {
    call.fail(
        fmt::format("keep_aspect_ratio_policy is '{}', wanted stretch, not_larger or not_smaller", clean_text(policy)));
  }
  std::vector<double> scales;
  for (std::size_t k = 0; k < in.size(); ++k) scales.push_back(static_cast<double>(sizes[k]) / in[k]);
  if (scales.empty()) return scales;
  const auto [least, most] = std::minmax_element(scales.begin(), scales.end());
  return std::vector<double>(scales.size(), policy == "not_larger" ? *least : *most);
}

}  // namespace

void import_resize(OperatorCall& call, Op) {
  Shape shape = call.shape(0);
  const std::vector<std::size_t> axes = resized_axes(call, shape.size());
  const std::optional<std::vector<double>> scales = scales_of(call);
  const std::optional<Shape> sizes = scales ? std::nullopt : call.integers(3);
  const auto parts = cropped_parts(call, axes.size());
  if ((!scales && !sizes) || !parts) return call.cannot_derive("its size is computed at run time");
  const std::size_t given = scales ? scales->size() : sizes->size();
  if (given != axes.size()) call.fail(fmt::format("has {} scales or sizes for {} axes", given, axes.size()));
  std::vector<double> in;
  for (const std::size_t axis : axes) in.push_back(static_cast<double>(shape[axis]));
  const auto equal = sizes ? equal_scales(call, in, *sizes) : std::nullopt;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const double out = scales  ? std::floor(in[k] * (*parts)[k] * (*scales)[k])
                       : equal ? std::round(in[k] * (*equal)[k])
                               : static_cast<double>((*sizes)[k]);
    shape[axes[k]] = static_cast<std::int64_t>(call.checked(out, "an output extent"));
  }
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  call.layer(resize_op(call.text("mode", "nearest")), Movement<>{.in_elements = call.count(0), .out_elements = out});
}

}  // namespace hwcost::onnx
