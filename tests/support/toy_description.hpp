// A description of a made-up machine and its parameters, for the tests of the description reader.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/description.hpp"
#include "hwcost/parameters.hpp"

namespace hwcost::toy {

inline constexpr std::string_view kText = R"(; a made-up machine
name          toy
backend       systolic
summary       "a systolic array that nobody has built"
default_bits  w4a8
unmodelled    "fallback other"
formula       "macs*w_bits"
uncounted_modules  "head self_attention"

parameter
{
  array.rows      16              { source "made up" kind guessed }
  dram.bandwidth  "8 byte/cycle"  { source "datasheet, page 3" kind published }
  clock           "260 MHz"
  {
    source  "oscilloscope"
    kind    measured
  }
}
)";

template <class T = double>
struct Params {
  T array_rows{};
  T bandwidth{};
  T clock{};
  T setup{5.0};

  template <class Self, class F>
  static void visit(Self& p, F&& f) {
    f(Key{"array.rows", "", 1, 1024}, p.array_rows);
    f(Key{"dram.bandwidth", "byte/cycle", 1e-3, 1e6}, p.bandwidth);
    f(Key{"clock", "MHz", 1, 1e4}, p.clock);
    f(Key{"layer.setup", "cycle", 0, 1e6, false}, p.setup);
  }
};

// What a model makes of the text; the message where it refuses.
inline std::string message_of(std::string_view text, const SearchPath& search = {}) {
  try {
    (void)read_parameters<Params<>>(Description::from_text(text, "toy.info", search));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// kText with the first occurrence of `from` replaced.
inline std::string edited(std::string_view from, std::string_view to) {
  std::string text(kText);
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return "the text to replace is not there";
  return text.replace(at, from.size(), to);
}

}  // namespace hwcost::toy
