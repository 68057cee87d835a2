// A machine ready to price: a description, the backend that it selects, and the machine that it falls back to.
#pragma once

#include <memory>
#include <string>

#include "hwcost/backend.hpp"
#include "hwcost/description.hpp"
#include "hwcost/export.hpp"
#include "hwcost/registry.hpp"

namespace hwcost {

// Cheap to copy but for its description; copies share the backend, which any thread may use.
struct Machine {
  Description description;
  std::shared_ptr<const Backend> backend;
  std::shared_ptr<const Machine> fallback;  // for what this one cannot run; null where the description names none
};

// Loads the description and whatever it falls back to. Throws InputError: a fault in a file, an unknown backend,
// machines that fall back to each other in a circle.
// `name_or_path` and `search` as Description::load() takes them.
HWCOST_EXPORT Machine load_machine(const std::string& name_or_path, const SearchPath& search, const Registry& registry);
// The same from a description in memory; `search` is for what it falls back to.
HWCOST_EXPORT Machine make_machine(Description description, const SearchPath& search, const Registry& registry);

}  // namespace hwcost
