#include "database.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace hwcost::measure {
namespace {

constexpr int kBusyMilliseconds = 30'000;

// What one can do about it, for the codes where SQLite's own words say too little.
std::string explanation(int code, const std::string& message) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return "is no store of measurements: not an SQLite database";
    case SQLITE_CORRUPT:
      return fmt::format("is a damaged store: {}; `sqlite3 FILE .recover` saves what can be read", message);
    case SQLITE_BUSY:
      return fmt::format("is held by another process for more than {} s", kBusyMilliseconds / 1000);
    case SQLITE_READONLY:
      return "cannot be written: it is read-only";
    case SQLITE_CANTOPEN:
      return "cannot be written: its folder is read-only, and a log is kept beside the file";
    case SQLITE_FULL:
      return "cannot be written: the disk is full; nothing was changed";
    case SQLITE_IOERR:
      return fmt::format("cannot be read or written: {}; nothing was changed", message);
    default:
      return fmt::format("cannot be used: {}", message);
  }
}

// A file name as SQLite's URIs want it.
std::string uri_of(const std::string& file, std::string_view parameters) {
  std::string uri = "file:";
  for (const char c : file) {
    if (c == '%' || c == '?' || c == '#')
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      uri += c;
  }
  return fmt::format("{}?{}", uri, parameters);
}

// Whether the write-ahead log beside the file holds anything.
bool has_log(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file.string() + "-wal", error);
  return !error && size > 0;
}

}  // namespace

Database::Database(const std::filesystem::path& file, bool writable) : file_(file.string()) {
  std::error_code error;
  const bool exists = std::filesystem::exists(file, error);
  if (error) fail("cannot be opened: " + error.message());
  if (!exists && !writable) fail("cannot be read: " + std::generic_category().message(ENOENT));
  if (exists && !std::filesystem::is_regular_file(file, error)) fail("is not a regular file");
  // A path that begins with a scheme or is empty means something else to SQLite.
  const std::string name = std::filesystem::absolute(file).string();
  if (writable) {
    if (const int code = open(uri_of(name, "mode=rwc"), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); code != SQLITE_OK)
      fail(fmt::format("cannot be opened: {}", sqlite3_errstr(code)));
    return;
  }
  int code = open(uri_of(name, "mode=ro"), SQLITE_OPEN_READONLY);
  if (code == SQLITE_OK) code = sqlite3_exec(handle(), "PRAGMA schema_version", nullptr, nullptr, nullptr);
  // In a folder that cannot be written a log has no place; without one the file alone is the store.
  const bool no_place_for_log = (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY;
  if (no_place_for_log && !has_log(file)) code = open(uri_of(name, "mode=ro&immutable=1"), SQLITE_OPEN_READONLY);
  check(code);
}

int Database::open(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(handle, 1);
  return sqlite3_busy_timeout(handle, kBusyMilliseconds);
}

Statement Database::prepare(std::string_view sql) const { return {*this, sql}; }

void Database::run(const std::string& sql) const {
  check(sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr));
}

long long Database::number(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.whole(0) : 0;
}

void Database::require_whole() const {
  Statement check = prepare("PRAGMA quick_check(1)");
  const std::string finding = check.step() ? check.text(0) : std::string("ok");
  if (finding == "ok") return;
  // The first line may be a heading.
  const std::size_t line = finding.rfind('\n');
  fail(explanation(SQLITE_CORRUPT, line == std::string::npos ? finding : finding.substr(line + 1)));
}

void Database::fail(const std::string& what) const { throw InputError({file_, 0}, what); }

void Database::fail(int code) const {
  const bool is_last = sqlite3_extended_errcode(handle()) == code;
  std::string message = is_last ? sqlite3_errmsg(handle()) : sqlite3_errstr(code);
  const int system = sqlite3_system_errno(handle());
  if ((code & 0xff) == SQLITE_IOERR && system != 0) message += ": " + std::generic_category().message(system);
  fail(explanation(code, message));
}

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* handle = nullptr;
  database.check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle, nullptr));
  handle_.reset(handle);
}

Statement& Statement::bind(std::string_view text) {
  database_->check(
      sqlite3_bind_text(handle_.get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
  return *this;
}
Statement& Statement::bind(double number) {
  database_->check(sqlite3_bind_double(handle_.get(), ++bound_, number));
  return *this;
}
Statement& Statement::bind(long long number) {
  database_->check(sqlite3_bind_int64(handle_.get(), ++bound_, number));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_->fail(code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  database_->check(sqlite3_reset(handle_.get()));
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

Transaction::Transaction(const Database& database, Kind kind) : database_(database) {
  database_.run(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  // An error may have rolled it back already, which makes this one fail, and that is well.
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace hwcost::measure
