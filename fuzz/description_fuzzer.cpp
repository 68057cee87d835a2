// Any bytes as a hardware description, made into a machine where they are one.
#include "fuzz.hpp"
#include "hwcost/machine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return hwcost::fuzz::run([&] {
    auto description = hwcost::Description::from_text(hwcost::fuzz::as_text(data, size), "fuzz.info", {});
    hwcost::make_machine(std::move(description), {}, hwcost::builtin_registry());
  });
}
