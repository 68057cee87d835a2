// Where a command's result goes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hwcost::command {

// Prints the result on stdout, or where `file` is not empty writes it beside that file and renames it, so that nobody
// ever sees half of it: not after Ctrl-C either. Throws InputError where it cannot be written.
void write_result(const std::string& file, std::string_view text);

// Throws CLI::ValidationError where one of the files that are read is the output, by whatever name: it would be lost.
// `option` is the one that names the output.
void refuse_to_overwrite(const std::vector<std::string>& inputs, const std::string& output,
                         const std::string& option = "--output");

}  // namespace hwcost::command
