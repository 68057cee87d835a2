#include "roofline.hpp"

#include <fmt/format.h>

#include "entries.hpp"

namespace hwcost::roofline {

const std::array<ClassKeys, kClasses.size()>& class_keys() {
  static const std::array<ClassKeys, kClasses.size()> kKeys = [] {
    std::array<ClassKeys, kClasses.size()> keys;
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      keys[i] = {Key{fmt::format("peak.b{}", kClasses[i]), "MAC/cycle", 1e-6, 1e12, false},
                 Key{fmt::format("energy.mac.b{}", kClasses[i]), "pJ/MAC", 0, 1e9, false}};
    }
    return keys;
  }();
  return kKeys;
}

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::traffic_bytes, Metric::utilization};
  traits.clock_hertz = p.clock.value;
  bool has_energy = p.clock.value > 0.0 && p.power.value > 0.0;
  for (const double energy : p.mac_energy) has_energy = has_energy || energy > 0.0;
  if (p.clock.value > 0.0) traits.metrics.insert(Metric::latency_seconds);
  if (has_energy || p.memory_energy.value > 0.0 || p.on_chip_energy.value > 0.0)
    traits.metrics.insert(Metric::energy_joules);
  traits.integers_only = p.integers_only != 0.0;
  traits.skips_free_work = true;
  traits.out_channel_step = p.out_tile;
  traits.in_channel_step = p.in_tile;
  return traits;
}

std::string Model::no_rate(const Params<double>& p, const Widths<>& widths) {
  std::string rates;
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    if (p.peak[i] > 0.0) rates += fmt::format("{}{}", rates.empty() ? "" : ", ", kClasses[i]);
  }
  if (rates.empty()) return "the description tells no peak rate";
  return fmt::format("no peak rate for w{}a{}: there are rates for up to {} bits", widths.weight_bits,
                     widths.input_bits, rates);
}

std::string Model::no_vector(Op op, bool is_part) {
  return fmt::format("the description tells no `vector` rate, at which {}{} would run", is_part ? "a part of " : "",
                     name(op));
}

BackendEntry entry() {
  return model_entry<Model>("roofline", "peak rates, bandwidths, padding to the machine's tile, energy per operation");
}

}  // namespace hwcost::roofline
