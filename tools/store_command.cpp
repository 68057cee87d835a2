// hwcost store: the files of measurements.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "command.hpp"
#include "hwcost/measure/reader.hpp"
#include "hwcost/measure/store.hpp"
#include "hwcost/measure/table.hpp"
#include "numbers.hpp"
#include "result_output.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

using Access = MeasurementStore::Access;

const std::map<std::string, MergeRule> kMergeRules{{"better", MergeRule::better},
                                                   {"newer", MergeRule::newer},
                                                   {"keep", MergeRule::keep},
                                                   {"replace", MergeRule::replace}};

// The layer's own size, as much of it as a line has room for.
std::string shape_text(const Layer& layer) {
  std::string text;
  std::visit(
      [&]<class D>(const D& dims) {
        static const D kStandard{};
        for (const auto& member : D::kMembers) {
          const double value = dims.*member.pointer;
          if (value != kStandard.*member.pointer)
            text += fmt::format("{}{}={}", text.empty() ? "" : " ", member.name, value);
        }
      },
      layer.dims);
  return text;
}

std::string widths_text(const Precision& p) {
  return fmt::format("{}x{}->{}", to_text(p.input), to_text(p.weight), to_text(p.output));
}

std::string machine_text(const Fingerprint& machine) {
  std::string text;
  Fingerprint::visit(machine, [&](std::string_view, const std::string& part) {
    if (!part.empty()) text += fmt::format("{}{}", text.empty() ? "" : " · ", part);
  });
  return text;
}

// One table a machine, numbered.
std::string list_text(const std::vector<Measurement>& all) {
  std::vector<Fingerprint> machines;
  for (const Measurement& m : all) {
    if (std::find(machines.begin(), machines.end(), m.key.machine) == machines.end()) machines.push_back(m.key.machine);
  }
  std::string text;
  for (const Fingerprint& machine : machines) {
    TextTable table({{"operator", Align::left},
                     {"extents", Align::left},
                     {"widths", Align::left},
                     {"buffers", Align::left},
                     {"threads"},
                     {"time"},
                     {"spread"},
                     {"accepted"},
                     {"samples"},
                     {"passes"},
                     {"kernel", Align::left},
                     {"remarks", Align::left}});
    std::size_t count = 0;
    for (const Measurement& m : all) {
      if (!(m.key.machine == machine)) continue;
      ++count;
      const Timing& t = m.timing;
      table.add_row({std::string(name(m.key.layer.op)), shape_text(m.key.layer), widths_text(m.key.layer.precision),
                     std::string(to_text(m.key.buffers)), std::to_string(m.key.threads), with_prefix(t.seconds, "s"),
                     percent(t.spread_of_passes()), t.gated() ? percent(t.acceptance()) : "ungated", exact(t.samples),
                     exact(t.passes), m.kernel, m.remarks});
    }
    text += fmt::format("{}{} ({} measurements)\n\n{}", text.empty() ? "" : "\n", printable(machine_text(machine)),
                        count, table.text());
  }
  return text.empty() ? "no measurements\n" : text;
}

std::vector<Measurement> read_all(const std::string& file) { return MeasurementStore(file, Access::read).all(); }

void export_table(const std::string& file, const std::string& output) {
  refuse_to_overwrite({file}, output);
  const MeasurementTable table = measurement_table(read_all(file));
  write_result(output, table.text);
  for (const std::string& layer : table.left_out)
    fmt::print(stderr, "left out, since layer tables have no form for it: {}\n", printable(layer));
}

void report(const MergeCounts& counts) {
  write_result("", fmt::format("{} added, {} replaced, {} kept, {} identical\n", counts.added, counts.replaced,
                               counts.kept, counts.identical));
}

struct PruneOptions {
  std::string file;
  bool ungated = false;
  bool single_pass = false;
  std::string before;  // "2026-03-01"
  std::string isa;
  std::string library;
};

// All conditions that are given must hold.
bool is_unwanted(const Measurement& m, const PruneOptions& options) {
  if (options.ungated && m.timing.gated()) return false;
  if (options.single_pass && m.timing.passes > 1.0) return false;
  if (!options.before.empty() && m.measured_at >= options.before) return false;
  if (!options.isa.empty() && m.key.machine.isa != options.isa) return false;
  return options.library.empty() || m.key.machine.library == options.library;
}

void prune(const PruneOptions& options) {
  if (!options.ungated && !options.single_pass && options.before.empty() && options.isa.empty() &&
      options.library.empty())
    throw CLI::RequiredError("one of --ungated, --single-pass, --before, --isa, --library");
  MeasurementStore store(options.file, Access::write);
  const std::size_t count = store.prune([&](const Measurement& m) { return is_unwanted(m, options); });
  write_result("", fmt::format("{} removed, {} left\n", count, store.size()));
}

// A check for days as measurements have them.
CLI::Validator day() {
  return {[](std::string& text) {
            constexpr std::string_view kForm = "0000-00-00";
            const bool fits = text.size() == kForm.size() &&
                              std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
                                return form == '0' ? c >= '0' && c <= '9' : c == form;
                              });
            return fits ? std::string() : fmt::format("'{}' is no day: wanted one as 2026-03-01", text);
          },
          ""};
}

CLI::Option* add_store(CLI::App& command, std::string& file) {
  return command.add_option("STORE", file, "File of measurements")
      ->required()
      ->type_name("FILE.db")
      ->check(not_empty());
}

void add_merge_rule(CLI::App& command, MergeRule& rule) {
  add_choice(command, "--conflicts", rule, kMergeRules, "Which of two measurements of one key stays (better)");
}

void add_reading_commands(CLI::App& store, Session& session) {
  const auto file = std::make_shared<std::string>();
  CLI::App* list_command =
      add_command(store, session, "list", "The measurements, machine by machine", "  hwcost store list host.db");
  add_store(*list_command, *file);
  list_command->callback([file] { write_result("", list_text(read_all(*file))); });

  const auto exported = std::make_shared<std::string>();
  const auto output = std::make_shared<std::string>();
  CLI::App* export_command = add_command(store, session, "export", "The measurements as a layer table",
                                         "  hwcost store export host.db --output host.csv");
  add_store(*export_command, *exported);
  export_command->add_option("--output", *output, "Write the table here instead of on stdout")
      ->type_name("FILE.csv")
      ->check(not_empty());
  export_command->callback([exported, output] { export_table(*exported, *output); });
}

// What import and merge have: where from, where to, and how.
struct MergeOptions {
  std::string file;
  std::string from;
  MergeRule rule = MergeRule::better;
};

void add_merging_commands(CLI::App& store, Session& session) {
  const auto imported = std::make_shared<MergeOptions>();
  CLI::App* import_command =
      add_command(store, session, "import", "Add the measurements of a layer table or of Google Benchmark",
                  "  hwcost store import host.db host.csv\n"
                  "  hwcost store import host.db benchmarks.json");
  add_store(*import_command, imported->file);
  import_command
      ->add_option("TABLE", imported->from,
                   "Layer table with measured_latency_seconds, or JSON that Google Benchmark wrote")
      ->required()
      ->type_name("FILE.csv|FILE.json");
  add_merge_rule(*import_command, imported->rule);
  import_command->callback([imported] {
    const ReadMeasurements read = read_measurements(imported->from);
    report(MeasurementStore(imported->file, Access::write).merge(read.measurements, imported->rule));
    for (const std::string& benchmark : read.left_out)
      fmt::print(stderr, "left out, since it has no time: {}\n", printable(benchmark));
  });

  const auto merged = std::make_shared<MergeOptions>();
  CLI::App* merge_command = add_command(store, session, "merge", "Add the measurements of another store",
                                        "  hwcost store merge all.db host.db --conflicts newer");
  add_store(*merge_command, merged->file);
  merge_command->add_option("OTHER", merged->from, "The other file of measurements")->required()->type_name("FILE.db");
  add_merge_rule(*merge_command, merged->rule);
  merge_command->callback([merged] {
    const std::vector<Measurement> others = read_all(merged->from);
    report(MeasurementStore(merged->file, Access::write).merge(others, merged->rule));
  });
}

void add_prune_command(CLI::App& store, Session& session) {
  const auto options = std::make_shared<PruneOptions>();
  CLI::App* command = add_command(store, session, "prune", "Remove measurements for which all given conditions hold",
                                  "  hwcost store prune host.db --ungated --before 2026-03-01");
  add_store(*command, options->file);
  command->add_flag("--ungated", options->ungated, "Those that were not gated");
  command->add_flag("--single-pass", options->single_pass, "Those of one pass");
  command->add_option("--before", options->before, "Those measured before this day (UTC)")
      ->type_name("YYYY-MM-DD")
      ->check(day());
  command->add_option("--isa", options->isa, "Those of kernels of this instruction set")->check(not_empty());
  command->add_option("--library", options->library, "Those of this library and version")->check(not_empty());
  command->callback([options] { prune(*options); });
}

}  // namespace

void add_store_command(CLI::App& app, Session& session) {
  CLI::App* store = app.add_subcommand("store", "Files of measurements: list, export, import, merge, prune");
  store->require_subcommand(1);
  add_reading_commands(*store, session);
  add_merging_commands(*store, session);
  add_prune_command(*store, session);
}

}  // namespace hwcost::command
