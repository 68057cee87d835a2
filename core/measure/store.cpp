#include "hwcost/measure/store.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <tuple>
#include <utility>

#include "database.hpp"
#include "key_text.hpp"
#include "schema.hpp"

namespace hwcost {

using measure::Database;
using measure::LayerText;
using measure::Statement;
using measure::Transaction;

namespace {

template <class Struct>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  Struct s{};
  Struct::visit(s, [&](std::string_view name, const auto&) { names.emplace_back(name); });
  return names;
}

// "a, b, c" of "{0}" formatted with each name.
std::string listed(const std::vector<std::string>& names, std::string_view form, std::string_view between = ", ") {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += between;
    text += fmt::format(fmt::runtime(form), name);
  }
  return text;
}

// The columns of a measurement but for its machine, in the order in which they are bound and read: the key, then what
// was measured.
std::vector<std::string> key_columns() { return {"op", "extents", "widths", "epilogue", "buffers", "threads"}; }
std::vector<std::string> value_columns() {
  std::vector<std::string> columns = names_of<Timing>();
  for (const char* name : {"creation_seconds", "reorder_seconds", "kernel", "remarks", "measured_at"})
    columns.emplace_back(name);
  return columns;
}

void bind_machine(Statement& statement, const Fingerprint& machine) {
  Fingerprint::visit(machine, [&](std::string_view, const std::string& text) { statement.bind(text); });
}
void bind_key(Statement& statement, const MeasurementKey& key) {
  const LayerText text = measure::layer_text(key.layer);
  statement.bind(text.op).bind(text.extents).bind(text.widths).bind(text.epilogue);
  statement.bind(to_text(key.buffers)).bind(static_cast<long long>(key.threads));
}
void bind_values(Statement& statement, const Measurement& m) {
  Timing::visit(m.timing, [&](std::string_view, double figure) { statement.bind(figure); });
  statement.bind(m.creation_seconds).bind(m.reorder_seconds).bind(m.kernel).bind(m.remarks).bind(m.measured_at);
}

// How much a measurement is worth under MergeRule::better: greater is better.
auto worth(const Measurement& m) { return std::tuple(m.timing.gated(), m.timing.passes, m.timing.accepted); }

bool takes_place(const Measurement& newcomer, const Measurement& present, MergeRule rule) {
  switch (rule) {
    case MergeRule::better:
      return worth(newcomer) > worth(present);
    case MergeRule::newer:
      return newcomer.measured_at > present.measured_at;
    case MergeRule::replace:
      return true;
    case MergeRule::keep:
      break;
  }
  return false;
}

}  // namespace

struct MeasurementStore::Connection {
  Database database;
  std::mutex mutex;
  std::vector<std::string> machine_columns = names_of<Fingerprint>();
  std::vector<std::string> keys = key_columns();
  std::vector<std::string> values = value_columns();

  Connection(const std::filesystem::path& file, Access access) : database(file, access == Access::write) {
    const std::vector<std::string> steps = measure::schema_steps();
    if (access == Access::read) {
      require_current(database, steps);
      return;
    }
    migrate(database, steps);
    database.require_whole();
    // With a log, readers do not wait for writers. Only a wish: where the file system has no place for one, or others
    // hold the file just now, it works without.
    sqlite3_exec(database.handle(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
  }

  // Columns of a measurement and of its machine, as `read` takes them.
  [[nodiscard]] std::string selection() const {
    return fmt::format("SELECT measurement.id, {}, {}, {} FROM measurement LEFT JOIN machine ON machine.id = machine",
                       listed(machine_columns, "machine.{}"), listed(keys, "{}"), listed(values, "{}"));
  }
  [[nodiscard]] std::string condition() const {
    return listed(machine_columns, "machine.{} = ?", " AND ") + " AND " + listed(keys, "{} = ?", " AND ");
  }

  [[nodiscard]] Measurement read(const Statement& row) const {
    Measurement m;
    const auto damaged = [&](const std::string& what) {
      database.fail(fmt::format("is a damaged store: measurement {}: {}", row.whole(0), what));
    };
    int column = 1;
    if (row.is_null(column)) damaged("its machine is missing");
    Fingerprint::visit(m.key.machine, [&](std::string_view, std::string& text) { text = row.text(column++); });
    LayerText text;
    for (std::string* part : {&text.op, &text.extents, &text.widths, &text.epilogue}) *part = row.text(column++);
    const auto buffers = buffers_named(row.text(column++));
    const long long threads = row.whole(column++);
    auto layer = measure::layer_from(text);
    if (!layer) damaged(layer.error());
    if (!buffers || threads < 1 || threads > std::numeric_limits<int>::max()) damaged("no such buffers or threads");
    m.key.layer = std::move(*layer);
    m.key.buffers = *buffers;
    m.key.threads = static_cast<int>(threads);
    const auto read_figure = [&](std::string_view name, double& figure) {
      figure = row.number(column++);
      if (!(figure >= 0.0) || !std::isfinite(figure)) damaged(fmt::format("{} is {}", name, figure));
    };
    Timing::visit(m.timing, read_figure);
    read_figure("creation_seconds", m.creation_seconds);
    read_figure("reorder_seconds", m.reorder_seconds);
    m.kernel = row.text(column++);
    m.remarks = row.text(column++);
    m.measured_at = row.text(column++);
    if (m.timing.seconds == 0.0) damaged("a time of 0 s");
    return m;
  }

  [[nodiscard]] std::optional<Measurement> find(const MeasurementKey& key) const {
    Statement row = database.prepare(selection() + " WHERE " + condition());
    bind_machine(row, key.machine);
    bind_key(row, key);
    if (!row.step()) return std::nullopt;
    return read(row);
  }

  [[nodiscard]] long long machine_id(const Fingerprint& machine) const {
    Statement add = database.prepare(fmt::format("INSERT OR IGNORE INTO machine({}) VALUES ({})",
                                                 listed(machine_columns, "{}"), listed(machine_columns, "?")));
    bind_machine(add, machine);
    add.run();
    Statement row = database.prepare("SELECT id FROM machine WHERE " + listed(machine_columns, "{} = ?", " AND "));
    bind_machine(row, machine);
    row.step();
    return row.whole(0);
  }

  void put(const Measurement& m) const {
    Statement add = database.prepare(fmt::format(
        "INSERT INTO measurement(machine, {0}, {1}) VALUES (?, {2}, {3}) ON CONFLICT(machine, {0}) DO UPDATE SET {4}",
        listed(keys, "{}"), listed(values, "{}"), listed(keys, "?"), listed(values, "?"),
        listed(values, "{0} = excluded.{0}")));
    add.bind(machine_id(m.key.machine));
    bind_key(add, m.key);
    bind_values(add, m);
    add.run();
  }
};

MeasurementStore::MeasurementStore(const std::filesystem::path& file, Access access)
    : connection_(std::make_unique<Connection>(file, access)) {}
MeasurementStore::~MeasurementStore() = default;
MeasurementStore::MeasurementStore(MeasurementStore&&) noexcept = default;
MeasurementStore& MeasurementStore::operator=(MeasurementStore&&) noexcept = default;

std::optional<Measurement> MeasurementStore::find(const MeasurementKey& key) const {
  const std::lock_guard lock(connection_->mutex);
  return connection_->find(key);
}

std::vector<Measurement> MeasurementStore::all() const {
  std::vector<Measurement> measurements;
  for (StoredMeasurement& stored : numbered()) measurements.push_back(std::move(stored.measurement));
  return measurements;
}

std::vector<StoredMeasurement> MeasurementStore::numbered() const {
  const std::lock_guard lock(connection_->mutex);
  connection_->database.require_whole();
  std::vector<StoredMeasurement> measurements;
  Statement row = connection_->database.prepare(connection_->selection() + " ORDER BY measurement.id");
  while (row.step()) measurements.push_back({row.whole(0), connection_->read(row)});
  return measurements;
}

std::size_t MeasurementStore::size() const {
  const std::lock_guard lock(connection_->mutex);
  return static_cast<std::size_t>(connection_->database.number("SELECT count(*) FROM measurement"));
}

void MeasurementStore::put(const Measurement& measurement) {
  const std::lock_guard lock(connection_->mutex);
  Transaction transaction(connection_->database, Transaction::Kind::writing);
  connection_->put(measurement);
  transaction.commit();
}

MergeCounts MeasurementStore::merge(const std::vector<Measurement>& others, MergeRule rule) {
  const std::lock_guard lock(connection_->mutex);
  Transaction transaction(connection_->database, Transaction::Kind::writing);
  MergeCounts counts;
  for (const Measurement& other : others) {
    const std::optional<Measurement> present = connection_->find(other.key);
    if (present == other) {
      ++counts.identical;
    } else if (present && !takes_place(other, *present, rule)) {
      ++counts.kept;
    } else {
      connection_->put(other);
      ++(present ? counts.replaced : counts.added);
    }
  }
  transaction.commit();
  return counts;
}

std::size_t MeasurementStore::prune(const std::function<bool(const Measurement&)>& unwanted) {
  const std::lock_guard lock(connection_->mutex);
  const Database& database = connection_->database;
  Transaction transaction(database, Transaction::Kind::writing);
  std::vector<long long> ids;
  Statement row = database.prepare(connection_->selection());
  while (row.step()) {
    if (unwanted(connection_->read(row))) ids.push_back(row.whole(0));
  }
  Statement remove = database.prepare("DELETE FROM measurement WHERE id = ?");
  for (const long long id : ids) {
    remove.bind(id);
    remove.run();
  }
  database.run("DELETE FROM machine WHERE id NOT IN (SELECT machine FROM measurement)");
  transaction.commit();
  return ids.size();
}

}  // namespace hwcost
