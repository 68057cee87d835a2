// A store of measurements in a folder of its own, and the file as other programs see it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <string>

#include "hwcost/measure/store.hpp"
#include "measurements.hpp"
#include "temporary_folder.hpp"

namespace hwcost::testing {

using Access = MeasurementStore::Access;

inline std::string read_bytes(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Runs the SQL on the file as any other program might; the first column of its first row.
inline std::string run_sql(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  std::string result;
  const auto first = [](void* text, int, char** values, char**) {
    auto& result_text = *static_cast<std::string*>(text);
    if (result_text.empty() && values[0] != nullptr) result_text = values[0];
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), first, &result, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
  return result;
}
class StoreTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string file_ = (folder_.path() / "store.db").string();

  // What opening, or the work on the open store, says; empty where nothing goes wrong.
  template <class Work>
  std::string error_of(Access access, Work&& work) {
    try {
      MeasurementStore store(file_, access);
      work(store);
    } catch (const InputError& error) {
      EXPECT_EQ(error.place().file, file_);
      return error.what();
    }
    return {};
  }
  std::string error_of(Access access) {
    return error_of(access, [](MeasurementStore&) {});
  }
};

}  // namespace hwcost::testing
