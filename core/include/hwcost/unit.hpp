// Units as descriptions write them: "byte/cycle", "pJ/byte", "MAC/cycle", "MHz".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"

namespace hwcost {

// Exponents of the base units and the factor to them. Countable nouns (MAC, op, FLOP, element, channel, pixel, row) are
// dimensions of their own, so that MAC/cycle is not FLOP/cycle.
struct Unit {
  int bit = 0, cycle = 0, second = 0, joule = 0;
  std::string nouns;    // canonical, e.g. "MAC" or "1/MAC"; empty for none
  double factor = 1.0;  // value in base units = number * factor

  [[nodiscard]] bool same_dimension(const Unit& other) const {
    return bit == other.bit && cycle == other.cycle && second == other.second && joule == other.joule &&
           nouns == other.nouns;
  }
};

// The unit of that spelling; nothing where it is none. "" is the unit of bare counts.
HWCOST_EXPORT std::optional<Unit> unit_named(std::string_view text);

// A number and its unit as written: "128 KiB", "2.5 MAC/cycle", "32".
struct NumberWithUnit {
  double number = 0.0;
  std::string unit_text;
  Unit unit;
};

// Reads decimal numbers (1, 2.5, 1e-3), one optional space, a unit. No sign but '-', no thousands separators, no inf,
// no nan, no text behind. The error is a sentence without place: "'12 parsec': unknown unit 'parsec'".
HWCOST_EXPORT Expected<NumberWithUnit, std::string> number_with_unit(std::string_view text);

}  // namespace hwcost
