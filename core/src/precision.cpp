#include "hwcost/precision.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace hwcost {

std::string to_text(NumberFormat format) {
  switch (format.kind) {
    case NumberFormat::Kind::integer:
      break;
    case NumberFormat::Kind::floating:
      return fmt::format("f{}", format.bits);
    case NumberFormat::Kind::brain:
      return fmt::format("bf{}", format.bits);
  }
  return fmt::format("{}", format.bits);
}

std::optional<NumberFormat> number_format_from(std::string_view text) {
  for (const NumberFormat known :
       {NumberFormat{4, NumberFormat::Kind::floating}, NumberFormat{8, NumberFormat::Kind::floating},
        NumberFormat{16, NumberFormat::Kind::floating}, kFloat32, NumberFormat{64, NumberFormat::Kind::floating},
        NumberFormat{16, NumberFormat::Kind::brain}}) {
    if (to_text(known) == text) return known;
  }
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits < 0 || bits > 64) return std::nullopt;
  return integer(bits);
}

std::string to_text(const WeightFormat& format) {
  if (!format.is_mixed()) return to_text(format.uniform);
  std::string text;
  for (const ChannelGroup& group : format.groups) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : "|", group.bits, group.channels);
  }
  return text;
}

WeightFormat WeightFormat::per_channel(std::vector<double> widths) {
  std::map<double, double> counts;
  for (const double bits : widths) counts[bits] += 1.0;
  WeightFormat format;
  for (const auto& [bits, channels] : counts) format.groups.push_back({bits, channels});
  format.by_channel = std::move(widths);
  return format;
}

}  // namespace hwcost
