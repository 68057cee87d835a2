// What of a measurement's key is in x_ columns of a table: the layer's parts that its own columns do not say, and how
// it ran. Not the machine.
#pragma once

#include <map>
#include <string>

#include "hwcost/measure/measurement.hpp"

namespace hwcost::measure {

std::map<std::string, std::string> key_columns(const MeasurementKey& key);

}  // namespace hwcost::measure
