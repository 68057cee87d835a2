// How far measured figures are from predictions: bands that hold a share of them. Private to the component.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "errors.hpp"
#include "fit.hpp"
#include "hwcost/calibration_record.hpp"

namespace hwcost {

// Bands of the kinds of layer that were tried, each by its own trials or, where those are too few to have such
// quantiles, by all of them; with the ranges of the shapes that `rows` have. Without kinds whose band has no end.
std::vector<CalibratedKind> calibrated_kinds(const Observations& observations, const std::vector<Trial>& trials,
                                             const Rows& rows, double coverage);
// The band of whole networks' sums; nothing where too few networks were tried.
std::optional<ErrorBand> network_band(const Observations& observations, const std::vector<Trial>& trials,
                                      double coverage);

// Share of the trials that lie in the band of their kind; a kind that has none is held by none.
double held_share(const Observations& observations, const std::vector<Trial>& trials,
                  const std::vector<CalibratedKind>& kinds);
// The same of cross-validated trials, each held against the bands of the other parts.
double cross_held_share(const Observations& observations, const std::vector<Trial>& trials, double coverage);

}  // namespace hwcost
