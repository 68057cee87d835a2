// Convolutions and transposed ones, of any rank and number of groups.
#include <algorithm>
#include <array>

#include "jobs.hpp"

namespace hwcost::onednn {
namespace {

using std::int64_t;

int64_t whole(double value) { return static_cast<int64_t>(value); }

// The spatial extents of one kind, the last `rank` axes.
Shape axes(int rank, double depth, double height, double width) {
  const std::array all{whole(depth), whole(height), whole(width)};
  return {all.end() - rank, all.end()};
}

Shape with_front(Shape front, const Shape& spatial) {
  front.insert(front.end(), spatial.begin(), spatial.end());
  return front;
}

// Everything that a descriptor of either kind wants.
struct Window {
  Shape input, weights, output;  // NC[D]HW, [groups][out][in][kernel], NC[D]HW
  Shape strides, dilations, pad_before, pad_after;
};

Window window_of(Op op, const Convolution<>& d) {
  const int rank = spatial_rank(op);
  Window w;
  const Shape kernel = axes(rank, d.kernel_depth, d.kernel_height, d.kernel_width);
  const Shape in = axes(rank, d.in_depth, d.in_height, d.in_width);
  const Shape out = axes(rank, d.out_depth, d.out_height, d.out_width);
  w.input = with_front({whole(d.batch), whole(d.in_channels)}, in);
  w.output = with_front({whole(d.batch), whole(d.out_channels)}, out);
  w.weights = with_front({whole(d.out_channels / d.groups), whole(d.in_channels / d.groups)}, kernel);
  if (d.groups > 1.0) w.weights.insert(w.weights.begin(), whole(d.groups));
  w.strides = axes(rank, d.stride_depth, d.stride_height, d.stride_width);
  w.dilations = axes(rank, d.dilation_depth - 1.0, d.dilation_height - 1.0, d.dilation_width - 1.0);  // 0: dense
  w.pad_before = axes(rank, d.pad_front, d.pad_top, d.pad_left);
  w.pad_after = axes(rank, d.pad_back, d.pad_bottom, d.pad_right);
  if (!is_transposed(op)) return w;
  // An output that is told to be larger is padded less behind.
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int64_t reach = (kernel[i] - 1) * (w.dilations[i] + 1) + 1;
    w.pad_after[i] = (in[i] - 1) * w.strides[i] + reach - w.pad_before[i] - out[i];
  }
  return w;
}

template <class Primitive>
Answer made_of(const Window& w, dnnl::algorithm algorithm, const Types& types, bool bias,
               const dnnl::primitive_attr& attributes, const dnnl::engine& engine) {
  const auto input = any_layout(w.input, types.input);
  const auto weights = any_layout(w.weights, types.weights);
  const auto output = any_layout(w.output, types.output);
  std::vector<Operand> operands{{DNNL_ARG_SRC, Role::input, dense(w.input, types.input)},
                                {DNNL_ARG_WEIGHTS, Role::weights, dense(w.weights, types.weights)},
                                {DNNL_ARG_DST, Role::output, dense(w.output, types.output)}};
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
  if (!bias) {
    return made<Primitive>(
        {kInference, algorithm, input, weights, output, w.strides, w.dilations, w.pad_before, w.pad_after}, attributes,
        engine, std::move(operands));
  }
  const auto biases = dense({w.output[1]}, types.bias);
  operands.push_back({DNNL_ARG_BIAS, Role::parameters, biases});
  return made<Primitive>(
      {kInference, algorithm, input, weights, biases, output, w.strides, w.dilations, w.pad_before, w.pad_after},
      attributes, engine, std::move(operands));
}

}  // namespace

Answer job_for_extents(const Layer& layer, const Convolution<>& dims, const dnnl::engine& engine) {
  const auto types = types_of(layer);
  if (!types) return tl::unexpected(types.error());
  const auto attributes = epilogue_of(layer, *types, whole(dims.out_channels));
  if (!attributes) return tl::unexpected(attributes.error());
  const Window window = window_of(layer.op, dims);
  const bool bias = dims.bias != 0.0;
  if (is_transposed(layer.op)) {
    return made_of<dnnl::deconvolution_forward>(window, dnnl::algorithm::deconvolution_direct, *types, bias,
                                                *attributes, engine);
  }
  return made_of<dnnl::convolution_forward>(window, dnnl::algorithm::convolution_direct, *types, bias, *attributes,
                                            engine);
}

}  // namespace hwcost::onednn
