#include "cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "did_you_mean.hpp"
#include "limits.hpp"

namespace hwcost::table {
namespace {

std::optional<double> finite_number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Whether reading the text as a double has lost nothing: 2^53 is also what 2^53 + 1 is rounded to.
bool is_exact(double value, std::string_view text) {
  return value < kLargestExactCount || (value == kLargestExactCount && text == "9007199254740992");
}

double count(const Cell& cell, std::string_view text) {
  const std::optional<double> value = finite_number(text);
  if (!value) cell.fail(fmt::format("{} is no number", in_quotes(text)));
  if (std::signbit(*value)) cell.fail(fmt::format("{} is negative", text));
  if (*value != std::floor(*value)) cell.fail(fmt::format("{} is no whole number", text));
  if (!is_exact(*value, text)) cell.fail(fmt::format("{} exceeds 2^53, up to which counts are exact", text));
  return *value;
}

// Of weights, which may be pruned (0 bits), or of an activation.
NumberFormat number_format(const Cell& cell, std::string_view text, double least_bits = 0.0) {
  const std::optional<NumberFormat> format = number_format_from(text);
  if (!format || format->bits < least_bits) {
    cell.fail(fmt::format("{} is no width: wanted {} to 64 bits, or one of f4, f8, f16, bf16, f32, f64",
                          in_quotes(text), least_bits));
  }
  return *format;
}

double integer_bits(const Cell& cell, std::string_view text) {
  const NumberFormat format = number_format(cell, text);
  if (!format.is_integer())
    cell.fail(fmt::format("{} is a float: only integer widths differ between channels", in_quotes(text)));
  return format.bits;
}

// Calls part(text) for each part between separators.
template <class Part>
void for_each_part(std::string_view text, char separator, const Part& part) {
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    part(text.substr(0, end));
    if (end == text.size()) return;
    text.remove_prefix(end + 1);
  }
}

WeightFormat histogram(const Cell& cell) {
  WeightFormat format;
  for_each_part(cell.text, '|', [&](std::string_view part) {
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos) {
      cell.fail(fmt::format("{} is no part of a histogram: wanted width:channels, as in 0:4|8:60", in_quotes(part)));
    }
    format.groups.push_back({integer_bits(cell, part.substr(0, colon)), count(cell, part.substr(colon + 1))});
  });
  std::sort(format.groups.begin(), format.groups.end(),
            [](const ChannelGroup& a, const ChannelGroup& b) { return a.bits < b.bits; });
  const auto repeated =
      std::adjacent_find(format.groups.begin(), format.groups.end(),
                         [](const ChannelGroup& a, const ChannelGroup& b) { return a.bits == b.bits; });
  if (repeated != format.groups.end()) cell.fail(fmt::format("width {} is given twice", repeated->bits));
  std::erase_if(format.groups, [](const ChannelGroup& group) { return group.channels == 0.0; });
  if (format.groups.empty()) cell.fail("a histogram of no channels");
  return format;
}

WeightFormat channel_list(const Cell& cell) {
  std::vector<double> widths;
  for_each_part(cell.text, ',', [&](std::string_view part) { widths.push_back(integer_bits(cell, part)); });
  return WeightFormat::per_channel(std::move(widths));
}

}  // namespace

void Cell::fail(const std::string& what) const {
  throw InputError({file, line}, fmt::format("column '{}': {}", column, what));
}

double number(const Cell& cell) {
  const std::optional<double> value = finite_number(cell.text);
  if (!value) cell.fail(fmt::format("{} is no number", in_quotes(cell.text)));
  return *value;
}

double count(const Cell& cell) { return count(cell, cell.text); }
NumberFormat activation_format(const Cell& cell) { return number_format(cell, cell.text, 1.0); }

WeightFormat weight_format(const Cell& cell) {
  if (cell.text.find_first_of(":|") != std::string_view::npos) return histogram(cell);
  if (cell.text.find(',') != std::string_view::npos) return channel_list(cell);
  return number_format(cell, cell.text);
}

}  // namespace hwcost::table
