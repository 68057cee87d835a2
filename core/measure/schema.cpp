#include "schema.hpp"

#include <fmt/format.h>

namespace hwcost::measure {
namespace {

// Marks the file as ours: "hwco".
constexpr long long kApplicationId = 0x6877636f;

bool is_empty(const Database& database) { return database.number("SELECT count(*) FROM sqlite_master") == 0; }

// 0 for a database without anything in it.
long long version_of(const Database& database, std::size_t newest) {
  const long long version = database.number("PRAGMA user_version");
  const long long application = database.number("PRAGMA application_id");
  if (version == 0 && application == 0 && is_empty(database)) return 0;
  if (application != kApplicationId)
    database.fail("is no store of measurements: an SQLite database of another program");
  if (version < 1) database.fail("is a damaged store: it has no schema version");
  if (version > static_cast<long long>(newest)) {
    database.fail(
        fmt::format("was written by a newer hwcost: its schema is version {}, this one knows {}", version, newest));
  }
  return version;
}

// The same where no transaction is open: another process may be making the schema.
long long consistent_version_of(const Database& database, std::size_t newest) {
  const Transaction transaction(database, Transaction::Kind::reading);
  return version_of(database, newest);
}

}  // namespace

std::vector<std::string> schema_steps() {
  return {
      "CREATE TABLE machine(id INTEGER PRIMARY KEY, processor TEXT NOT NULL, isa TEXT NOT NULL, caches TEXT NOT NULL,"
      " library TEXT NOT NULL, governor TEXT NOT NULL, UNIQUE(processor, isa, caches, library, governor));"
      "CREATE TABLE measurement(id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine(id),"
      " op TEXT NOT NULL, extents TEXT NOT NULL, widths TEXT NOT NULL, epilogue TEXT NOT NULL, buffers TEXT NOT NULL,"
      " threads INTEGER NOT NULL, seconds REAL NOT NULL, slowest_pass_seconds REAL NOT NULL, p10_seconds REAL NOT NULL,"
      " p25_seconds REAL NOT NULL, p50_seconds REAL NOT NULL, p75_seconds REAL NOT NULL, p90_seconds REAL NOT NULL,"
      " samples REAL NOT NULL, accepted REAL NOT NULL, iterations REAL NOT NULL, passes REAL NOT NULL,"
      " fast_probe_seconds REAL NOT NULL, creation_seconds REAL NOT NULL, reorder_seconds REAL NOT NULL,"
      " kernel TEXT NOT NULL, remarks TEXT NOT NULL, measured_at TEXT NOT NULL,"
      " UNIQUE(machine, op, extents, widths, epilogue, buffers, threads));"};
}

void migrate(const Database& database, std::span<const std::string> steps) {
  if (consistent_version_of(database, steps.size()) == static_cast<long long>(steps.size())) return;
  Transaction transaction(database, Transaction::Kind::writing);
  // Another process may have been faster.
  for (auto version = static_cast<std::size_t>(version_of(database, steps.size())); version < steps.size(); ++version)
    database.run(steps[version]);
  database.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, steps.size()));
  transaction.commit();
}

void require_current(const Database& database, std::span<const std::string> steps) {
  const long long version = consistent_version_of(database, steps.size());
  if (version == 0) database.fail("holds no measurements: the file is empty");
  if (version < static_cast<long long>(steps.size())) {
    database.fail(fmt::format(
        "is of an older hwcost (schema version {}, wanted {}): any command that writes to it brings it up to date",
        version, steps.size()));
  }
}

}  // namespace hwcost::measure
