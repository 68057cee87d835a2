// Measured layers, checked and ready to be fitted to. Private to the component.
#pragma once

#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/calibrate/calibrate.hpp"
#include "hwcost/import/table.hpp"

namespace hwcost {

// One layer and what was measured of it.
struct Observation {
  Layer layer;
  double value = 0.0;                   // of the metric
  double spread = 0.0;                  // of repeated measurements of it, as a share; 0: the table does not say
  const TableRow* row = nullptr;        // where it is from, if it was measured
  std::string shape{};                  // shape_of() it
  std::string kind{};                   // what errors are reported by
  std::vector<std::string> networks{};  // that have the layer; without "random"
};

struct Observations {
  Metric metric{};
  std::string machine{};  // that the table says was measured; empty where it does not
  std::vector<Observation> all{};
  std::vector<std::string> notes{};
};

// The same text for layers that cost about the same: operator, extents, widths; whatever their activation.
std::string shape_of(const Layer& layer);

// Throws InputError as calibrate() says. Rows that the machine does not price, and those that it prices at 0 whatever
// the parameters `free` are, are left out, and a note says so; rows of the same layer and value count once.
Observations observations(const Backend& backend, const std::vector<std::string>& free, const LayerTable& table,
                          const std::string& file);

}  // namespace hwcost
