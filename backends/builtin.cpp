#include "entries.hpp"
#include "hwcost/registry.hpp"

namespace hwcost {

Registry builtin_registry() {
  Registry registry;
  registry.add(bit_ops::entry());
  registry.add(cluster::entry());
  registry.add(counts::entry());
  registry.add(cpu_int8::entry());
  registry.add(diana::entry());
  registry.add(gap8::entry());
  registry.add(mac_table::entry());
  registry.add(memory_access::entry());
  registry.add(ne16::entry());
  registry.add(onednn::entry());
  registry.add(roofline::entry());
  return registry;
}

}  // namespace hwcost
