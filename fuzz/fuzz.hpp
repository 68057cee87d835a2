// What every harness shares: bytes to text, and the one failure that a parser may have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hwcost/error.hpp"

namespace hwcost::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};  // NOLINT: bytes are what a file has
}

// Runs a parser on any input: it may throw InputError, nothing else.
template <class Parse>
int run(Parse&& parse) {
  try {
    parse();
  } catch (const InputError&) {
  }
  return 0;
}

}  // namespace hwcost::fuzz
