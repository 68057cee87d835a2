// What Boost.PropertyTree's INFO parser must not be given: it would overflow the stack, read other files or lose text.
#pragma once

#include <string>
#include <string_view>

namespace hwcost {

// Throws InputError at `file` and the line: more bytes, words or nesting than info_reader.hpp allows, a NUL, a byte
// order mark, bytes that are not UTF-8, a directive (`#include` reads any file), a string that is continued beyond the
// end.
void check_info_text(std::string_view text, const std::string& file);

}  // namespace hwcost
