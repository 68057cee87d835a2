#include "hwcost/plugin.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <system_error>
#include <utility>

#include "did_you_mean.hpp"
#include "plugin_backend.hpp"
#include "plugin_library.hpp"

namespace hwcost {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".so";

fs::path find_plugin(const std::string& name_or_file, const PluginPath& folders) {
  if (name_or_file.empty()) throw InputError({}, "the name of a plugin is empty");
  if (name_or_file.find('/') != std::string::npos || name_or_file.ends_with(kExtension)) return name_or_file;
  std::vector<std::string> searched;
  for (const fs::path& folder : folders) {
    for (const char* prefix : {"", "lib"}) {
      fs::path file = folder / (prefix + name_or_file + std::string(kExtension));
      std::error_code fault;
      if (fs::exists(file, fault)) return file;
    }
    searched.push_back(folder.string());
  }
  if (searched.empty()) {
    throw InputError({}, fmt::format("no plugin {}: no folder to search, and a file has a '/' or ends in '{}'",
                                     in_quotes(name_or_file), kExtension));
  }
  throw InputError({}, fmt::format("no plugin {0} in {1}: no {2}{3}, no lib{2}{3}", in_quotes(name_or_file),
                                   fmt::join(searched, ", "), name_or_file, kExtension));
}

}  // namespace

BackendEntry load_plugin(const std::string& name_or_file, const PluginPath& folders) {
  const auto library = std::make_shared<const PluginLibrary>(find_plugin(name_or_file, folders));
  auto make = [library](const Description& description) -> std::unique_ptr<const Backend> {
    return std::make_unique<PluginBackend>(library, description);
  };
  return {library->plugin().name, library->plugin().summary, std::move(make), library->file()};
}

}  // namespace hwcost
