// libFuzzer's entry point, compiled for one of the targets: HWCOST_FUZZ_TARGET.
#include <cstdint>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    // NOLINTNEXTLINE: bytes are what a file has
    hwcost::fuzz::HWCOST_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  } catch (const hwcost::InputError&) {
  }
  return 0;
}
