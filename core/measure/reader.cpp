#include "hwcost/measure/reader.hpp"

#include "hwcost/file_ending.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/measure/store.hpp"
#include "hwcost/measure/table.hpp"
#include "text_file.hpp"

namespace hwcost {

ReadMeasurements read_measurements(const std::filesystem::path& file) {
  constexpr std::size_t kMostBytes = std::size_t{256} << 20;
  const std::string ending = file_ending(file.string());
  if (ending == ".db") return {MeasurementStore(file, MeasurementStore::Access::read).all(), {}};
  if (ending == ".json") return measurements_from_google_benchmark(read_text_file(file, kMostBytes), file.string());
  return {measurements_from(read_layer_table(file)), {}};
}

}  // namespace hwcost
