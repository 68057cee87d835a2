// Any bytes as a price table; what is read is written, read and written again the same.
#include <cstdlib>

#include "fuzz.hpp"
#include "hwcost/import/price_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return hwcost::fuzz::run([&] {
    const std::string text =
        price_table_to_json(hwcost::read_price_table(hwcost::fuzz::as_text(data, size), "fuzz.json"));
    if (price_table_to_json(hwcost::read_price_table(text, "fuzz.json")) != text) std::abort();
  });
}
