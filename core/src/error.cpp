#include "hwcost/error.hpp"

#include <fmt/format.h>

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

std::string message(const SourcePlace& place, const std::string& what) {
  if (place.file.empty()) return on_one_line(fmt::format("error: {}", what));
  if (place.line <= 0) return on_one_line(fmt::format("{}: error: {}", place.file, what));
  return on_one_line(fmt::format("{}:{}: error: {}", place.file, place.line, what));
}

}  // namespace

InputError::InputError(SourcePlace place, const std::string& what)
    : std::runtime_error(message(place, what)), place_(std::move(place)) {}

}  // namespace hwcost
