// Where descriptions are, and what is in their files before anything is made of it.
#pragma once

#include <filesystem>
#include <string>

#include "hwcost/description.hpp"
#include "hwcost/error.hpp"

namespace hwcost {

// Whether a description is named by the path of its file and not by its name: it has a '/' or ends in ".info".
bool is_description_path(const std::string& name_or_path);

// The file of a description. A name is looked up beside the file that names it, then in `search`; a relative path
// starts at that file's folder. `named_at` is empty where no file names it (a flag, a caller). Throws InputError at
// `named_at` where there is no such file.
std::filesystem::path find_description(const std::string& name_or_path, const SourcePlace& named_at,
                                       const SearchPath& search);

// The bytes of a regular file of at most kMaxInfoBytes. Throws InputError at the file.
std::string read_description_file(const std::filesystem::path& path);

// One spelling for all paths to the same file.
std::string file_identity(const std::filesystem::path& path);

}  // namespace hwcost
