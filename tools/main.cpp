// The hwcost command.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <string>

#include "command.hpp"
#include "hwcost/error.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

namespace {

using hwcost::command::Session;

// Whatever a file's names hold, an error is one line.
int fail(const std::string& what, int status) {
  std::fprintf(stderr, "%s\n", hwcost::command::printable(what).c_str());
  return status;
}

void add_commands(CLI::App& app, Session& session) {
  app.set_version_flag("--version", "hwcost " HWCOST_VERSION);
  app.require_subcommand(0, 1);  // `main` asks for one: so the error of a misspelt one names it
  app.footer(
      "Example:\n  hwcost price model.onnx --hw mpic,gap8\n\n`hwcost COMMAND --help` shows the options of each.\n");
  hwcost::command::add_price_command(app, session);
  hwcost::command::add_import_command(app, session);
  hwcost::command::add_hw_command(app, session);
  hwcost::command::add_verify_command(app, session);
  hwcost::command::add_compare_command(app, session);
  hwcost::command::add_refine_command(app, session);
  hwcost::command::add_conformance_command(app, session);
#ifdef HWCOST_WITH_ONEDNN
  hwcost::command::add_measure_command(app, session);
#endif
#ifdef HWCOST_WITH_CALIBRATE
  hwcost::command::add_calibrate_command(app, session);
#endif
#ifdef HWCOST_WITH_MEASURE
  hwcost::command::add_store_command(app, session);
#endif
}

// What is asked for; a text of help or the version is a result too.
int run(CLI::App& app, int argc, char** argv, const Session& session) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    std::ostringstream text;
    const int status = app.exit(help, text);
    hwcost::command::write_result("", text.str());
    return status;
  }
  if (app.get_subcommands().empty()) throw CLI::RequiredError("A subcommand");
  return session.status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ,
              SIG_IGN);  // a result beyond the limit of a file's size is an error in writing it, as a full disk
  CLI::App app("What a neural network costs on that hardware: layer by layer, from its model file.", "hwcost");
  Session session;
  try {
    add_commands(app, session);
    return run(app, argc, argv, session);
  } catch (const CLI::ParseError& error) {
    return fail(std::string("error: ") + error.what(), hwcost::command::kWrongUsage);
  } catch (const hwcost::InputError& error) {
    return fail(error.what(), hwcost::command::kFailure);
  } catch (const std::bad_alloc&) {
    return fail("error: out of memory", hwcost::command::kFailure);
  } catch (const std::exception& error) {
    return fail(std::string("error: ") + error.what(), hwcost::command::kFailure);
  }
}
