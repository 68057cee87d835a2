// The block `calibration` of a description.
#pragma once

#include <string>

#include "hwcost/calibration_record.hpp"
#include "info_reader.hpp"

namespace hwcost {

// Throws InputError at the line of the fault.
CalibrationRecord parse_calibration(const InfoNode& block, const std::string& file);

}  // namespace hwcost
