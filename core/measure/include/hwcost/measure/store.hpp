// One file of measurements (SQLite), which several processes may read and write at once.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/measure/measurement.hpp"

namespace hwcost {

// Which of two measurements of one key stays.
enum class MergeRule {
  better,  // the gated one; of two such the one of more passes, then of more accepted samples; else the one that is
           // there
  newer,   // the one that was measured later
  keep,    // the one that is there
  replace  // the one that comes
};

struct MergeCounts {
  std::size_t added = 0;      // had no counterpart
  std::size_t replaced = 0;   // took the place of another one
  std::size_t kept = 0;       // were left out for the one that was there
  std::size_t identical = 0;  // were there already
};

struct StoredMeasurement {
  long long number = 0;  // that errors and the file itself (`id`) know it by
  Measurement measurement;
};

// Every call is one transaction: a process that is killed loses at most the measurement that it is writing, and a call
// that fails has changed nothing. Safe from any thread.
// All throw InputError, with the file's name: it is no store, is damaged, belongs to a newer hwcost or to another
// program, cannot be read or written, the disk is full, another process holds it for half a minute.
class HWCOST_EXPORT MeasurementStore {
 public:
  enum class Access {
    read,   // the file must be there; it is never changed
    write,  // made where it is missing, brought up to date where it is of an older hwcost; looked through for damage
  };
  MeasurementStore(const std::filesystem::path& file, Access access);
  ~MeasurementStore();
  MeasurementStore(MeasurementStore&&) noexcept;
  MeasurementStore& operator=(MeasurementStore&&) noexcept;

  // Reads what it needs alone: damage elsewhere in the file does not show.
  [[nodiscard]] std::optional<Measurement> find(const MeasurementKey& key) const;
  // All of them, in the order in which their keys first came.
  [[nodiscard]] std::vector<Measurement> all() const;
  [[nodiscard]] std::vector<StoredMeasurement> numbered() const;
  [[nodiscard]] std::size_t size() const;

  // Adds it, in the place of any of the same key.
  void put(const Measurement& measurement);
  MergeCounts merge(const std::vector<Measurement>& others, MergeRule rule);
  // Removes those for which `unwanted` is true; how many they were. No other process writes meanwhile.
  std::size_t prune(const std::function<bool(const Measurement&)>& unwanted);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace hwcost
