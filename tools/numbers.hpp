// Numbers as text: in full for files, short for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hwcost::command {

// Whether the value is a whole number that prints without an exponent and is exact.
bool is_exact_count(double value);

// A whole number from 1 on, without sign or exponent; nothing where the text is none.
inline constexpr std::uint64_t kLargestCount = std::uint64_t{1} << 53;
std::optional<double> count_from(std::string_view text, std::uint64_t most = kLargestCount);

// The shortest text that reads back to the same double; counts as digits alone. Always in the C locale.
std::string exact(double value);

// 12501632 as "12,501,632"; what is no count with two decimals.
std::string grouped(double value);

// 8.738e-4, "s" as "873.8 us".
std::string with_prefix(double value, std::string_view unit);

// 0.123 as "12.3 %".
std::string percent(double share);

// 79212 as "79,212 bytes (0.0755 MiB)".
std::string bytes_text(double bytes);

}  // namespace hwcost::command
