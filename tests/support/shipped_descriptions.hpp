// The shipped descriptions, for suites that run on each.
#pragma once

#include <string>
#include <vector>

#include "hwcost/description.hpp"

namespace hwcost::testing {

// Those that are priced by a formula. The others are priced by measurements, of which a build has none:
// measured_backend_test.cpp holds them, over a store that it fills.
inline std::vector<std::string> modelled_descriptions(const SearchPath& folders) {
  std::vector<std::string> names = description_names(folders);
  std::erase_if(names, [&](const std::string& name) { return Description::load(name, folders).backend() == "onednn"; });
  return names;
}

}  // namespace hwcost::testing
