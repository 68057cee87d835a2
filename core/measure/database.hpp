// SQLite, as much of it as the store needs: connections, statements and transactions whose errors are InputErrors.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"

namespace hwcost::measure {

class Statement;

class HWCOST_EXPORT Database {
 public:
  // Throws InputError where the file cannot be opened; `writable` makes it where it is missing.
  Database(const std::filesystem::path& file, bool writable);

  [[nodiscard]] Statement prepare(std::string_view sql) const;
  // Statements without parameters and results, one after the other.
  void run(const std::string& sql) const;
  // A number that a pragma or a query of one row and column gives.
  [[nodiscard]] long long number(std::string_view sql) const;

  // Throws InputError where a page is damaged. Reads the whole file.
  void require_whole() const;

  // Throws InputError with the file's name.
  [[noreturn]] void fail(const std::string& what) const;
  // The same in the words for an SQLite error code.
  [[noreturn]] void fail(int code) const;
  void check(int code) const {
    if (code != SQLITE_OK) fail(code);
  }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  int open(const std::string& name, int flags);
  std::string file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement: parameters are bound in their order, then rows are stepped through.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  Statement& bind(std::string_view text);
  Statement& bind(double number);
  Statement& bind(long long number);
  // The next row; false at the end.
  bool step();
  // Steps through to the end, for statements without rows, and is ready to be bound again.
  void run();

  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] double number(int column) const { return sqlite3_column_double(handle_.get(), column); }
  [[nodiscard]] long long whole(int column) const { return sqlite3_column_int64(handle_.get(), column); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bound_ = 0;
};

// A transaction: writing ones hold the write lock from the beginning, so that what they read stays true. Rolled back
// unless committed.
class Transaction {
 public:
  enum class Kind { reading, writing };
  Transaction(const Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
  bool open_ = true;
};

}  // namespace hwcost::measure
