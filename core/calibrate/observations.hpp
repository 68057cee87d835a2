// Measured layers, checked and ready to be fitted to. Private to the component.
#pragma once

#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/calibrate/calibrate.hpp"

namespace hwcost {

// One layer and what was measured of it.
struct Observation {
  Layer layer;
  double value = 0.0;  // of the metric
  int line = 0;
  std::string shape;                  // the same text for layers that cost the same
  std::string kind;                   // what errors are reported by
  std::vector<std::string> networks;  // that have the layer; without "random"
};

struct Observations {
  Metric metric{};
  std::vector<Observation> all;
  std::vector<std::string> notes;
};

// Throws InputError as calibrate() says. Rows that the machine does not price are left out, and a note says so; rows of
// the same layer and value count once.
Observations observations(const Backend& backend, const LayerTable& table, const std::string& file);

}  // namespace hwcost
