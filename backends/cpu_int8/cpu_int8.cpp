#include "cpu_int8.hpp"

#include <fmt/format.h>

#include "entries.hpp"

namespace hwcost::cpu_int8 {

const std::array<Key, kPrices.size()>& price_keys() {
  static const std::array<Key, kPrices.size()> kKeys = [] {
    std::array<Key, kPrices.size()> keys;
    for (std::size_t i = 0; i < kPrices.size(); ++i) {
      const TermInfo& term = info(kPrices[i].term);
      const std::string_view kernel = kKernelNames[static_cast<std::size_t>(kPrices[i].kernel)];
      keys[i] = {fmt::format("{}.{}", kernel, term.name), std::string(term.unit), 0, 1e12, false};
    }
    return keys;
  }();
  return kKeys;
}

BackendTraits Model::traits(const Params<double>& p) {
  BackendTraits traits;
  traits.metrics = {Metric::latency_cycles, Metric::latency_seconds, Metric::utilization};
  traits.clock_hertz = p.clock.value;
  traits.integers_only = true;
  traits.monotone = false;  // whole vectors and tiles are cheaper than the size below
  traits.skips_free_work = true;
  traits.out_channel_step = p.structure.lanes;
  traits.depthwise_channel_step = p.structure.lanes;
  traits.in_channel_step = 4.0;
  return traits;
}

bool Model::has_prices(const Params<double>& p, Kernel kernel) {
  bool any = false;
  for (std::size_t i = 0; i < kPrices.size(); ++i) any = any || (kPrices[i].kernel == kernel && p.price[i] > 0.0);
  return any;
}

std::string Model::too_wide(const Widths<>& widths) {
  return fmt::format("w{}a{} is wider than the kernels' 8 bits", widths.weight_bits, widths.input_bits);
}
std::string Model::narrow(const Widths<>& widths) {
  return fmt::format("w{}a{} runs as 8 bit", widths.weight_bits, widths.input_bits);
}
std::string Model::no_prices(Kernel kernel) {
  return fmt::format("the description has no prices for the kernel {}, which would run it",
                     kKernelNames[static_cast<std::size_t>(kernel)]);
}

BackendEntry entry() {
  return model_entry<Model>("cpu_int8", "int8 kernels of a CPU: tiles, epilogues, tails and bytes, at prices of each");
}

}  // namespace hwcost::cpu_int8
