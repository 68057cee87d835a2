#include "hwcost/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "utf8.hpp"

namespace hwcost {
namespace {

// What came from a file may hold anything; a message is one line of UTF-8 that a terminal can show.
std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::optional<unsigned> control = control_code(text);
    if (text.front() == '\n') {
      line += "\\n";
    } else if (text.front() == '\r') {
      line += "\\r";
    } else if (text.front() == '\t') {
      line += "\\t";
    } else if (control) {
      line += *control < 0x80 ? fmt::format("\\x{:02x}", *control) : fmt::format("\\u{:04x}", *control);
    } else if (length == 0) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return line;
}

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

// Names and numbers from a file may have megabytes: the middle is left out, between whole UTF-8 characters.
std::string without_middle(std::string text, std::size_t most) {
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
  const std::string file = without_middle(on_one_line(place.file), kLongestPlace);
  const std::string text = without_middle(on_one_line(what), kLongestText);
  if (file.empty()) return fmt::format("error: {}", text);
  if (place.line <= 0) return fmt::format("{}: error: {}", file, text);
  return fmt::format("{}:{}: error: {}", file, place.line, text);
}

}  // namespace

InputError::InputError(SourcePlace place, const std::string& what)
    : std::runtime_error(message(place, what)), place_(std::move(place)) {}

}  // namespace hwcost
