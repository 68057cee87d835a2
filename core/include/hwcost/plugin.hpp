// Cost models from shared objects (plugin.h) as backends like any other.
//
// A plugin is code: it runs with all rights of this program from the moment it is loaded, and nothing is loaded but the
// file that the caller names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/registry.hpp"

namespace hwcost {

// Folders in which a plugin that is named without a path is looked for, first found first taken.
using PluginPath = std::vector<std::filesystem::path>;

// Loads the plugin: `name_or_file` is a path (it has a '/' or ends in ".so") or the name of a file NAME.so or
// libNAME.so in `folders`. It stays loaded as long as the entry, a copy of it or a backend of it lives. Throws
// InputError at the file: none that can be loaded, one without hwcost_plugin_entry, another version of the interface, a
// struct that is too small, a field without a value, a parameter that is none.
//
// Its backends hold what a plugin promises: an answer that is no number, negative or of an unknown status, a call that
// throws or fails makes a layer unsupported, with the reason. A plugin that writes where it must not, or never returns,
// takes the program with it.
HWCOST_EXPORT BackendEntry load_plugin(const std::string& name_or_file, const PluginPath& folders = {});

}  // namespace hwcost
