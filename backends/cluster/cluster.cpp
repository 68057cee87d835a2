#include "cluster.hpp"

#include <fmt/format.h>

#include "entries.hpp"

namespace hwcost::cluster {

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::utilization};
  if (p.clock.value > 0.0) {
    traits.metrics.insert(Metric::latency_seconds);
    if (p.power.value > 0.0) traits.metrics.insert(Metric::energy_joules);
  }
  traits.clock_hertz = p.clock.value;
  traits.integers_only = true;
  traits.widths_add_up = false;
  traits.skips_free_work = true;
  return traits;
}

namespace {

// "add" for every operator that is priced at the rate of additions; empty where the rate itself was not measured.
std::string_view measured_rate(Family family) {
  switch (family) {
    case Family::pooling:
    case Family::reduction:
      return "global average pooling";
    case Family::elementwise:
      return "add";
    case Family::softmax:
    case Family::normalization:
    case Family::movement:
      return {};
    default:
      return "dense conv2d";
  }
}

std::string unmeasured_rate(Op op, std::string_view unknown) {
  const std::string_view rate = measured_rate(info(op).family);
  if (rate.empty()) return fmt::format("priced at a rate that was not measured for {}", unknown);
  return fmt::format("priced at the rate of {}, which was not measured for {}", rate, unknown);
}

}  // namespace

std::string Model::operands(Op op, const Widths<>& widths) {
  if (!has_weights(info(op).family)) return fmt::format("a{}", widths.input_bits);
  return fmt::format("w{}a{}", widths.weight_bits, widths.input_bits);
}

std::string Model::too_wide(const Params<double>& p, Op op, const Widths<>& widths) {
  return fmt::format("{} is wider than the kernels' {} bits", operands(op, widths), p.width);
}

std::string Model::approximation(const Params<double>& p, Op op, std::string_view unknown, bool narrow,
                                 const Widths<>& widths) {
  std::string words = unknown.empty() ? "" : unmeasured_rate(op, unknown);
  if (narrow) words += fmt::format("{}{} runs as {} bit", words.empty() ? "" : "; ", operands(op, widths), p.width);
  return words;
}

BackendEntry entry() {
  return model_entry<Model>("cluster", "cores that run one kernel a layer, cycles linear in its work");
}

}  // namespace hwcost::cluster
