// Puts measurements into a store, one a transaction, for tests that kill it: store_writer FILE FIRST COUNT.
// Writes the number of each on stdout once it is stored.
#include <cstdio>
#include <cstdlib>

#include "hwcost/measure/store.hpp"
#include "support/measurements.hpp"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int first = std::atoi(argv[2]);
  const int count = std::atoi(argv[3]);
  hwcost::MeasurementStore store(argv[1], hwcost::MeasurementStore::Access::write);
  for (int i = first; i < first + count; ++i) {
    store.put(hwcost::testing::sample_measurement(i));
    std::printf("%d\n", i);
    std::fflush(stdout);
  }
  return 0;
}
