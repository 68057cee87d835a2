// What layers compute, in plain loops: references for kernels. Tensors are dense, last extent fastest.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include "hwcost/layer.hpp"

namespace hwcost::testing {

using Values = std::vector<double>;

// The operands of a layer; those that it has not are empty.
struct LayerOperands {
  Values input;
  Values second;  // weights, or the other operand of a product
  Values other;   // operand of an element-wise operator
  Values bias;
  Values scale, shift, mean, variance;
};

inline double apply(Op op, double x) {
  const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  switch (op) {
    case Op::relu:
      return std::max(x, 0.0);
    case Op::relu6:
    case Op::clip:
      return std::clamp(x, 0.0, 6.0);
    case Op::leaky_relu:
      return x > 0.0 ? x : 0.01 * x;
    case Op::elu:
      return x > 0.0 ? x : std::exp(x) - 1.0;
    case Op::sigmoid:
      return sigmoid(x);
    case Op::tanh:
      return std::tanh(x);
    case Op::silu:
      return x * sigmoid(x);
    case Op::hard_swish:
      return x * std::clamp(x / 6.0 + 0.5, 0.0, 1.0);
    case Op::gelu:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Op::softplus:
      return std::log1p(std::exp(x));
    case Op::mish:
      return x * std::tanh(std::log1p(std::exp(x)));
    case Op::exp:
      return std::exp(x);
    case Op::abs:
      return std::abs(x);
    case Op::round:
      return std::nearbyint(x);
    default:
      return NAN;
  }
}

// One spatial axis of a window: which input meets an output through an element of the kernel; -1 for the padding.
struct ReferenceAxis {
  long in, out, kernel, stride, dilation, pad;
  [[nodiscard]] long input_of(long output, long tap) const {
    const long at = output * stride - pad + tap * dilation;
    return at >= 0 && at < in ? at : -1;
  }
};

inline std::vector<ReferenceAxis> reference_axes(const Convolution<>& d) {
  const auto n = [](double v) { return static_cast<long>(v); };
  return {{n(d.in_depth), n(d.out_depth), n(d.kernel_depth), n(d.stride_depth), n(d.dilation_depth), n(d.pad_front)},
          {n(d.in_height), n(d.out_height), n(d.kernel_height), n(d.stride_height), n(d.dilation_height), n(d.pad_top)},
          {n(d.in_width), n(d.out_width), n(d.kernel_width), n(d.stride_width), n(d.dilation_width), n(d.pad_left)}};
}

// Calls f(output position, input position, kernel position) wherever a tap meets the input.
template <class F>
void each_tap(const std::vector<ReferenceAxis>& a, bool transposed, F&& f) {
  // A transposed convolution spreads each input over the outputs that a plain one would gather it from.
  std::vector<ReferenceAxis> axes = a;
  if (transposed) {
    for (ReferenceAxis& axis : axes) std::swap(axis.in, axis.out);
  }
  for (long z = 0; z < axes[0].out; ++z) {
    for (long y = 0; y < axes[1].out; ++y) {
      for (long x = 0; x < axes[2].out; ++x) {
        for (long k = 0; k < axes[0].kernel; ++k) {
          for (long j = 0; j < axes[1].kernel; ++j) {
            for (long i = 0; i < axes[2].kernel; ++i) {
              const long iz = axes[0].input_of(z, k), iy = axes[1].input_of(y, j), ix = axes[2].input_of(x, i);
              if (iz < 0 || iy < 0 || ix < 0) continue;
              const auto gathered = static_cast<std::size_t>((iz * axes[1].in + iy) * axes[2].in + ix);
              const auto made = static_cast<std::size_t>((z * axes[1].out + y) * axes[2].out + x);
              const auto tap = static_cast<std::size_t>((k * axes[1].kernel + j) * axes[2].kernel + i);
              transposed ? f(gathered, made, tap) : f(made, gathered, tap);
            }
          }
        }
      }
    }
  }
}

// Sums before requantisation and activation, with the bias; by channel[i] the output channel of element i.
inline Values accumulate(Op op, const Convolution<>& d, const LayerOperands& from, std::vector<std::size_t>& channel) {
  const auto n = [](double v) { return static_cast<std::size_t>(v); };
  const std::size_t groups = n(d.groups), ins = n(d.in_channels) / groups, outs = n(d.out_channels) / groups;
  const std::size_t in_pixels = n(d.in_pixels()), out_pixels = n(d.out_pixels()), kernel = n(d.kernel());
  Values out(n(d.batch) * groups * outs * out_pixels);
  channel.resize(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    channel[i] = i / out_pixels % (groups * outs);
    if (!from.bias.empty()) out[i] = from.bias[channel[i]];
  }
  each_tap(reference_axes(d), is_transposed(op), [&](std::size_t o, std::size_t i, std::size_t tap) {
    for (std::size_t b = 0; b < n(d.batch); ++b) {
      for (std::size_t g = 0; g < groups; ++g) {
        for (std::size_t m = 0; m < outs; ++m) {
          double& sum = out[((b * groups + g) * outs + m) * out_pixels + o];
          for (std::size_t c = 0; c < ins; ++c) {
            sum += from.input[((b * groups + g) * ins + c) * in_pixels + i] *
                   from.second[((g * outs + m) * ins + c) * kernel + tap];
          }
        }
      }
    }
  });
  return out;
}

inline Values accumulate(Op, const Linear<>& d, const LayerOperands& from, std::vector<std::size_t>& channel) {
  const auto rows = static_cast<std::size_t>(d.batch * d.tokens);
  const auto ins = static_cast<std::size_t>(d.in_channels), outs = static_cast<std::size_t>(d.out_channels);
  Values out(rows * outs);
  channel.resize(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    channel[i] = i % outs;
    if (!from.bias.empty()) out[i] = from.bias[channel[i]];
    for (std::size_t c = 0; c < ins; ++c) out[i] += from.input[i / outs * ins + c] * from.second[channel[i] * ins + c];
  }
  return out;
}

inline Values accumulate(Op, const MatMul<>& d, const LayerOperands& from, std::vector<std::size_t>& channel) {
  const auto n = [](double v) { return static_cast<std::size_t>(v); };
  Values out(n(d.batch) * n(d.rows) * n(d.columns));
  channel.assign(out.size(), 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t row = i / n(d.columns), column = i % n(d.columns);
    const std::size_t b = d.shared_batch > 1.0 ? 0 : row / n(d.rows);
    for (std::size_t k = 0; k < n(d.depth); ++k)
      out[i] += from.input[row * n(d.depth) + k] * from.second[(b * n(d.depth) + k) * n(d.columns) + column];
  }
  return out;
}

// Windows without padding are enough here.
inline Values pool(Op op, const Pooling<>& d, const Values& input) {
  const auto n = [](double v) { return static_cast<long>(v); };
  const std::vector<ReferenceAxis> axes{{n(d.in_depth), n(d.out_depth), n(d.kernel_depth), n(d.stride_depth), 1, 0},
                                        {n(d.in_height), n(d.out_height), n(d.kernel_height), n(d.stride_height), 1, 0},
                                        {n(d.in_width), n(d.out_width), n(d.kernel_width), n(d.stride_width), 1, 0}};
  const bool largest = op == Op::max_pool || op == Op::global_max_pool;
  const auto images = static_cast<std::size_t>(d.batch * d.channels);
  const auto out_pixels = static_cast<std::size_t>(d.out_pixels()), in_pixels = static_cast<std::size_t>(d.in_pixels());
  Values out(images * out_pixels, largest ? -HUGE_VAL : 0.0);
  each_tap(axes, false, [&](std::size_t o, std::size_t i, std::size_t) {
    for (std::size_t image = 0; image < images; ++image) {
      double& value = out[image * out_pixels + o];
      const double seen = input[image * in_pixels + i];
      value = largest ? std::max(value, seen) : value + seen / d.kernel();
    }
  });
  return out;
}

inline Values softmax(const Softmax<>& d, const Values& input) {
  const auto length = static_cast<std::size_t>(d.length);
  Values out(input.size());
  for (std::size_t row = 0; row < input.size(); row += length) {
    double sum = 0.0;
    for (std::size_t i = row; i < row + length; ++i) sum += std::exp(input[i]);
    for (std::size_t i = row; i < row + length; ++i) out[i] = std::exp(input[i]) / sum;
  }
  return out;
}

inline Values normalize(Op op, const Normalization<>& d, const LayerOperands& from) {
  const auto channels = static_cast<std::size_t>(d.channels);
  constexpr double kEpsilon = 1e-5;
  Values out(from.input.size());
  for (std::size_t row = 0; row < out.size(); row += channels) {
    double mean = 0.0, variance = 0.0;
    for (std::size_t c = 0; c < channels; ++c) mean += from.input[row + c] / d.channels;
    for (std::size_t c = 0; c < channels; ++c) variance += std::pow(from.input[row + c] - mean, 2) / d.channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const bool batch = op == Op::batch_norm;
      const double centre = batch ? from.mean[c] : mean;
      const double spread = batch ? from.variance[c] : variance;
      out[row + c] = (from.input[row + c] - centre) / std::sqrt(spread + kEpsilon) * from.scale[c] + from.shift[c];
    }
  }
  return out;
}

}  // namespace hwcost::testing
