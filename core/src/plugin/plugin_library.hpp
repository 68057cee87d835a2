// A shared object with a plugin in it, and calls across its border.
#pragma once

#include <array>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "hwcost/plugin.h"

namespace hwcost {

// Loaded as long as it lives. What plugin() has is checked once, when it is loaded.
class PluginLibrary {
 public:
  // Throws InputError at the file.
  explicit PluginLibrary(const std::filesystem::path& file);
  ~PluginLibrary();
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const hwcost_plugin& plugin() const { return plugin_; }
  [[nodiscard]] const hwcost_parameter& parameter(std::size_t k) const;

 private:
  void read_plugin();
  void check_fields() const;
  void check_parameters() const;
  [[noreturn]] void fail(const std::string& what) const;

  std::string file_;
  std::unique_ptr<void, int (*)(void*)> handle_;
  hwcost_plugin plugin_{};  // fields that the plugin's struct does not have yet are 0
};

// A sentence that the plugin writes.
class PluginWords {
 public:
  PluginWords() : message_{text_.data(), text_.size()} {}
  PluginWords(const PluginWords&) = delete;
  PluginWords& operator=(const PluginWords&) = delete;

  [[nodiscard]] hwcost_message* message() { return &message_; }
  // On one line, without spaces around it; `otherwise` where the plugin wrote none.
  [[nodiscard]] std::string text(const std::string& otherwise) const;

 private:
  std::array<char, 512> text_{};
  hwcost_message message_;
};

// Calls into a plugin. What it throws, against the rules, ends here: the words of it; nothing where it threw nothing.
template <class Call>
std::optional<std::string> what_is_thrown(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return std::string("it threw an exception: ") + error.what();
  } catch (...) {
    return "it threw an exception";
  }
  return std::nullopt;
}

}  // namespace hwcost
