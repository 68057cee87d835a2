// The store's schema, its versions, and the steps from one to the next.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "database.hpp"
#include "hwcost/export.hpp"

namespace hwcost::measure {

// Step k brings a database of version k to version k + 1. Steps are only ever appended.
HWCOST_EXPORT std::vector<std::string> schema_steps();

// Brings the database up to date, all steps or none; other processes may do the same. Throws InputError where it is
// another program's or of a newer hwcost.
HWCOST_EXPORT void migrate(const Database& database, std::span<const std::string> steps);

// For stores that are only read: throws InputError unless it is of the version that these steps lead to.
HWCOST_EXPORT void require_current(const Database& database, std::span<const std::string> steps);

}  // namespace hwcost::measure
