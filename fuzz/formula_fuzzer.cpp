// Any bytes as a user's cost formula, evaluated on one layer where it is one.
#include "fuzz.hpp"
#include "hwcost/formula.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hwcost::Layer layer{
      .name = "layer", .op = hwcost::Op::linear, .dims = hwcost::Linear<>{.in_channels = 4.0, .out_channels = 2.0}};
  return hwcost::fuzz::run([&] {
    const hwcost::Formula formula(std::string(hwcost::fuzz::as_text(data, size)), {});
    static_cast<void>(formula.evaluate(layer));
  });
}
