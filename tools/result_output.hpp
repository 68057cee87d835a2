// Where a command's result goes.
#pragma once

#include <string>
#include <string_view>

namespace hwcost::command {

// Prints the result on stdout, or where `file` is not empty writes it beside that file and renames it, so that nobody
// ever sees half of it: not after Ctrl-C either. Throws InputError where it cannot be written.
void write_result(const std::string& file, std::string_view text);

}  // namespace hwcost::command
