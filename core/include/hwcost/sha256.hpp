// The name of some bytes: what reports and descriptions identify a file by.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/export.hpp"

namespace hwcost {

// SHA-256 in hex.
HWCOST_EXPORT std::string sha256(std::string_view bytes);

}  // namespace hwcost
