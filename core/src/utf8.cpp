#include "utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hwcost {
namespace {

unsigned byte(std::string_view text, std::size_t k) { return static_cast<unsigned char>(text[k]); }

// How many characters at the start are plain: nearly all of nearly all texts.
std::size_t plain_length(std::string_view text) {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
}

}  // namespace

std::optional<unsigned> control_code(std::string_view text) {
  const unsigned first = byte(text, 0);
  if (first < 0x20 || first == 0x7F) return first;
  if (first == 0xC2 && utf8_length(text) == 2 && byte(text, 1) < 0xA0) return byte(text, 1);
  return std::nullopt;
}

std::size_t utf8_length(std::string_view text) {
  const unsigned first = byte(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(text, k) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(text, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

std::optional<std::string> fault_of_line(std::string_view text) {
  for (text.remove_prefix(plain_length(text)); !text.empty(); text.remove_prefix(plain_length(text))) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return "holds bytes that are not UTF-8";
    if (const auto code = control_code(text)) return fmt::format("holds the control character U+{:04X}", *code);
    text.remove_prefix(length);
  }
  return std::nullopt;
}

std::string one_line(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (;;) {
    const std::size_t plain = plain_length(text);
    result.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return result;
    const std::size_t length = utf8_length(text);
    const bool is_shown = length != 0 && !control_code(text);
    is_shown ? result.append(text.substr(0, length)) : result.append(1, '?');
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

std::string shortened(std::string_view text, std::size_t most_bytes) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= most_bytes) return std::string(text);
  std::size_t length = most_bytes - kMore.size();
  while (length > 0 && (byte(text, length) & 0xC0U) == 0x80U) --length;  // whole characters
  return std::string(text.substr(0, length)).append(kMore);
}

}  // namespace hwcost
