// What a person reads of a calibration.
#pragma once

#include <string>

#include "hwcost/calibrate/calibrate.hpp"

namespace hwcost::command {

// Parameters, errors by kind of layer, outliers.
std::string calibration_summary(const Calibration& calibration, const Description& description);

}  // namespace hwcost::command
