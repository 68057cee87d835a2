// Any bytes as a layer table, and as an assignment table.
#include "fuzz.hpp"
#include "hwcost/import/table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = hwcost::fuzz::as_text(data, size);
  hwcost::fuzz::run([&] { hwcost::read_assignments(text, "fuzz.csv"); });
  return hwcost::fuzz::run([&] { hwcost::read_layer_table(text, "fuzz.csv"); });
}
