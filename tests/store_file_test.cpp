// The store's file: damaged, of others, without space, written by processes that are killed, of an older schema.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "hwcost/measure/store.hpp"
#include "schema.hpp"
#include "support/measurements.hpp"
#include "support/store_files.hpp"

namespace hwcost {
namespace {

using testing::Access;
using testing::read_bytes;
using testing::run_sql;
using testing::sample_key;
using testing::sample_measurement;

class StoreFile : public testing::StoreTest {
 protected:
  // Puts so many into the file, and gives its bytes.
  std::string sixty_measurements() {
    std::vector<Measurement> many;
    for (int i = 1; i <= 60; ++i) many.push_back(sample_measurement(i));
    MeasurementStore(file_, Access::write).merge(many, MergeRule::replace);
    run_sql(file_, "PRAGMA journal_mode = DELETE");
    return read_bytes(file_);
  }
};

TEST_F(StoreFile, FileOfManyNamesIsOpened) {
  for (const char* name : {"a b.db", "100%25.db", "x?mode=ro.db", "#1.db", ":memory:", "file:x.db"}) {
    const std::filesystem::path file = folder_.path() / name;
    MeasurementStore(file, Access::write).put(sample_measurement(1));
    EXPECT_TRUE(std::filesystem::exists(file)) << name;
    EXPECT_EQ(MeasurementStore(file, Access::read).size(), 1u) << name;
  }
}

TEST_F(StoreFile, MissingFileCannotBeRead) {
  EXPECT_NE(error_of(Access::read).find("store.db: error: cannot be read: No such file"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(StoreFile, MissingFolderIsNotMade) {
  file_ = (folder_.path() / "none" / "store.db").string();
  EXPECT_NE(error_of(Access::write).find("cannot be opened"), std::string::npos);
}

TEST_F(StoreFile, FolderIsNoStore) {
  file_ = folder_.path().string();
  EXPECT_NE(error_of(Access::write).find("not a regular file"), std::string::npos);
}

TEST_F(StoreFile, EmptyFileHoldsNoMeasurements) {
  folder_.write("store.db", "");
  EXPECT_NE(error_of(Access::read).find("holds no measurements"), std::string::npos);
  EXPECT_EQ(error_of(Access::write), "");
}

TEST_F(StoreFile, TextIsNoDatabaseAndStaysAsItIs) {
  const std::string text = "name,op\n" + std::string(5000, 'x');
  folder_.write("store.db", text);
  for (const Access access : {Access::read, Access::write})
    EXPECT_NE(error_of(access).find("not an SQLite database"), std::string::npos) << error_of(access);
  EXPECT_EQ(read_bytes(file_), text);
}

TEST_F(StoreFile, DatabaseOfAnotherProgramIsLeftAlone) {
  run_sql(file_, "CREATE TABLE recipes(cake TEXT)");
  const std::string before = read_bytes(file_);
  for (const Access access : {Access::read, Access::write})
    EXPECT_NE(error_of(access).find("another program"), std::string::npos) << error_of(access);
  EXPECT_EQ(read_bytes(file_), before);
}

TEST_F(StoreFile, NewerSchemaIsRefusedAndLeftAlone) {
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  run_sql(file_, "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
  const std::string before = read_bytes(file_);
  for (const Access access : {Access::read, Access::write}) {
    const std::string error = error_of(access);
    EXPECT_NE(error.find("newer hwcost: its schema is version 99, this one knows 1"), std::string::npos) << error;
  }
  EXPECT_EQ(read_bytes(file_), before);
}

// Wherever the file is damaged, the answer is an error or the measurements, never a crash, and what is read is right.
TEST_F(StoreFile, DamagedFileIsSaidToBeDamaged) {
  const std::string whole = sixty_measurements();
  std::size_t errors = 0;
  for (std::size_t at = 100; at < whole.size(); at += whole.size() / 40) {
    std::string damaged = whole;
    for (std::size_t i = at; i < std::min(at + 300, damaged.size()); ++i) damaged[i] = static_cast<char>(0xa5);
    folder_.write("store.db", damaged);
    const std::string error = error_of(Access::read, [](const MeasurementStore& store) { (void)store.all(); });
    if (!error.empty()) ++errors;
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
  EXPECT_GT(errors, 10u);
  folder_.write("store.db", whole.substr(0, whole.size() / 2));
  EXPECT_NE(error_of(Access::read, [](const MeasurementStore& s) { (void)s.all(); }).find("damaged"),
            std::string::npos);
}

// Also one that the rows that are read do not lie on; and nothing is written to such a file.
TEST_F(StoreFile, DamagedPageIsToldBeforeAnythingIsReadOrWritten) {
  const std::string whole = sixty_measurements();
  constexpr std::size_t kPageBytes = 4096;
  ASSERT_GT(whole.size(), 4 * kPageBytes);
  for (std::size_t page = kPageBytes; page < whole.size(); page += kPageBytes) {
    std::string damaged = whole;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page), 16, static_cast<char>(0xa5));
    folder_.write("store.db", damaged);
    for (const Access access : {Access::read, Access::write}) {
      const std::string error = error_of(access, [](const MeasurementStore& store) { (void)store.all(); });
      EXPECT_NE(error.find("is a damaged store"), std::string::npos) << page << ": " << error;
      EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    }
    EXPECT_EQ(read_bytes(file_), damaged);
  }
}

TEST_F(StoreFile, RowThatIsNoMeasurementIsNamed) {
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  for (const char* sql : {"UPDATE measurement SET extents = 'batch=1'", "UPDATE measurement SET op = 'conv9d'",
                          "UPDATE measurement SET widths = 'input'", "UPDATE measurement SET seconds = 0",
                          "UPDATE measurement SET seconds = 9e999", "UPDATE measurement SET p10_seconds = -1",
                          "UPDATE measurement SET reorder_seconds = -1", "UPDATE measurement SET threads = 4294967297",
                          "DELETE FROM machine"}) {
    const std::filesystem::path copy = folder_.path() / "copy.db";
    std::filesystem::copy_file(file_, copy, std::filesystem::copy_options::overwrite_existing);
    run_sql(copy.string(), sql);
    try {
      (void)MeasurementStore(copy, Access::read).all();
      ADD_FAILURE() << sql;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("measurement 1: "), std::string::npos) << error.what();
    }
  }
}

TEST_F(StoreFile, StoreOpenedForReadingIsNotWritten) {
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  EXPECT_NE(error_of(Access::read, [](MeasurementStore& store) { store.put(sample_measurement(2)); }).find("read-only"),
            std::string::npos);
  EXPECT_EQ(MeasurementStore(file_, Access::read).size(), 1u);
}

// The work in a process of its own; its exit status. It shares nothing with the test but files.
template <class Work>
int in_child(Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    int status = 99;
    try {
      status = work();
    } catch (const std::exception&) {
    }
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// A limit of the file's size stands for a full disk.
TEST_F(StoreFile, FullDiskIsAnErrorAndLosesNothing) {
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  const int stored = in_child([this] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{120'000, 120'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    int count = 1;
    try {
      MeasurementStore store(file_, Access::write);
      for (; count < 90; ++count) store.put(sample_measurement(count + 1));
    } catch (const InputError& error) {
      return std::string(error.what()).find("nothing was changed") != std::string::npos ? count : 98;
    }
    return 97;
  });
  ASSERT_LT(stored, 90);
  const std::vector<Measurement> all = MeasurementStore(file_, Access::read).all();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(stored));
  for (const Measurement& m : all) EXPECT_EQ(m, sample_measurement(std::get<Linear<>>(m.key.layer.dims).in_channels));
}

// Without the right to write neither file nor folder, a store can still be read.
TEST_F(StoreFile, ReadOnlyFileInAReadOnlyFolderIsReadAndNotWritten) {
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  std::filesystem::permissions(file_, std::filesystem::perms(0444));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  const int result = in_child([this] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) return 90;  // rights hold nobody back who is root
    if (MeasurementStore(file_, Access::read).find(sample_key(1)) != sample_measurement(1)) return 1;
    const std::string error =
        error_of(Access::write, [](MeasurementStore& store) { store.put(sample_measurement(2)); });
    return error.find("cannot be") != std::string::npos ? 0 : 2;
  });
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  EXPECT_EQ(result, 0);
}

// A running store_writer, which says what it has stored.
class Writer {
 public:
  Writer(const std::string& file, int first, int count) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(HWCOST_STORE_WRITER, HWCOST_STORE_WRITER, file.c_str(), std::to_string(first).c_str(),
            std::to_string(count).c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    said_ = fdopen(ends[0], "r");
  }
  ~Writer() { fclose(said_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Reads `most` numbers of stored measurements, or all until it ends.
  void hear(std::set<int>& stored, int most) {
    for (int number = 0, count = 0; count < most && std::fscanf(said_, "%d", &number) == 1; ++count)
      stored.insert(number);
  }
  void kill_now(std::set<int>& stored) {
    kill(child_, SIGKILL);
    hear(stored, 1 << 20);  // what it said before it died
    waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] int wait(std::set<int>& stored) {
    hear(stored, 1 << 20);
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = -1;
  FILE* said_ = nullptr;
};

TEST_F(StoreFile, KilledWriterLosesNoStoredMeasurementAndTearsNone) {
  for (int round = 0; round < 6; ++round) {
    file_ = (folder_.path() / ("round" + std::to_string(round) + ".db")).string();
    std::set<int> stored;
    Writer survivor(file_, 1, 60);
    Writer victim(file_, 41, 100'000);  // shares keys with the other
    victim.hear(stored, 3 + 7 * round);
    victim.kill_now(stored);
    ASSERT_EQ(survivor.wait(stored), 0);
    const std::vector<Measurement> all = MeasurementStore(file_, Access::read).all();
    std::set<int> found;
    for (const Measurement& m : all) {
      const double channels = std::get<Linear<>>(m.key.layer.dims).in_channels;
      EXPECT_EQ(m, sample_measurement(channels));
      EXPECT_TRUE(found.insert(static_cast<int>(channels)).second) << "twice: " << channels;
    }
    for (const int number : stored) EXPECT_TRUE(found.contains(number)) << "lost: " << number;
    EXPECT_LE(found.size(), stored.size() + 1) << "more than the one that was being written";
    EXPECT_EQ(run_sql(file_, "PRAGMA integrity_check"), "ok");
  }
}

TEST_F(StoreFile, ManyProcessesMakeOneStoreAtOnce) {
  std::set<int> stored;
  {
    std::vector<std::unique_ptr<Writer>> writers;
    for (int i = 0; i < 5; ++i) writers.push_back(std::make_unique<Writer>(file_, 1 + 3 * i, 5));
    for (const auto& writer : writers) EXPECT_EQ(writer->wait(stored), 0);
  }
  EXPECT_EQ(MeasurementStore(file_, Access::read).size(), 17u);
}

// What a later hwcost will do to stores of today's, shown with a step that only this test knows.
TEST_F(StoreFile, OlderSchemaIsBroughtUpToDateWithAllItsRows) {
  using measure::Database;
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  std::vector<std::string> steps = measure::schema_steps();
  steps.emplace_back("ALTER TABLE measurement ADD COLUMN watts REAL NOT NULL DEFAULT 0.5");
  {
    const Database database(file_, true);
    EXPECT_THROW(require_current(database, steps), InputError);
    migrate(database, steps);
    require_current(database, steps);
    migrate(database, steps);  // does nothing
  }
  EXPECT_EQ(run_sql(file_, "PRAGMA user_version"), "2");
  EXPECT_EQ(run_sql(file_, "SELECT count(*) FROM measurement WHERE watts = 0.5"), "1");
}

TEST_F(StoreFile, StepThatFailsLeavesTheOlderSchema) {
  using measure::Database;
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  std::vector<std::string> steps = measure::schema_steps();
  steps.emplace_back("ALTER TABLE measurement ADD COLUMN watts REAL NOT NULL DEFAULT 0.5; SELECT nonsense");
  EXPECT_THROW(migrate(Database(file_, true), steps), InputError);
  EXPECT_EQ(MeasurementStore(file_, Access::read).all(), std::vector{sample_measurement(1)});
}

}  // namespace
}  // namespace hwcost
