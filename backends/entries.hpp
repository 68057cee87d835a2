// What each in-tree backend gives to builtin.cpp: its entry, and nothing more.
#pragma once

#include "hwcost/registry.hpp"

namespace hwcost {
namespace bit_ops {
BackendEntry entry();
}
namespace cluster {
BackendEntry entry();
}
namespace counts {
BackendEntry entry();
}
namespace cpu_int8 {
BackendEntry entry();
}
namespace diana {
BackendEntry entry();
}
namespace gap8 {
BackendEntry entry();
}
namespace mac_table {
BackendEntry entry();
}
namespace memory_access {
BackendEntry entry();
}
namespace ne16 {
BackendEntry entry();
}
namespace onednn {
BackendEntry entry();
}
namespace roofline {
BackendEntry entry();
}
}  // namespace hwcost
