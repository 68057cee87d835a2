#include "plugin_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>
#include <system_error>

#include "description_fields.hpp"
#include "did_you_mean.hpp"
#include "hwcost/error.hpp"
#include "hwcost/unit.hpp"

namespace hwcost {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEntry = "hwcost_plugin_entry";

// Asked before anything is loaded: opening a pipe would wait for its writer.
void require_regular_file(const fs::path& file) {
  const SourcePlace place{file.string(), 0};
  std::error_code fault;
  const fs::file_status status = fs::status(file, fault);
  if (status.type() == fs::file_type::not_found) throw InputError(place, "no such file");
  if (fault) throw InputError(place, "cannot be read: " + fault.message());
  if (fs::is_directory(status)) throw InputError(place, "is a folder; the file of a plugin is wanted");
  if (!fs::is_regular_file(status)) throw InputError(place, "is no regular file");
}

// dlerror() without the file's name, which our own message begins with.
std::string loader_error(const std::string& file) {
  const char* words = dlerror();
  std::string_view text = words != nullptr ? words : "no reason is given";
  if (text.starts_with(file + ": ")) text.remove_prefix(file.size() + 2);
  return std::string(text);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20u || c == 0x7f; }

}  // namespace

std::string PluginWords::text(const std::string& otherwise) const {
  std::string words(text_.begin(), std::find(text_.begin(), text_.end() - 1, '\0'));
  std::replace_if(words.begin(), words.end(), is_control, ' ');
  const std::size_t begin = words.find_first_not_of(' ');
  if (begin == std::string::npos) return otherwise;
  return words.substr(begin, words.find_last_not_of(' ') - begin + 1);
}

PluginLibrary::PluginLibrary(const fs::path& file) : file_(file.string()), handle_(nullptr, dlclose) {
  require_regular_file(file);
  // With a '/', so that the loader looks nowhere else.
  const std::string path = file_.find('/') == std::string::npos ? "./" + file_ : file_;
  handle_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!handle_) fail("cannot be loaded: " + loader_error(path));
  read_plugin();
  check_fields();
  check_parameters();
}

PluginLibrary::~PluginLibrary() = default;

const hwcost_parameter& PluginLibrary::parameter(std::size_t k) const {
  const auto* first = reinterpret_cast<const std::byte*>(plugin_.parameters);
  return *reinterpret_cast<const hwcost_parameter*>(first + k * plugin_.parameter_size);
}

void PluginLibrary::fail(const std::string& what) const { throw InputError({file_, 0}, what); }

void PluginLibrary::read_plugin() {
  void* symbol = dlsym(handle_.get(), kEntry);
  if (symbol == nullptr) fail(fmt::format("is no plugin: it exports no {}", kEntry));
  const auto entry = reinterpret_cast<decltype(&hwcost_plugin_entry)>(symbol);
  const hwcost_plugin* plugin = nullptr;
  if (const auto thrown = what_is_thrown([&] { plugin = entry(); })) fail(fmt::format("{}: {}", kEntry, *thrown));
  if (plugin == nullptr) fail(fmt::format("{} gives no plugin", kEntry));
  if (plugin->abi != HWCOST_PLUGIN_ABI)
    fail(fmt::format("has version {} of the plugin interface; this hwcost has {}", plugin->abi, HWCOST_PLUGIN_ABI));
  if (plugin->layout == 0 || plugin->layout > HWCOST_LAYOUT) {
    fail(fmt::format("has version {} of the columns; this hwcost has {} and takes older ones", plugin->layout,
                     HWCOST_LAYOUT));
  }
  if (plugin->struct_size < sizeof(hwcost_plugin)) {
    fail(fmt::format("has a struct_size of {}; interface {} begins with {} bytes", plugin->struct_size,
                     HWCOST_PLUGIN_ABI, sizeof(hwcost_plugin)));
  }
  std::memcpy(&plugin_, plugin, sizeof plugin_);
}

void PluginLibrary::check_fields() const {
  const auto require = [this](bool is_there, std::string_view field) {
    if (!is_there) fail(fmt::format("its plugin has no {}", field));
  };
  require(plugin_.name != nullptr && *plugin_.name != '\0', "name");
  check_name("the plugin's name", {plugin_.name, {file_, 0}});
  require(plugin_.summary != nullptr && *plugin_.summary != '\0', "summary");
  require(plugin_.create != nullptr, "create");
  require(plugin_.destroy != nullptr, "destroy");
  require(plugin_.estimate_batch != nullptr, "estimate_batch");
  require(plugin_.explain != nullptr, "explain");
}

void PluginLibrary::check_parameters() const {
  if (plugin_.parameter_count == 0) return;
  if (plugin_.parameters == nullptr) fail("its plugin has a count of parameters and no parameters");
  if (plugin_.parameter_size < sizeof(hwcost_parameter)) {
    fail(fmt::format("has a parameter_size of {}; interface {} begins with {} bytes", plugin_.parameter_size,
                     HWCOST_PLUGIN_ABI, sizeof(hwcost_parameter)));
  }
  std::set<std::string_view> names;
  for (std::size_t k = 0; k < plugin_.parameter_count; ++k) {
    const hwcost_parameter& p = parameter(k);
    if (p.name == nullptr) fail(fmt::format("its parameter {} has no name", k));
    check_name("the parameter name", {p.name, {file_, 0}});
    if (!names.insert(p.name).second) fail(fmt::format("its parameter '{}' is there twice", p.name));
    if (p.unit == nullptr || !unit_named(p.unit))
      fail(fmt::format("its parameter '{}' has the unknown unit {}", p.name, in_quotes(p.unit ? p.unit : "NULL")));
    if (!(p.low <= p.high)) fail(fmt::format("its parameter '{}' has the range [{}, {}]", p.name, p.low, p.high));
  }
}

}  // namespace hwcost
