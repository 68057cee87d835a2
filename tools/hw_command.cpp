// hwcost hw: the hardware descriptions.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

#include "command.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/machine.hpp"
#include "numbers.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

std::string place_text(const SourcePlace& place) { return fmt::format("{}:{}", place.file, place.line); }

// A description that is at fault is told of on stderr, and the others are still listed.
int list(const Session& session) {
  TextTable table({{"name", Align::left}, {"backend", Align::left}, {"summary", Align::left}});
  int status = kSuccess;
  const std::vector<std::string> names = description_names(session.search_path());
  if (names.empty()) {
    std::vector<std::string> folders;
    for (const auto& folder : session.search_path()) folders.push_back(folder.string());
    throw InputError({}, fmt::format("no descriptions in {}", fmt::join(folders, ", ")));
  }
  for (const std::string& name : names) {
    try {
      const Description description = Description::load(name, session.search_path());
      table.add_row({name, description.backend(), description.summary()});
    } catch (const InputError& error) {
      fmt::print(stderr, "{}\n", printable(error.what()));
      status = kFailure;
    }
  }
  write_result("", table.text());
  return status;
}

std::string_view policy_text(Unmodelled::Policy policy) {
  switch (policy) {
    case Unmodelled::Policy::free:
      return "free";
    case Unmodelled::Policy::fallback:
      return "fallback";
    case Unmodelled::Policy::error:
      break;
  }
  return "error";
}

std::string head_of(const Description& description) {
  std::string text;
  const auto line = [&text](std::string_view key, std::string_view value) {
    if (!value.empty()) text += fmt::format("{:<18}{}\n", key, printable(value));
  };
  line("name", description.name());
  line("summary", description.summary());
  line("backend", description.backend());
  line("file", description.file());
  line("sha256", description.sha256());
  line("inherits from", fmt::format("{}", fmt::join(description.inherited_files(), ", ")));
  if (const auto& bits = description.default_bits()) {
    line("default_bits", fmt::format("w{}a{}", bits->weight_bits, bits->activation_bits));
  }
  const Unmodelled& unmodelled = description.unmodelled();
  line("unmodelled", fmt::format("{}{}{}", policy_text(unmodelled.policy), unmodelled.fallback.empty() ? "" : " ",
                                 unmodelled.fallback));
  if (const auto& formula = description.formula()) line("formula", formula->text);
  line("uncounted_modules", fmt::format("{}", fmt::join(description.uncounted_modules(), ", ")));
  return text;
}

std::string parameters_of(const Description& description) {
  TextTable table(
      {{"parameter", Align::left}, {"value"}, {"kind", Align::left}, {"source", Align::left}, {"from", Align::left}});
  std::vector<std::string_view> guessed;
  for (const auto& [key, parameter] : description.parameters()) {
    table.add_row(
        {key, parameter.text, std::string(to_text(parameter.kind)), parameter.source, place_text(parameter.place)});
    if (parameter.kind == Provenance::guessed) guessed.push_back(key);
  }
  std::string text = table.text();
  if (!guessed.empty()) text += fmt::format("\nguessed: {}\n", fmt::join(guessed, ", "));
  return text;
}

// A machine of which everything is without fault, its formula too.
Machine checked_machine(const std::string& name_or_path, const Session& session, const Registry& registry) {
  Machine machine = load_machine(name_or_path, session.search_path(), registry);
  if (const auto& formula = machine.description.formula()) Formula(formula->text, formula->place);
  return machine;
}

int show(const std::string& name, const Session& session) {
  const Machine machine = checked_machine(name, session, session.registry());
  const Description& description = machine.description;
  std::string text = head_of(description);
  if (!description.parameters().empty()) text += '\n' + parameters_of(description);
  write_result("", text);
  return kSuccess;
}

// Each file by itself: a fault in one does not hide those of the others.
int check(const std::vector<std::string>& files, const Session& session) {
  const Registry registry = session.registry();
  std::string text;
  int status = kSuccess;
  for (const std::string& file : files) {
    try {
      (void)checked_machine(file, session, registry);
      text += printable(file) + ": ok\n";
    } catch (const InputError& error) {
      fmt::print(stderr, "{}\n", printable(error.what()));
      status = kFailure;
    }
  }
  write_result("", text);
  return status;
}

}  // namespace

void add_hw_command(CLI::App& app, Session& session) {
  CLI::App* hw = app.add_subcommand("hw", "List, show and check hardware descriptions");
  hw->require_subcommand(1);
  hw->footer("Example:\n  hwcost hw list\n  hwcost hw show mpic\n  hwcost hw check my-machine.info\n");

  CLI::App* list_command = add_command(*hw, session, "list", "The descriptions in the search path", "  hwcost hw list");
  list_command->callback([&session] { session.status = list(session); });

  const auto name = std::make_shared<std::string>();
  CLI::App* show_command =
      add_command(*hw, session, "show", "Every parameter with unit, source, kind and place", "  hwcost hw show mpic");
  show_command->add_option("NAME", *name, "A shipped description or a path to one")->required()->type_name("");
  add_plugin_options(*show_command, session);
  show_command->callback([name, &session] { session.status = show(*name, session); });

  const auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* check_command = add_command(*hw, session, "check", "Whether descriptions are without fault",
                                        "  hwcost hw check my-machine.info\n");
  check_command->add_option("FILE", *files, "Descriptions")->required()->type_name("");
  add_plugin_options(*check_command, session);
  check_command->callback([files, &session] { session.status = check(*files, session); });
}

}  // namespace hwcost::command
