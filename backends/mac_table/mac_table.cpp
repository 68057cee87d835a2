#include "mac_table.hpp"

#include "entries.hpp"

namespace hwcost::mac_table {

const std::vector<PairKeys>& pair_keys() {
  static const std::vector<PairKeys> kKeys = [] {
    std::vector<PairKeys> keys;
    for (std::size_t a = 1; a <= kWidest; ++a) {
      for (std::size_t w = 1; w <= kWidest; ++w) {
        keys.push_back({pair_index(a, w), Key{fmt::format("rate.a{}_w{}", a, w), "MAC/cycle", 1e-6, 1e9, false},
                        Key{fmt::format("power.a{}_w{}", a, w), "W", 0, 1e4, false}});
      }
    }
    return keys;
  }();
  return kKeys;
}

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::utilization};
  traits.clock_hertz = p.clock.value;
  traits.integers_only = true;
  bool has_power = p.any_power > 0.0;
  for (const double power : p.power) has_power = has_power || power > 0.0;
  if (p.clock.value > 0.0) {
    traits.metrics.insert(Metric::latency_seconds);
    if (has_power) traits.metrics.insert(Metric::energy_joules);
  }
  return traits;
}

std::string Model::no_rate(const Params<double>& p, const Widths<>& widths) {
  std::string known;
  for (std::size_t a = 1; a <= kWidest; ++a) {
    for (std::size_t w = 1; w <= kWidest; ++w) {
      if (p.rate[pair_index(a, w)] > 0.0) known += fmt::format("{}w{}a{}", known.empty() ? "" : " ", w, a);
    }
  }
  return fmt::format("no rate for w{}a{}; known: {}", widths.weight_bits, widths.input_bits, known);
}

BackendEntry entry() { return model_entry<Model>("mac_table", "MAC rates by operand widths"); }

}  // namespace hwcost::mac_table
