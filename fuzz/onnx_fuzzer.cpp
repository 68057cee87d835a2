// Any bytes as an ONNX model; what is read is a valid graph.
#include <cstddef>
#include <span>

#include "fuzz.hpp"
#include "hwcost/import/onnx.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return hwcost::fuzz::run(
      [&] { hwcost::validate(hwcost::import_onnx(std::as_bytes(std::span(data, size)), "fuzz.onnx")); });
}
