// Whether measured values look as if they were in another unit than their column is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/compare/comparison.hpp"
#include "hwcost/export.hpp"
#include "hwcost/metric.hpp"

namespace hwcost {

struct UnitDoubt {
  std::optional<std::size_t> index;  // of the one value that is far off the others; nothing: most of them are
  std::string sentence;              // "measured_latency_seconds is 1e+06 times what the description predicts, ..."
};

// Of measured / predicted, each above 0: the doubt where most values are more than 300 times off the predictions, or
// one is so far off what the others let expect.
[[nodiscard]] HWCOST_EXPORT std::optional<UnitDoubt> unit_doubt(Metric metric, const std::vector<double>& ratios);

// The same of the compared layers, in one sentence that begins with the place: "layers.csv:12: ...".
[[nodiscard]] HWCOST_EXPORT std::optional<std::string> unit_doubt(const Comparison& comparison);

}  // namespace hwcost
