// The values that cells of layer and assignment tables hold.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/error.hpp"
#include "hwcost/precision.hpp"

namespace hwcost::table {

// One cell that is not empty, and where it is.
struct Cell {
  std::string_view text;
  std::string_view column;
  const std::string& file;
  int line;

  // Throws InputError "file:line: error: column 'kernel_h': <what>".
  [[noreturn]] void fail(const std::string& what) const;
};

double number(const Cell& cell);                   // finite: "12", "-0.5", "1e-3"
double count(const Cell& cell);                    // a whole number from 0 to 2^53
NumberFormat activation_format(const Cell& cell);  // "8", "f32", "bf16"; at least 1 bit
// "4"; a histogram over output channels "0:4|2:16|8:44"; or the width of each output channel "8,8,0,4".
WeightFormat weight_format(const Cell& cell);

}  // namespace hwcost::table
