// What the subcommands share: how they are added, what they leave with, where they look for descriptions.
#pragma once

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "hwcost/description.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/registry.hpp"

namespace hwcost::command {

// Exit statuses of the command.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;  // bad input, or a table that disagrees; one line on stderr
inline constexpr int kWrongUsage = 2;
inline constexpr int kSomeUnpriced = 3;  // a layer has no price and --allow-unpriced was not given

// What `hwcost` itself keeps while its arguments are read; a subcommand sets `status`.
struct Session {
  std::vector<std::string> description_folders;  // --hw-path
  std::vector<std::string> plugins;              // --plugin
  std::vector<std::string> plugin_folders;       // --plugin-path
  int status = kSuccess;

  [[nodiscard]] SearchPath search_path() const {
    SearchPath path(description_folders.begin(), description_folders.end());
    path.push_back(installed_descriptions());
    return path;
  }
  // The built-in backends and those of the plugins, which are loaded now. Throws InputError.
  [[nodiscard]] Registry registry() const;
};

// The files that a machine is made of: its description, those that it inherits from, and its fallback's.
std::vector<std::string> files_of(const Machine& machine);

void add_price_command(CLI::App& app, Session& session);
void add_import_command(CLI::App& app, Session& session);
void add_hw_command(CLI::App& app, Session& session);
void add_verify_command(CLI::App& app, Session& session);
void add_compare_command(CLI::App& app, Session& session);
void add_refine_command(CLI::App& app, Session& session);
void add_conformance_command(CLI::App& app, Session& session);
void add_store_command(CLI::App& app, Session& session);      // where the component measure was built
void add_measure_command(CLI::App& app, Session& session);    // where the component onednn was built
void add_calibrate_command(CLI::App& app, Session& session);  // where the component calibrate was built

// An option that takes one of the names.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& name, T& chosen, const std::map<std::string, T>& choices,
                        const std::string& help) {
  return command
      .add_option_function<std::string>(
          name, [&chosen, choices](const std::string& text) { chosen = choices.at(text); }, help)
      ->check(CLI::IsMember(choices))
      ->type_name("");
}

// A check for options whose empty value would pass for an absent one.
inline CLI::Validator not_empty() {
  return {[](std::string& text) { return std::string(text.empty() ? "is empty" : ""); }, ""};
}

// A check for numbers without a fraction.
template <class Number>
CLI::Validator whole_number(Number least, Number most) {
  return {[least, most](std::string& text) {
            Number value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_whole = error == std::errc() && end == text.data() + text.size();
            return is_whole && value >= least && value <= most
                       ? std::string()
                       : fmt::format("'{}' is no whole number from {} to {}", text, least, most);
          },
          ""};
}

// A formula that is none is wrong usage, as other options are.
Formula formula_from(const std::string& expression);

// The options of subcommands that make machines: --plugin and --plugin-path.
void add_plugin_options(CLI::App& command, Session& session);

// A subcommand with the options that all of them have.
inline CLI::App* add_command(CLI::App& app, Session& session, const std::string& name, const std::string& summary,
                             const std::string& example) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->footer("Example:\n" + example + "\n");
  command->add_option("--hw-path", session.description_folders, "Folder with hardware descriptions, looked in first")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
  return command;
}

}  // namespace hwcost::command
