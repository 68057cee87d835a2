// What a plugin says of its model, in C and as BackendTraits; see c_traits() too.
#pragma once

#include <string>

#include "hwcost/backend.hpp"
#include "hwcost/plugin.h"

namespace hwcost {

// What cannot be of what a plugin filled in; empty where nothing is wrong.
std::string wrong_trait(const hwcost_traits& traits);
BackendTraits traits_from(const hwcost_traits& traits);

}  // namespace hwcost
