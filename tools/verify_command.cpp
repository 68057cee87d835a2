// hwcost verify: a layer table's expected figures against what a machine gives.
#include <cmath>
#include <memory>

#include "command.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"
#include "progress.hpp"
#include "result_output.hpp"
#include "verification.hpp"

namespace hwcost::command {
namespace {

struct VerifyOptions {
  std::string table;
  std::string machine;
  double tolerance = 1e-9;
};

int run(const VerifyOptions& options, const Session& session) {
  const Machine machine = load_machine(options.machine, session.search_path(), session.registry());
  Verification verification;
  {
    Progress progress(2);
    progress.next("reading " + options.table);
    const LayerTable table = read_layer_table(std::filesystem::path(options.table));
    progress.next("pricing on " + machine.description.name());
    verification = verify(table, evaluate(table.graph, machine), options.tolerance);
  }
  write_result("", verification_text(verification, options.table, machine.description.name()));
  return verification.differences.empty() ? kSuccess : kFailure;
}

}  // namespace

void add_verify_command(CLI::App& app, Session& session) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = add_command(app, session, "verify", "Compare a layer table's expected figures with a machine's",
                                  "  hwcost verify tests/golden/mpic.csv --hw mpic");
  command->add_option("TABLE", options->table, "Layer table with expected_* columns")
      ->required()
      ->type_name("FILE.csv");
  command->add_option("--hw", options->machine, "A shipped description or a path to one")
      ->required()
      ->type_name("NAME");
  add_plugin_options(*command, session);
  command->add_option("--tolerance", options->tolerance, "Largest relative error that agrees (1e-9)")
      ->check(CLI::Range(0.0, 1.0));
  command->callback([options, &session] {
    if (std::isnan(options->tolerance)) throw CLI::ValidationError("--tolerance", "is no number");  // in every range
    session.status = run(*options, session);
  });
}

}  // namespace hwcost::command
