#include "hwcost/error.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace hwcost {
namespace {

// What came from a file may hold anything; a message is one line that a terminal can show.
std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

// Names and numbers from a file may have megabytes: the middle is left out, between whole UTF-8 characters.
std::string shortened(std::string text, std::size_t most) {
  constexpr std::string_view kLeftOut = "...";
  if (text.size() <= most) return text;
  std::size_t begin = (most - kLeftOut.size()) / 2;
  std::size_t end = text.size() - begin;
  while (begin > 0 && continues_a_character(text[begin])) --begin;
  while (end < text.size() && continues_a_character(text[end])) ++end;
  return text.replace(begin, end - begin, kLeftOut);
}

std::string message(const SourcePlace& place, const std::string& what) {
  constexpr std::size_t kLongestPlace = 4096;  // a path's; beyond it a name out of the file is part of the place
  constexpr std::size_t kLongestText = 500;
  const std::string file = shortened(on_one_line(place.file), kLongestPlace);
  const std::string text = shortened(on_one_line(what), kLongestText);
  if (file.empty()) return fmt::format("error: {}", text);
  if (place.line <= 0) return fmt::format("{}: error: {}", file, text);
  return fmt::format("{}:{}: error: {}", file, place.line, text);
}

}  // namespace

InputError::InputError(SourcePlace place, const std::string& what)
    : std::runtime_error(message(place, what)), place_(std::move(place)) {}

}  // namespace hwcost
