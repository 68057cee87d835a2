// A layer table's expected figures held against a report.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hwcost/import/table.hpp"
#include "hwcost/report.hpp"

namespace hwcost::command {

// A figure or status that is not what its row wants.
struct Difference {
  int line = 0;  // of the table
  std::string layer;
  std::string what;    // "latency_cycles: expected 12, found 13"
  double error = 0.0;  // relative; infinite where one of them is not there
};

struct Verification {
  std::size_t rows = 0;
  std::size_t rows_that_differ = 0;
  std::size_t figures = 0;              // compared
  std::size_t refusals = 0;             // expected and given
  double largest_error = 0.0;           // of the figures that agree
  double largest_difference = 0.0;      // of all figures that both sides have
  std::vector<Difference> differences;  // worst first
};

// A row agrees where its status is the expected one (without expected_status any but `unsupported`) and every expected
// figure is within the relative tolerance. An expected refusal has no figures of a machine. Throws InputError at a
// figure that the machine does not define, and where no row expects anything: either would hold nothing.
Verification verify(const LayerTable& table, const NetworkReport& report, double tolerance);

std::string verification_text(const Verification& verification, const std::string& table, const std::string& machine);

}  // namespace hwcost::command
