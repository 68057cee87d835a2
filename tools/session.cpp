// What the subcommands share: the backends that they choose from.
#include "command.hpp"
#include "hwcost/plugin.hpp"

namespace hwcost::command {

Registry Session::registry() const {
  Registry registry = builtin_registry();
  const PluginPath folders(plugin_folders.begin(), plugin_folders.end());
  for (const std::string& plugin : plugins) registry.add(load_plugin(plugin, folders));
  return registry;
}

std::vector<std::string> files_of(const Machine& machine) {
  std::vector<std::string> files;
  for (const Machine* each = &machine; each != nullptr; each = each->fallback.get()) {
    files.push_back(each->description.file());
    for (const auto& [key, parameter] : each->description.parameters()) files.push_back(parameter.place.file);
  }
  return files;
}

void add_plugin_options(CLI::App& command, Session& session) {
  command
      .add_option("--plugin", session.plugins,
                  "Plugin with a backend, repeatable: a file, or a name in --plugin-path. It runs as part of hwcost")
      ->type_name("FILE.so")
      ->allow_extra_args(false)
      ->check(not_empty());
  command.add_option("--plugin-path", session.plugin_folders, "Folder with plugins that --plugin names without a path")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
}

}  // namespace hwcost::command
