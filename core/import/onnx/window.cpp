#include "window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "extents.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::int64_t kLargestStep = std::int64_t{1} << 31;  // of kernels, strides, dilations and paddings

Shape positive_list(const OperatorCall& call, std::string_view name, std::size_t rank) {
  const Shape* list = call.integer_list(name);
  if (list == nullptr || list->empty()) return Shape(rank, 1);
  if (list->size() != rank) call.fail(fmt::format("{} has {} numbers, wanted {}", name, list->size(), rank));
  for (const std::int64_t value : *list) {
    if (value < 1 || value > kLargestStep) call.fail(fmt::format("{} has {}, wanted 1 to 2^31", name, value));
  }
  return *list;
}

Shape padding_list(const OperatorCall& call, std::string_view name, std::size_t length) {
  const Shape* list = call.integer_list(name);
  if (list == nullptr || list->empty()) return Shape(length, 0);
  if (list->size() != length) call.fail(fmt::format("{} has {} numbers, wanted {}", name, list->size(), length));
  for (const std::int64_t value : *list) {
    if (value < 0 || value > kLargestStep) call.fail(fmt::format("{} has {}, wanted 0 to 2^31", name, value));
  }
  return *list;
}

void check_kernel(const OperatorCall& call, const Shape& in, const Shape& kernel) {
  if (kernel.size() != in.size()) {
    call.fail(fmt::format("kernel {} has {} extents, its input has {} spatial ones", to_text(kernel), kernel.size(),
                          in.size()));
  }
  for (const std::int64_t extent : kernel) {
    if (extent < 1 || extent > kLargestStep) call.fail(fmt::format("kernel has extent {}, wanted 1 to 2^31", extent));
  }
}

bool has_padding(const Shape& pads) {
  return std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; });
}

// Strides and dilations; paddings where they are given as numbers.
std::vector<Window> read_windows(OperatorCall& call, const Shape& in, const Shape& kernel) {
  check_kernel(call, in, kernel);
  const std::size_t rank = in.size();
  const Shape strides = positive_list(call, "strides", rank);
  const Shape dilations = positive_list(call, "dilations", rank);
  const std::string_view auto_pad = call.text("auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && auto_pad != "VALID" && auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
    call.fail(fmt::format("auto_pad is '{}', wanted NOTSET, VALID, SAME_UPPER or SAME_LOWER", clean_text(auto_pad)));
  const bool automatic = auto_pad != "NOTSET";
  if (const Shape* given = call.integer_list("pads"); automatic && given != nullptr && has_padding(*given)) {
    call.builder().note(
        fmt::format("{}: auto_pad is {}, its pads {} are not used", call.label(), auto_pad, to_text(*given)));
  }
  const Shape pads = automatic ? Shape(2 * rank, 0) : padding_list(call, "pads", 2 * rank);
  std::vector<Window> windows(rank);
  for (std::size_t k = 0; k < rank; ++k) {
    windows[k] = {.in = static_cast<double>(in[k]),
                  .kernel = static_cast<double>(kernel[k]),
                  .stride = static_cast<double>(strides[k]),
                  .dilation = static_cast<double>(dilations[k]),
                  .pad_begin = static_cast<double>(pads[k]),
                  .pad_end = static_cast<double>(pads[rank + k])};
  }
  return windows;
}

double reach(const Window& window) { return window.dilation * (window.kernel - 1.0) + 1.0; }

// Divides a total padding between both ends; SAME_UPPER puts the odd one at the end.
void share_padding(Window& window, double total, bool upper) {
  const double half = std::floor(total / 2.0);
  window.pad_begin = upper ? half : total - half;
  window.pad_end = total - window.pad_begin;
}

double outputs(const Window& window, bool ceil_mode) {
  const double steps = (window.in + window.pad_begin + window.pad_end - reach(window)) / window.stride;
  if (!ceil_mode) return std::floor(steps) + 1.0;
  const double count = std::ceil(steps) + 1.0;
  // No window may begin in the padding behind the input.
  return (count - 1.0) * window.stride >= window.in + window.pad_begin ? count - 1.0 : count;
}

}  // namespace

std::vector<Window> sliding_windows(OperatorCall& call, const Shape& in, const Shape& kernel) {
  const std::string_view auto_pad = call.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  const bool ceil_mode = call.integer("ceil_mode", 0) != 0;
  std::vector<Window> windows = read_windows(call, in, kernel);
  for (Window& window : windows) {
    if (same) {
      const double wanted = std::ceil(window.in / window.stride);
      const double total = (wanted - 1.0) * window.stride + reach(window) - window.in;
      share_padding(window, std::max(total, 0.0), auto_pad == "SAME_UPPER");
    }
    const double padded = window.in + window.pad_begin + window.pad_end;
    if (reach(window) > padded) {
      call.fail(fmt::format("kernel {} with dilation {} exceeds the padded input of {}", window.kernel, window.dilation,
                            padded));
    }
    window.out = call.checked(outputs(window, ceil_mode), "an output extent");
  }
  return windows;
}

std::vector<Window> spreading_windows(OperatorCall& call, const Shape& in, const Shape& kernel) {
  const std::string_view auto_pad = call.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  const Shape extra = padding_list(call, "output_padding", in.size());
  const Shape* wanted = call.integer_list("output_shape");
  if (wanted != nullptr && wanted->size() < in.size()) call.fail("output_shape has too few numbers");
  std::vector<Window> windows = read_windows(call, in, kernel);
  for (std::size_t k = 0; k < windows.size(); ++k) {
    Window& window = windows[k];
    const double full = (window.in - 1.0) * window.stride + static_cast<double>(extra[k]) + reach(window);
    if (wanted != nullptr || same) {
      const double out = wanted != nullptr ? static_cast<double>((*wanted)[wanted->size() - windows.size() + k])
                                           : window.in * window.stride;
      share_padding(window, std::max(full - out, 0.0), auto_pad != "SAME_LOWER");
      window.out = call.checked(out, "an output extent");
    } else {
      window.out = call.checked(full - window.pad_begin - window.pad_end, "an output extent");
    }
  }
  return windows;
}

Shape output_shape(double batch, double channels, const std::vector<Window>& windows) {
  Shape shape{static_cast<std::int64_t>(batch), static_cast<std::int64_t>(channels)};
  for (const Window& window : windows) shape.push_back(static_cast<std::int64_t>(window.out));
  return shape;
}

Shape spatial_extents(const OperatorCall& call, std::size_t operand) {
  const Shape& shape = call.shape(operand);
  if (shape.size() < 3 || shape.size() > 5) {
    call.fail(fmt::format("its input has shape {}, wanted batch, channels and 1 to 3 spatial extents", to_text(shape)));
  }
  return {shape.begin() + 2, shape.end()};
}

}  // namespace hwcost::onnx
