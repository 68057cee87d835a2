#include <algorithm>
#include <array>

#include "operators.hpp"
#include "window.hpp"

namespace hwcost::onnx {
namespace {

using P = Pooling<>;
using Member = double Pooling<>::*;

struct SpatialAxis {
  Member in, out, kernel, stride;
};

constexpr std::array<SpatialAxis, 3> kAxes{{
    {&P::in_depth, &P::out_depth, &P::kernel_depth, &P::stride_depth},
    {&P::in_height, &P::out_height, &P::kernel_height, &P::stride_height},
    {&P::in_width, &P::out_width, &P::kernel_width, &P::stride_width},
}};

void pool(OperatorCall& call, Op op, const std::vector<Window>& windows) {
  Pooling<> dims;
  dims.batch = static_cast<double>(call.extent(0, 0));
  dims.channels = static_cast<double>(call.extent(0, 1));
  for (std::size_t k = 0; k < windows.size(); ++k) {
    const SpatialAxis& axis = kAxes[kAxes.size() - windows.size() + k];
    dims.*axis.in = windows[k].in;
    dims.*axis.out = windows[k].out;
    dims.*axis.kernel = windows[k].kernel;
    dims.*axis.stride = windows[k].stride;
  }
  const Shape shape = output_shape(dims.batch, dims.channels, windows);
  call.output(0, shape);
  if (call.wants(1)) call.output(1, shape, kInt64);
  call.layer(op, dims);
}

}  // namespace

void import_pooling(OperatorCall& call, Op op) {
  if (call.integer("channels_last", 0) != 0) return call.cannot_derive("its channels stand last");
  const Shape in = spatial_extents(call, 0);
  const Shape* kernel = call.integer_list("kernel_shape");
  if (kernel == nullptr) call.fail("has no kernel_shape");
  pool(call, op, sliding_windows(call, in, *kernel));
}

void import_global_pooling(OperatorCall& call, Op op) {
  if (call.integer("channels_last", 0) != 0) return call.cannot_derive("its channels stand last");
  std::vector<Window> windows;
  for (const std::int64_t extent : spatial_extents(call, 0)) {
    const auto in = static_cast<double>(extent);
    windows.push_back({.in = in, .out = 1.0, .kernel = in, .stride = 1.0});
  }
  pool(call, op, windows);
}

}  // namespace hwcost::onnx
