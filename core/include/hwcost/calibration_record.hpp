// What a fitted description says of its fit: how far its prices are off, by kind of layer, and which layers it has
// seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/metric.hpp"

namespace hwcost {

// What errors are told apart by: "conv2d 1x1", "conv2d depthwise", "linear".
HWCOST_EXPORT std::string layer_kind(const Layer& layer);

// Measured figures are between (1 + low) and (1 + high) times the price.
struct ErrorBand {
  double low = 0.0;
  double high = 0.0;
};

// Least and greatest value of a figure of the measured layers: an extent, a width, MACs, bytes.
struct SeenRange {
  std::string figure;
  double low = 0.0;
  double high = 0.0;
};

struct CalibratedKind {
  std::string kind;           // as layer_kind() names it
  double layers = 0.0;        // measured ones
  double median_error = 0.0;  // of layers that a fit had not seen, |price / measured - 1|
  ErrorBand band;             // that holds `coverage` of them
  // Without figures that had their usual value in all layers: a depth of 1, no dilation.
  std::vector<SeenRange> seen;
};

// A learned residual (residual.hpp) beside the description.
struct ResidualFile {
  std::string file;    // a name in the description's own folder
  std::string sha256;  // of its bytes
  SourcePlace place;   // that names it
};

struct CalibrationRecord {
  Metric metric = Metric::latency_seconds;
  double coverage = 0.9;  // share of layers that the bands hold
  double measurements = 0.0;
  std::string sha256;   // of the file of measurements
  std::string date;     // "2026-05-02"
  std::string machine;  // that was measured; empty: the measurements do not say
  std::vector<CalibratedKind> kinds;
  std::optional<ErrorBand> networks;  // of whole networks' sums; absent where too few were measured

  std::optional<ResidualFile> residual;  // that corrects the prices; absent: they are the model's own

  [[nodiscard]] HWCOST_EXPORT const CalibratedKind* find(std::string_view kind) const;
};

// The ranges that all of these layers, which are of one kind, lie in.
HWCOST_EXPORT std::vector<SeenRange> seen_ranges(const std::vector<const Layer*>& layers);
// What of the layer lies outside of the ranges, in words: "in_channels 4096 (at most 2048 measured)". Empty: nothing.
HWCOST_EXPORT std::string outside(const std::vector<SeenRange>& seen, const Layer& layer);

}  // namespace hwcost
