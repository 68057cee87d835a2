// Time of the search for a layer's tile on gap9-ne16: of shapes that were never seen, and of one that was.
#include <benchmark/benchmark.h>

#include <ctime>
#include <string>

#include "hwcost/machine.hpp"

namespace {

using namespace hwcost;  // NOLINT(google-build-using-namespace): a program of its own

struct Shape {
  const char* name;
  double in_channels, out_channels, side, kernel, stride;
  bool depthwise;
};

constexpr Shape kShapes[] = {
    {"resnet8/16-16@32", 16, 16, 32, 3, 1, false},           {"resnet8/64-64@8", 64, 64, 8, 3, 1, false},
    {"resnet18/64-64@56", 64, 64, 56, 3, 1, false},          {"resnet18/128-128@28", 128, 128, 28, 3, 1, false},
    {"resnet18/64-128@28/2", 64, 128, 28, 3, 2, false},      {"resnet50/256-64@56/1x1", 256, 64, 56, 1, 1, false},
    {"resnet50/64-256@56/1x1", 64, 256, 56, 1, 1, false},    {"mobilenet/32@48/depthwise", 32, 32, 48, 3, 1, true},
    {"mobilenet/96@112/depthwise", 96, 96, 112, 3, 1, true}, {"vgg/64-64@224", 64, 64, 224, 3, 1, false},
};

Layer layer_of(const Shape& s) {
  const double pad = s.kernel == 3 ? 1 : 0;
  Layer layer;
  layer.op = Op::conv2d;
  layer.dims = Convolution<>{.in_channels = s.in_channels,
                             .out_channels = s.out_channels,
                             .groups = s.depthwise ? s.in_channels : 1,
                             .in_height = s.side * s.stride,
                             .in_width = s.side * s.stride,
                             .out_height = s.side,
                             .out_width = s.side,
                             .kernel_height = s.kernel,
                             .kernel_width = s.kernel,
                             .stride_height = s.stride,
                             .stride_width = s.stride,
                             .pad_top = pad,
                             .pad_bottom = pad,
                             .pad_left = pad,
                             .pad_right = pad,
                             .bias = 1};
  return layer;
}

Machine gap9() { return load_machine("gap9-ne16", {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry()); }

// Of this thread alone: other programs do not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Every iteration asks a machine that has seen nothing.
void unseen(benchmark::State& state, const Shape& shape) {
  const Layer layer = layer_of(shape);
  const Registry registry = builtin_registry();
  const Machine machine = gap9();
  for (auto _ : state) {
    const auto fresh = registry.make(machine.description);
    const double start = processor_seconds();
    benchmark::DoNotOptimize(fresh->estimate(layer));
    state.SetIterationTime(processor_seconds() - start);
  }
}

void seen(benchmark::State& state, const Shape& shape) {
  const Layer layer = layer_of(shape);
  const Machine machine = gap9();
  for (auto _ : state) benchmark::DoNotOptimize(machine.backend->estimate(layer));
}

const int kRegistered = [] {
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark((std::string("unseen/") + shape.name).c_str(), unseen, shape)->UseManualTime();
  }
  benchmark::RegisterBenchmark("seen/resnet18/64-64@56", seen, kShapes[2]);
  return 0;
}();

}  // namespace
