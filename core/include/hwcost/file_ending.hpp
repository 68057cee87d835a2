// The ending of a file's name, by which its kind is told.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/export.hpp"

namespace hwcost {

// From the last dot of the file's name on, in lower case (of the letters of ASCII): ".csv" of "tables/Layers.CSV".
// Empty where the name has no dot.
[[nodiscard]] HWCOST_EXPORT std::string file_ending(std::string_view file);

}  // namespace hwcost
