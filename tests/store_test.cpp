// The store of measurements: what goes in comes out, whoever else writes, whatever fails.
#include "hwcost/measure/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "../core/conformance/random_layers.hpp"
#include "schema.hpp"
#include "support/measurements.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

using testing::sample_key;
using testing::sample_measurement;
using Access = MeasurementStore::Access;

std::string read_bytes(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Runs the SQL on the file as any other program might; the first column of its first row.
std::string run_sql(const std::string& file, const std::string& sql) {
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

class Store : public ::testing::Test {
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

TEST_F(Store, GivesBackWhatWasPut) {
  const Measurement m = sample_measurement(64);
  {
    MeasurementStore store(file_, Access::write);
    EXPECT_EQ(store.find(m.key), std::nullopt);
    store.put(m);
    EXPECT_EQ(store.find(m.key), m);
  }
  const MeasurementStore again(file_, Access::read);
  EXPECT_EQ(again.find(m.key), m);
  EXPECT_EQ(again.all(), std::vector{m});
}

// Layers of every operator come back from their texts as they were.
TEST_F(Store, KeepsLayersOfAllOperators) {
  MeasurementStore store(file_, Access::write);
  std::size_t kept = 0;
  std::vector<Measurement> measurements;
  for (const Layer& layer : testing::random_layers(8)) {
    Measurement m = sample_measurement(8);
    const auto bare = measurable(layer);
    if (!bare || contradiction(*bare)) continue;
    m.key.layer = *bare;
    measurements.push_back(m);
  }
  store.merge(measurements, MergeRule::replace);
  for (const Measurement& m : measurements) {
    ASSERT_EQ(store.find(m.key), m) << name(m.key.layer.op);
    ++kept;
  }
  EXPECT_GT(kept, 100u);
}

TEST_F(Store, EveryPartOfTheKeyDistinguishes) {
  MeasurementStore store(file_, Access::write);
  const MeasurementKey key = sample_key(64);
  std::vector<MeasurementKey> others(9, key);
  others[0].layer.op = Op::matmul;
  others[0].layer.dims = MatMul<>{};
  std::get<Linear<>>(others[1].layer.dims).tokens = 2.0;
  others[2].layer.precision.weight = kFloat32;
  others[3].layer.fused_activation.reset();
  others[4].layer.precision.requantization.reset();
  others[5].buffers = Buffers::cold;
  others[6].threads = 2;
  others[7].machine.isa = "avx512_core";
  others[8].machine.library = "test 1.1";
  store.put(sample_measurement(64));
  for (const MeasurementKey& other : others) EXPECT_EQ(store.find(other), std::nullopt);
  for (const MeasurementKey& other : others) {
    Measurement m = sample_measurement(64);
    m.key = other;
    store.put(m);
  }
  EXPECT_EQ(store.size(), 10u);
  EXPECT_EQ(store.find(key), sample_measurement(64));
}

TEST_F(Store, NamesAndRepetitionsAreNoPartOfTheKey) {
  Layer layer = sample_key(64).layer;
  layer.name = "encoder.fc";
  layer.module = "encoder";
  layer.repeat = 3.0;
  layer.owns_weights = false;
  layer.assumption = "guessed";
  EXPECT_EQ(measurable(layer).value(), sample_key(64).layer);
}

TEST_F(Store, LayerOfSeveralWeightWidthsIsNoMeasurableOne) {
  Layer layer = sample_key(64).layer;
  layer.precision.weight.groups = {{4.0, 4.0}, {8.0, 4.0}};
  EXPECT_FALSE(measurable(layer).has_value());
  layer.precision.weight.groups = {{0.0, 4.0}, {8.0, 4.0}};  // half of the channels pruned: a smaller layer
  EXPECT_EQ(std::get<Linear<>>(measurable(layer).value().dims).out_channels, 4.0);
}

TEST_F(Store, SecondMeasurementOfAKeyTakesThePlaceOfTheFirst) {
  MeasurementStore store(file_, Access::write);
  Measurement m = sample_measurement(64);
  store.put(m);
  m.timing.seconds *= 2.0;
  m.kernel = "other";
  store.put(m);
  EXPECT_EQ(store.all(), std::vector{m});
}

TEST_F(Store, MergeKeepsTheBetterOfTwo) {
  Measurement gated = sample_measurement(1);
  Measurement ungated = gated;
  ungated.timing.fast_probe_seconds = 0.0;
  ungated.timing.accepted *= 10.0;
  ungated.measured_at = "2026-04-01T12:00:00Z";
  const auto after = [&](const Measurement& present, const Measurement& other, MergeRule rule) {
    MeasurementStore store(folder_.path() / "merge.db", Access::write);
    store.merge({present}, MergeRule::replace);
    const MergeCounts counts = store.merge({other, sample_measurement(2), present}, rule);
    EXPECT_EQ(store.size(), 2u);
    const bool replaced = store.find(present.key) == other;
    EXPECT_EQ(counts.replaced > 0, replaced || rule == MergeRule::replace);
    store.prune([](const Measurement&) { return true; });
    return replaced;
  };
  EXPECT_FALSE(after(gated, ungated, MergeRule::better));
  EXPECT_TRUE(after(gated, ungated, MergeRule::newer));
  EXPECT_FALSE(after(gated, ungated, MergeRule::keep));
  Measurement more_passes = gated;
  more_passes.timing.passes += 1.0;
  EXPECT_TRUE(after(gated, more_passes, MergeRule::better));
}

TEST_F(Store, MergeCountsWhatItDid) {
  MeasurementStore store(file_, Access::write);
  store.merge({sample_measurement(1), sample_measurement(2)}, MergeRule::better);
  Measurement slower = sample_measurement(2);
  slower.timing.passes -= 1e-9;
  const MergeCounts counts = store.merge({sample_measurement(1), slower, sample_measurement(3)}, MergeRule::better);
  EXPECT_EQ(counts.identical, 1u);
  EXPECT_EQ(counts.kept, 1u);
  EXPECT_EQ(counts.added, 1u);
  EXPECT_EQ(counts.replaced, 0u);
}

TEST_F(Store, PruneRemovesTheUnwantedAndTheirMachines) {
  MeasurementStore store(file_, Access::write);
  for (int i = 1; i <= 4; ++i) store.put(sample_measurement(i));
  Measurement elsewhere = sample_measurement(9);
  elsewhere.key.machine.processor = "Other CPU";
  store.put(elsewhere);
  EXPECT_EQ(store.prune([](const Measurement& m) { return m.key.machine.processor == "Other CPU"; }), 1u);
  EXPECT_EQ(store.size(), 4u);
  EXPECT_EQ(run_sql(file_, "SELECT count(*) FROM machine"), "1");
}

// A prune that stops half way removes nothing.
TEST_F(Store, FailedCallChangesNothing) {
  MeasurementStore store(file_, Access::write);
  for (int i = 1; i <= 4; ++i) store.put(sample_measurement(i));
  int seen = 0;
  const auto fails_late = [&seen](const Measurement&) -> bool {
    if (++seen == 3) throw std::runtime_error("stop");
    return true;
  };
  EXPECT_THROW(store.prune(fails_late), std::runtime_error);
  EXPECT_EQ(store.size(), 4u);
  store.put(sample_measurement(5));
  EXPECT_EQ(store.size(), 5u);
}

TEST_F(Store, ThreadsShareOneStore) {
  MeasurementStore store(file_, Access::write);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&store, t] {
        for (int i = 0; i < 10; ++i) {
          store.put(sample_measurement(100 * t + i + 1));
          (void)store.find(sample_key(1));
        }
      });
    }
  }
  EXPECT_EQ(store.size(), 40u);
}

TEST_F(Store, FileOfManyNamesIsOpened) {
  for (const char* name : {"a b.db", "100%25.db", "x?mode=ro.db", "#1.db", ":memory:", "file:x.db"}) {
    const std::filesystem::path file = folder_.path() / name;
    MeasurementStore(file, Access::write).put(sample_measurement(1));
    EXPECT_TRUE(std::filesystem::exists(file)) << name;
    EXPECT_EQ(MeasurementStore(file, Access::read).size(), 1u) << name;
  }
}

TEST_F(Store, MissingFileCannotBeRead) {
  EXPECT_NE(error_of(Access::read).find("store.db: error: cannot be read: No such file"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Store, MissingFolderIsNotMade) {
  file_ = (folder_.path() / "none" / "store.db").string();
  EXPECT_NE(error_of(Access::write).find("cannot be opened"), std::string::npos);
}

TEST_F(Store, FolderIsNoStore) {
  file_ = folder_.path().string();
  EXPECT_NE(error_of(Access::write).find("not a regular file"), std::string::npos);
}

TEST_F(Store, EmptyFileHoldsNoMeasurements) {
  folder_.write("store.db", "");
  EXPECT_NE(error_of(Access::read).find("holds no measurements"), std::string::npos);
  EXPECT_EQ(error_of(Access::write), "");
}

TEST_F(Store, TextIsNoDatabaseAndStaysAsItIs) {
  const std::string text = "name,op\n" + std::string(5000, 'x');
  folder_.write("store.db", text);
  for (const Access access : {Access::read, Access::write})
    EXPECT_NE(error_of(access).find("not an SQLite database"), std::string::npos) << error_of(access);
  EXPECT_EQ(read_bytes(file_), text);
}

TEST_F(Store, DatabaseOfAnotherProgramIsLeftAlone) {
  run_sql(file_, "CREATE TABLE recipes(cake TEXT)");
  const std::string before = read_bytes(file_);
  for (const Access access : {Access::read, Access::write})
    EXPECT_NE(error_of(access).find("another program"), std::string::npos) << error_of(access);
  EXPECT_EQ(read_bytes(file_), before);
}

TEST_F(Store, NewerSchemaIsRefusedAndLeftAlone) {
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
TEST_F(Store, DamagedFileIsSaidToBeDamaged) {
  {
    MeasurementStore store(file_, Access::write);
    std::vector<Measurement> many;
    for (int i = 1; i <= 60; ++i) many.push_back(sample_measurement(i));
    store.merge(many, MergeRule::replace);
  }
  run_sql(file_, "PRAGMA journal_mode = DELETE");
  const std::string whole = read_bytes(file_);
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
TEST_F(Store, DamagedPageIsToldBeforeAnythingIsReadOrWritten) {
  {
    MeasurementStore store(file_, Access::write);
    std::vector<Measurement> many;
    for (int i = 1; i <= 60; ++i) many.push_back(sample_measurement(i));
    store.merge(many, MergeRule::replace);
  }
  run_sql(file_, "PRAGMA journal_mode = DELETE");
  const std::string whole = read_bytes(file_);
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

TEST_F(Store, RowThatIsNoMeasurementIsNamed) {
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

TEST_F(Store, StoreOpenedForReadingIsNotWritten) {
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
TEST_F(Store, FullDiskIsAnErrorAndLosesNothing) {
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
TEST_F(Store, ReadOnlyFileInAReadOnlyFolderIsReadAndNotWritten) {
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

TEST_F(Store, KilledWriterLosesNoStoredMeasurementAndTearsNone) {
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

TEST_F(Store, ManyProcessesMakeOneStoreAtOnce) {
  std::set<int> stored;
  {
    std::vector<std::unique_ptr<Writer>> writers;
    for (int i = 0; i < 5; ++i) writers.push_back(std::make_unique<Writer>(file_, 1 + 3 * i, 5));
    for (const auto& writer : writers) EXPECT_EQ(writer->wait(stored), 0);
  }
  EXPECT_EQ(MeasurementStore(file_, Access::read).size(), 17u);
}

// What a later hwcost will do to stores of today's, shown with a step that only this test knows.
TEST_F(Store, OlderSchemaIsBroughtUpToDateWithAllItsRows) {
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

TEST_F(Store, StepThatFailsLeavesTheOlderSchema) {
  using measure::Database;
  MeasurementStore(file_, Access::write).put(sample_measurement(1));
  std::vector<std::string> steps = measure::schema_steps();
  steps.emplace_back("ALTER TABLE measurement ADD COLUMN watts REAL NOT NULL DEFAULT 0.5; SELECT nonsense");
  EXPECT_THROW(migrate(Database(file_, true), steps), InputError);
  EXPECT_EQ(MeasurementStore(file_, Access::read).all(), std::vector{sample_measurement(1)});
}

}  // namespace
}  // namespace hwcost
