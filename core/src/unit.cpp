#include "hwcost/unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "did_you_mean.hpp"

namespace hwcost {
namespace {

struct NamedUnit {
  std::string_view name;
  double factor;  // to base units
  int bit, cycle, second, joule;
};

constexpr double kKibi = 1024.0;

constexpr std::array kUnits{
    NamedUnit{"bit", 1.0, 1, 0, 0, 0},
    NamedUnit{"byte", 8.0, 1, 0, 0, 0},
    NamedUnit{"B", 8.0, 1, 0, 0, 0},
    NamedUnit{"KiB", 8.0 * kKibi, 1, 0, 0, 0},
    NamedUnit{"MiB", 8.0 * kKibi* kKibi, 1, 0, 0, 0},
    NamedUnit{"GiB", 8.0 * kKibi* kKibi* kKibi, 1, 0, 0, 0},
    NamedUnit{"kB", 8e3, 1, 0, 0, 0},
    NamedUnit{"MB", 8e6, 1, 0, 0, 0},
    NamedUnit{"GB", 8e9, 1, 0, 0, 0},
    NamedUnit{"TB", 8e12, 1, 0, 0, 0},
    NamedUnit{"kbit", 1e3, 1, 0, 0, 0},
    NamedUnit{"Mbit", 1e6, 1, 0, 0, 0},
    NamedUnit{"Gbit", 1e9, 1, 0, 0, 0},
    NamedUnit{"cycle", 1.0, 0, 1, 0, 0},
    NamedUnit{"s", 1.0, 0, 0, 1, 0},
    NamedUnit{"second", 1.0, 0, 0, 1, 0},
    NamedUnit{"ms", 1e-3, 0, 0, 1, 0},
    NamedUnit{"us", 1e-6, 0, 0, 1, 0},
    NamedUnit{"ns", 1e-9, 0, 0, 1, 0},
    NamedUnit{"ps", 1e-12, 0, 0, 1, 0},
    NamedUnit{"Hz", 1.0, 0, 1, -1, 0},
    NamedUnit{"kHz", 1e3, 0, 1, -1, 0},
    NamedUnit{"MHz", 1e6, 0, 1, -1, 0},
    NamedUnit{"GHz", 1e9, 0, 1, -1, 0},
    NamedUnit{"J", 1.0, 0, 0, 0, 1},
    NamedUnit{"mJ", 1e-3, 0, 0, 0, 1},
    NamedUnit{"uJ", 1e-6, 0, 0, 0, 1},
    NamedUnit{"nJ", 1e-9, 0, 0, 0, 1},
    NamedUnit{"pJ", 1e-12, 0, 0, 0, 1},
    NamedUnit{"fJ", 1e-15, 0, 0, 0, 1},
    NamedUnit{"W", 1.0, 0, 0, -1, 1},
    NamedUnit{"mW", 1e-3, 0, 0, -1, 1},
    NamedUnit{"uW", 1e-6, 0, 0, -1, 1},
    NamedUnit{"nW", 1e-9, 0, 0, -1, 1},
};

// What machines count. Each is a dimension of its own.
constexpr std::array<std::string_view, 22> kNouns{"MAC",    "op",     "FLOP",        "element",  "channel", "pixel",
                                                  "row",    "column", "transfer",    "access",   "output",  "input",
                                                  "weight", "layer",  "job",         "tile",     "word",    "core",
                                                  "bank",   "token",  "instruction", "inference"};

// Nouns of work that come in thousands: "GFLOP/second".
constexpr std::array<std::string_view, 3> kScaledNouns{"MAC", "op", "FLOP"};

double scale_of(char prefix) {
  switch (prefix) {
    case 'k':
      return 1e3;
    case 'M':
      return 1e6;
    case 'G':
      return 1e9;
    case 'T':
      return 1e12;
    default:
      return 0.0;
  }
}

template <class Names>
bool contains(const Names& names, std::string_view name) {
  for (const std::string_view n : names) {
    if (n == name) return true;
  }
  return false;
}

// Collects the factors of a unit; nouns stay apart until the end, so that they cancel.
class UnitBuilder {
 public:
  // Multiplies by the unit of that name, or divides by it; false where there is none.
  bool multiply(std::string_view name, bool inverse) {
    const int sign = inverse ? -1 : 1;
    for (const NamedUnit& u : kUnits) {
      if (u.name != name) continue;
      unit_.bit += sign * u.bit;
      unit_.cycle += sign * u.cycle;
      unit_.second += sign * u.second;
      unit_.joule += sign * u.joule;
      scale(u.factor, inverse);
      return true;
    }
    if (contains(kNouns, name)) {
      nouns_[name] += sign;
      return true;
    }
    if (name.empty() || scale_of(name.front()) == 0.0 || !contains(kScaledNouns, name.substr(1))) return false;
    nouns_[name.substr(1)] += sign;
    scale(scale_of(name.front()), inverse);
    return true;
  }

  // Nothing where the factors leave the range of a double.
  [[nodiscard]] std::optional<Unit> finish() const {
    if (!std::isnormal(unit_.factor)) return std::nullopt;
    Unit unit = unit_;
    std::string below;
    for (const auto& [noun, exponent] : nouns_) {
      for (int i = 0; i < exponent; ++i) unit.nouns += (unit.nouns.empty() ? "" : "*") + std::string(noun);
      for (int i = 0; i > exponent; --i) below += "/" + std::string(noun);
    }
    if (unit.nouns.empty() && !below.empty()) unit.nouns = "1";
    unit.nouns += below;
    return unit;
  }

 private:
  void scale(double factor, bool inverse) { unit_.factor = inverse ? unit_.factor / factor : unit_.factor * factor; }

  Unit unit_;
  std::map<std::string_view, int> nouns_;
};

bool starts_with_number(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  return !digits.empty() && digits.front() >= '0' && digits.front() <= '9';
}

// "; did you mean 'byte'?" for the first name in `text` that is no unit, or nothing.
std::string suggestion(std::string_view text) {
  std::vector<std::string> names(kNouns.begin(), kNouns.end());
  for (const NamedUnit& u : kUnits) names.emplace_back(u.name);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("*/"), text.size());
    const std::string_view name = text.substr(0, end);
    if (!unit_named(name)) {
      const auto near = nearest(name, names);
      return near ? fmt::format("; did you mean '{}'?", *near) : "";
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "";
}

}  // namespace

std::optional<Unit> unit_named(std::string_view text) {
  if (text.empty()) return Unit{};
  constexpr std::size_t kLongest = 64;
  if (text.size() > kLongest) return std::nullopt;
  UnitBuilder builder;
  bool inverse = false;
  bool first = true;
  for (;;) {
    const std::size_t end = std::min(text.find_first_of("*/"), text.size());
    const std::string_view name = text.substr(0, end);
    const bool reciprocal = first && name == "1" && end < text.size() && text[end] == '/';
    if (!reciprocal && !builder.multiply(name, inverse)) return std::nullopt;
    if (end == text.size()) return builder.finish();
    inverse = text[end] == '/';
    text.remove_prefix(end + 1);
    first = false;
  }
}

Expected<NumberWithUnit, std::string> number_with_unit(std::string_view text) {
  if (!starts_with_number(text))
    return tl::unexpected(fmt::format("{}: a decimal number is wanted, then its unit", in_quotes(text)));
  NumberWithUnit result;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), result.number);
  if (fault == std::errc::result_out_of_range)
    return tl::unexpected(fmt::format("{}: the number is out of the range of a double", in_quotes(text)));
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  const auto unit = unit_named(rest);
  if (!unit || (rest.empty() && text.ends_with(' ')))
    return tl::unexpected(fmt::format("{}: unknown unit {}{}", in_quotes(text), in_quotes(rest), suggestion(rest)));
  if (!std::isfinite(result.number * unit->factor))
    return tl::unexpected(fmt::format("{}: the number is out of the range of a double", in_quotes(text)));
  result.unit_text = rest;
  result.unit = *unit;
  return result;
}

}  // namespace hwcost
