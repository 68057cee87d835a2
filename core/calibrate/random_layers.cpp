// Layers of shapes that networks may have, by chance.
#include <array>
#include <cmath>
#include <string>

#include "hwcost/calibrate/plan.hpp"
#include "hwcost/work.hpp"
#include "random.hpp"

namespace hwcost {
namespace {

Layer convolution(Random& random, std::size_t kind) {
  Convolution<> d;
  d.in_height = d.in_width = random.log_uniform(1.0, 224.0);
  const double kernel = kind == 0 ? 1.0 : random.one_of(std::array{3.0, 3.0, 5.0, 7.0});
  d.kernel_height = d.kernel_width = kernel;
  d.pad_top = d.pad_bottom = d.pad_left = d.pad_right = std::floor(kernel / 2.0);
  d.stride_height = d.stride_width = random.one_of(std::array{1.0, 1.0, 2.0});
  d.in_channels = random.channels(2048.0);
  d.out_channels = random.channels(2048.0);
  if (kind == 2) d.groups = d.out_channels = d.in_channels;
  if (kind == 3) {
    d.groups = random.one_of(std::array{2.0, 3.0, 4.0, 8.0, 16.0, 32.0});
    d.in_channels = d.groups * random.log_uniform(2.0, 128.0);
    d.out_channels = d.groups * random.log_uniform(2.0, 128.0);
  }
  const auto outputs = [&](double in, double stride) {
    return std::floor((in + 2.0 * d.pad_top - kernel) / stride) + 1.0;
  };
  d.out_height = outputs(d.in_height, d.stride_height);
  d.out_width = outputs(d.in_width, d.stride_width);
  d.bias = 1.0;
  Layer layer;
  layer.op = Op::conv2d;
  layer.dims = d;
  return layer;
}

Layer product(Random& random, std::size_t kind) {
  Layer layer;
  if (kind == 4) {
    Linear<> d;
    d.batch = random.log_uniform(1.0, 256.0);
    d.in_channels = random.channels(4096.0);
    d.out_channels = random.channels(4096.0);
    d.bias = 1.0;
    layer.op = Op::linear;
    layer.dims = d;
  } else {
    MatMul<> d;
    d.batch = random.log_uniform(1.0, 16.0);
    d.rows = random.log_uniform(1.0, 512.0);
    d.depth = random.channels(1024.0);
    d.columns = random.channels(1024.0);
    layer.op = Op::matmul;
    layer.dims = d;
  }
  return layer;
}

}  // namespace

std::vector<Layer> random_layers(std::size_t count, std::uint64_t seed) {
  constexpr double kMostMacs = 2e9;
  constexpr std::size_t kKinds = 6;
  Random random(seed);
  std::vector<Layer> layers;
  while (layers.size() < count) {
    const std::size_t kind = layers.size() % kKinds;
    Layer layer = kind < 4 ? convolution(random, kind) : product(random, kind);
    if (facts(layer).macs > kMostMacs) continue;
    layer.name = "random_" + std::to_string(layers.size());
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace hwcost
