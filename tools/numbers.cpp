#include "numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace hwcost::command {
namespace {

constexpr double kLargestExactCount = 9007199254740992.0;  // 2^53

}  // namespace

bool is_exact_count(double value) { return value == std::trunc(value) && std::abs(value) <= kLargestExactCount; }

std::optional<double> count_from(std::string_view text, std::uint64_t most) {
  std::uint64_t count = 0;
  const bool digits_only =
      !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits_only) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 1 || count > most) return std::nullopt;
  return static_cast<double>(count);
}

std::string exact(double value) {
  if (value == 0.0) return "0";
  return is_exact_count(value) ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

std::string grouped(double value) {
  if (!std::isfinite(value) || std::abs(value) > kLargestExactCount) return fmt::format("{:.6g}", value);
  const std::string digits = fmt::format("{:.{}f}", value, is_exact_count(value) ? 0 : 2);
  const std::size_t first_digit = digits.front() == '-' ? 1 : 0;
  const std::size_t point = std::min(digits.find('.'), digits.size());
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > first_digit && i < point && (point - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string with_prefix(double value, std::string_view unit) {
  struct Prefix {
    double factor;
    std::string_view text;
  };
  constexpr std::array<Prefix, 8> kPrefixes{
      {{1e6, "M"}, {1e3, "k"}, {1.0, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}, {1e-15, "f"}}};
  if (value == 0.0) return fmt::format("0 {}", unit);
  for (const Prefix& prefix : kPrefixes) {
    if (std::abs(value) >= prefix.factor) return fmt::format("{:.4g} {}{}", value / prefix.factor, prefix.text, unit);
  }
  return fmt::format("{:.4g} {}", value, unit);
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string bytes_text(double bytes) {
  const double mebibytes = bytes / (1024.0 * 1024.0);
  const std::string short_text = mebibytes < 1.0 ? fmt::format("{:.3g}", mebibytes) : fmt::format("{:.2f}", mebibytes);
  return fmt::format("{} bytes ({} MiB)", grouped(bytes), short_text);
}

}  // namespace hwcost::command
