// Random layers of every family, consistent with themselves; deterministic for a seed.
#pragma once

#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "hwcost/layer.hpp"

namespace hwcost::testing {

class RandomLayers {
 public:
  explicit RandomLayers(unsigned seed) : rng_(seed) {}

  // A layer of that operator with integer widths, one width for all its weights.
  Layer operator()(Op op) {
    Layer layer;
    layer.name = "random";
    layer.op = op;
    layer.precision.input = integer(pick({1, 2, 4, 8, 8, 8, 16}));
    const bool can_be_pruned = info(op).family == Family::convolution || info(op).family == Family::linear;
    layer.precision.weight = integer(pick({can_be_pruned ? 0.0 : 1.0, 1, 2, 2, 4, 4, 8, 8, 8, 16}));
    layer.precision.output = integer(pick({2, 4, 8, 32}));
    if (pick({0, 1, 2}) > 0.0) layer.precision.requantization = Requantization{pick({0, 8, 16, 32}), pick({0, 1})};
    switch (info(op).family) {
      case Family::convolution:
        layer.dims = convolution(op);
        break;
      case Family::linear:
        layer.dims = Linear<>{upto(3), upto(200), upto(600), upto(600), pick({0, 1})};
        break;
      case Family::matmul:
        layer.dims = matmul();
        break;
      case Family::pooling:
        layer.dims = pooling(op);
        break;
      case Family::elementwise:
        layer.dims = elementwise();
        break;
      case Family::normalization:
        layer.dims = normalization();
        break;
      case Family::softmax:
        layer.dims = Softmax<>{upto(500), upto(500)};
        break;
      case Family::lookup:
        layer.dims = Lookup<>{upto(200), upto(768), upto(30000), pick({0, 1})};
        break;
      case Family::reduction:
        layer.dims = Reduction<>{upto(10000), upto(100)};
        break;
      case Family::movement:
        layer.dims = Movement<>{upto(10000), upto(10000)};
        break;
      case Family::recurrent:
        layer.dims = Recurrent<>{upto(3), upto(50), upto(300), upto(300), upto(2), pick({0, 1, 2}), pick({0, 1})};
        break;
      case Family::attention:
        layer.dims = attention();
        break;
      case Family::custom:
        layer.dims = Custom<>{upto(1000), upto(1000), upto(1000)};
        layer.custom_op = "acme.Mystery";
        break;
    }
    return layer;
  }

  double upto(int most) { return std::uniform_int_distribution<int>(1, most)(rng_); }
  double pick(std::initializer_list<double> choices) {
    return *(choices.begin() + std::uniform_int_distribution<std::size_t>(0, choices.size() - 1)(rng_));
  }

 private:
  Convolution<> convolution(Op op) {
    Convolution<> d;
    d.batch = upto(3);
    const double kind = upto(3);  // dense, grouped, depthwise
    d.groups = kind == 1.0 ? 1.0 : upto(kind == 2.0 ? 8 : 200);
    d.in_channels = d.groups * (kind == 3.0 ? 1.0 : upto(64));
    d.out_channels = d.groups * (kind == 3.0 ? upto(2) : upto(64));
    d.bias = pick({0, 1});
    axis(op, d.in_width, d.out_width, d.kernel_width, d.stride_width, d.dilation_width, d.pad_left, d.pad_right);
    if (spatial_rank(op) > 1)
      axis(op, d.in_height, d.out_height, d.kernel_height, d.stride_height, d.dilation_height, d.pad_top, d.pad_bottom);
    if (spatial_rank(op) > 2)
      axis(op, d.in_depth, d.out_depth, d.kernel_depth, d.stride_depth, d.dilation_depth, d.pad_front, d.pad_back);
    return d;
  }
  void axis(Op op, double& in, double& out, double& kernel, double& stride, double& dilation, double& before,
            double& after) {
    kernel = pick({1, 1, 2, 3, 3, 5, 7});
    stride = pick({1, 1, 2, 3});
    dilation = pick({1, 1, 1, 2});
    before = std::floor(kernel / 2.0);
    after = pick({0, 1}) == 0.0 ? before : 0.0;
    const double reach = dilation * (kernel - 1.0) + 1.0;
    in = reach + upto(40);
    out = is_transposed(op) ? (in - 1.0) * stride + reach - before - after
                            : std::floor((in + before + after - reach) / stride) + 1.0;
  }
  Pooling<> pooling(Op op) {
    Pooling<> d;
    d.batch = upto(3);
    d.channels = upto(256);
    const bool global = op == Op::global_max_pool || op == Op::global_avg_pool || op == Op::global_lp_pool;
    d.kernel_height = d.kernel_width = upto(5);
    d.in_height = d.kernel_height + upto(50);
    d.in_width = d.kernel_width + upto(50);
    if (global) {
      d.kernel_height = d.in_height;
      d.kernel_width = d.in_width;
    } else {
      d.stride_height = d.stride_width = upto(3);
      d.out_height = std::floor((d.in_height - d.kernel_height) / d.stride_height) + 1.0;
      d.out_width = std::floor((d.in_width - d.kernel_width) / d.stride_width) + 1.0;
    }
    return d;
  }
  MatMul<> matmul() {
    MatMul<> d{upto(16), upto(300), upto(300), upto(300), 1.0};
    if (pick({0, 1}) == 1.0) d.shared_batch = d.batch;
    return d;
  }
  Elementwise<> elementwise() {
    Elementwise<> d;
    d.elements = upto(20000);
    d.operands = upto(2);
    d.input_elements = d.elements * d.operands;
    return d;
  }
  Normalization<> normalization() {
    Normalization<> d;
    d.channels = upto(256);
    d.elements = d.channels * upto(500);
    d.parameters = d.buffers = 2.0 * d.channels;
    return d;
  }
  Attention<> attention() {
    Attention<> d;
    d.batch = upto(3);
    d.heads = d.key_value_heads = upto(16);
    d.query_length = d.key_length = upto(200);
    d.head_size = d.value_size = upto(64);
    return d;
  }

  std::mt19937 rng_;
};

// `count` layers of every operator.
inline std::vector<Layer> random_layers(std::size_t count, unsigned seed = 1) {
  RandomLayers random(seed);
  std::vector<Layer> layers;
  for (const OpInfo& op : kOps) {
    for (std::size_t i = 0; i < count; ++i) layers.push_back(random(op.op));
  }
  return layers;
}

}  // namespace hwcost::testing
