// hwcost conformance: whether a machine's backend keeps what every backend promises.
#include "hwcost/conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "hwcost/machine.hpp"
#include "progress.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

using Outcome = ConformanceFinding::Outcome;
using Findings = std::vector<ConformanceFinding>;

enum class Format { table, json };
const std::map<std::string, Format> kFormats{{"table", Format::table}, {"json", Format::json}};

struct Options {
  std::string machine;
  int layers_per_operator = static_cast<int>(ConformanceOptions{}.layers_per_operator);
  Format format = Format::table;
};

std::size_t count_of(const Findings& findings, Outcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const auto& f) { return f.outcome == outcome; }));
}

std::string table_of(const Findings& findings, const Description& machine) {
  TextTable table(
      {{"check", Align::left}, {"outcome", Align::left}, {"cases"}, {"breaches"}, {"worst, or why", Align::left}});
  for (const ConformanceFinding& f : findings) {
    table.add_row({std::string(f.check.name), std::string(to_text(f.outcome)), std::to_string(f.cases),
                   f.breaches == 0 ? "" : std::to_string(f.breaches), f.words});
  }
  return fmt::format("{} (backend {}, {})\n\n{}\n{} hold, {} broken, {} untested\n", printable(machine.name()),
                     printable(machine.backend()), printable(machine.file()), table.text(),
                     count_of(findings, Outcome::holds), count_of(findings, Outcome::broken),
                     count_of(findings, Outcome::untested));
}

std::string json_of(const Findings& findings, const Description& machine) {
  nlohmann::ordered_json object{{"schema", "hwcost-conformance/1"},
                                {"hardware", machine.name()},
                                {"backend", machine.backend()},
                                {"conforms", count_of(findings, Outcome::broken) == 0},
                                {"checks", nlohmann::ordered_json::array()}};
  for (const ConformanceFinding& f : findings) {
    object["checks"].push_back({{"name", f.check.name},
                                {"promise", f.check.promise},
                                {"outcome", to_text(f.outcome)},
                                {"cases", f.cases},
                                {"breaches", f.breaches},
                                {"words", f.words}});
  }
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int run(const Options& options, const Session& session) {
  const Machine machine = load_machine(options.machine, session.search_path(), session.registry());
  Findings findings;
  {
    const std::vector<ConformanceCheck> checks = conformance_checks();
    Progress progress(checks.size());
    const ConformanceOptions how{.layers_per_operator = static_cast<std::size_t>(options.layers_per_operator)};
    for (const ConformanceCheck& check : checks) {
      progress.next(std::string(check.name));
      findings.push_back(check_conformance(*machine.backend, check.name, how));
    }
  }
  write_result("", options.format == Format::json ? json_of(findings, machine.description)
                                                  : table_of(findings, machine.description));
  return count_of(findings, Outcome::broken) == 0 ? kSuccess : kFailure;
}

}  // namespace

void add_conformance_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, session, "conformance", "Check that a backend keeps what every backend promises",
                                  "  hwcost conformance --plugin ./mine.so --hw ./mine.info");
  command->add_option("--hw", options->machine, "A shipped description or a path to one")
      ->required()
      ->type_name("NAME");
  add_plugin_options(*command, session);
  constexpr int kMost = 100000;
  command->add_option("--layers", options->layers_per_operator, "Random layers of every operator (60)")
      ->type_name("N")
      ->check(whole_number(1, kMost));
  add_choice(*command, "--format", options->format, kFormats, "How the result is written (table)");
  command->callback([options, &session] { session.status = run(*options, session); });
}

}  // namespace hwcost::command
