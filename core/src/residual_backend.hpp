// A backend whose prices a learned residual corrects.
#pragma once

#include <memory>

#include "hwcost/backend.hpp"
#include "hwcost/description.hpp"

namespace hwcost {

// `backend` itself, or one over it where the description names a learned residual. Throws InputError at the
// description: the residual's file is missing, has changed, or is none.
std::unique_ptr<const Backend> corrected(std::unique_ptr<const Backend> backend, const Description& description);

}  // namespace hwcost
