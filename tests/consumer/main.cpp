// Prices one layer and one model file through the installed library.
// Arguments: an ONNX file, and the folder of the descriptions (default: the installed ones, as the library finds them).
#include <cstdio>
#include <exception>
#include <hwcost/import/onnx.hpp>
#include <hwcost/machine.hpp>
#include <hwcost/report.hpp>

namespace {

// 3x3, 16 to 32 channels, on 8x8 pixels: 294912 MACs.
hwcost::Layer example_layer() {
  return {.name = "example",
          .op = hwcost::Op::conv2d,
          .dims = hwcost::Convolution<>{.in_channels = 16,
                                        .out_channels = 32,
                                        .in_height = 8,
                                        .in_width = 8,
                                        .out_height = 8,
                                        .out_width = 8,
                                        .kernel_height = 3,
                                        .kernel_width = 3,
                                        .pad_top = 1,
                                        .pad_bottom = 1,
                                        .pad_left = 1,
                                        .pad_right = 1}};
}

void price(const char* model, const hwcost::SearchPath& search) {
  const hwcost::Machine mpic = hwcost::load_machine("mpic", search, hwcost::builtin_registry());
  const auto estimate = mpic.backend->estimate(example_layer());
  std::printf("layer: %.1f cycles\n", hwcost::in_cycles(estimate.value().cost.latency()));

  const hwcost::NetworkReport report = hwcost::evaluate(hwcost::import_onnx(model), mpic);
  std::printf("network: %zu layers, %.0f MACs, %.0f cycles\n", report.layers.size(), report.totals.facts.macs,
              report.totals.metric(hwcost::Metric::latency_cycles, report.metrics).value());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    price(argv[1], {argc > 2 ? std::filesystem::path(argv[2]) : hwcost::installed_descriptions()});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
