// Text of others: whether it is UTF-8 and one line. Exported for the importers, not installed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "hwcost/export.hpp"

namespace hwcost {

// Bytes of the UTF-8 character at the start of a text that is not empty; 0 where there is none.
HWCOST_EXPORT std::size_t utf8_length(std::string_view text);

// Code of the control character (C0, DEL, C1) at the start of a text that is not empty; nothing where there is none.
HWCOST_EXPORT std::optional<unsigned> control_code(std::string_view text);

// Why the text is no single line of UTF-8, if so: broken sequences, or control characters, which a terminal obeys.
HWCOST_EXPORT std::optional<std::string> fault_of_line(std::string_view text);

// The text with '?' in place of all that fault_of_line() finds.
HWCOST_EXPORT std::string one_line(std::string_view text);

// The text, or its beginning and "..." where it has more bytes than that.
HWCOST_EXPORT std::string shortened(std::string_view text, std::size_t most_bytes);

}  // namespace hwcost
