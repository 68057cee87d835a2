#include "border.hpp"
#include "hwcost/plugin.hpp"

namespace {

using namespace hwcost;
using namespace hwcost::c_api;

std::vector<std::string> texts(const char* const* list, std::size_t count, const char* name) {
  std::vector<std::string> result;
  if (count > 0) required(list, name);
  for (std::size_t k = 0; k < count; ++k) result.emplace_back(&required(list[k], name));
  return result;
}

Machine machine_from(const std::string& name_or_path, const hwcost_search* search) {
  SearchPath folders;
  Registry registry = builtin_registry();
  if (search != nullptr) {
    const hwcost_search& s = required_struct(search, "search");
    const auto descriptions = texts(s.description_folders, s.description_folder_count, "search->description_folders");
    folders.assign(descriptions.begin(), descriptions.end());
    const auto plugin_folders = texts(s.plugin_folders, s.plugin_folder_count, "search->plugin_folders");
    const PluginPath plugin_path(plugin_folders.begin(), plugin_folders.end());
    for (const std::string& plugin : texts(s.plugins, s.plugin_count, "search->plugins"))
      registry.add(load_plugin(plugin, plugin_path));
  }
  folders.push_back(installed_descriptions());
  return load_machine(name_or_path, folders, registry);
}

}  // namespace

uint32_t hwcost_c_api(void) { return HWCOST_C_API; }
const char* hwcost_version(void) { return HWCOST_VERSION; }

hwcost_machine* hwcost_load_machine(const char* name_or_path, const hwcost_search* search, hwcost_message* error) {
  return inside<hwcost_machine*>(error, nullptr, [&] {
    return new hwcost_machine{machine_from(&required(name_or_path, "name_or_path"), search)};
  });
}

void hwcost_free_machine(hwcost_machine* machine) { delete machine; }

const char* hwcost_machine_name(const hwcost_machine* machine) { return machine->machine.description.name().c_str(); }

int32_t hwcost_machine_defines(const hwcost_machine* machine, hwcost_metric metric) {
  if (metric < 0 || metric >= hwcost_metric_count) return 0;
  return machine->machine.backend->traits().metrics.contains(static_cast<Metric>(metric));
}

double hwcost_machine_clock_hertz(const hwcost_machine* machine) {
  return machine->machine.backend->traits().clock_hertz;
}
