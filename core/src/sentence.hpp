// What an error says, to be said again in another.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/error.hpp"

namespace hwcost {

// Of an error without a place: its sentence, without the word before it.
inline std::string sentence(const InputError& error) {
  constexpr std::string_view kPrefix = "error: ";
  const std::string_view what = error.what();
  return std::string(what.substr(what.starts_with(kPrefix) ? kPrefix.size() : 0));
}

}  // namespace hwcost
