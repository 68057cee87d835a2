// Fits the parameters that a description leaves free to measured layers, and says how far the result is to be trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hwcost/calibration_record.hpp"
#include "hwcost/compare/error_statistics.hpp"
#include "hwcost/description.hpp"
#include "hwcost/export.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/registry.hpp"
#include "hwcost/residual.hpp"

namespace hwcost {

struct CalibrationOptions {
  double holdout = 0.0;     // share of the networks and shapes that the fit never sees; below 1
  std::size_t folds = 10;   // of the cross-validation; at least 2
  std::uint64_t seed = 1;   // of the choice of folds and of what is held out
  double robust_at = 0.06;  // relative error from which on a measurement pulls less than in proportion; above 0
  double coverage = 0.9;    // share of unseen layers that the intervals are to hold; between 0 and 1
  bool residual = false;    // try a learned residual on top of the fit
};

// A parameter's value after the fit, in base units. Without a standard error where it stands at an end of its range,
// where no measurement depends on it at that value (of a maximum, the part that never is the larger), and where so few
// measurements tell it that one of them could have made it.
struct FittedParameter {
  std::string key;
  double value = 0.0;
  std::optional<double> standard_error;
  double told_by = 0.0;    // as many measurements of equal influence would tell it as well; 0: none does
  bool is_at_end = false;  // of its range
};
// A free parameter that the measurements say nothing of, and why: it keeps its value.
struct KeptParameter {
  std::string key;
  std::string reason;
};

// Of layers, predicted / measured - 1.
struct ErrorReport {
  ErrorStatistics all;
  std::vector<ErrorStatistics> kinds;  // sorted by name
  double kendall_tau = 0.0;            // agreement in order: 1 all pairs, -1 none
  std::size_t networks = 0;            // that the measurements name
  double networks_within_tenth = 0.0;  // share of them whose sum is off by at most 10 %
  // Share of the layers that lie in intervals made without them; nothing of layers that were fitted to.
  std::optional<double> held;
};

struct Outlier {
  std::string layer;            // with its line: "line 12, stem.conv"; of a store what that calls it
  double relative_error = 0.0;  // predicted / measured - 1
};

// Whether builds of this library can learn residuals: they need XGBoost.
[[nodiscard]] HWCOST_EXPORT bool can_learn_residuals();

// What boosted trees on top of the fit are worth, each trained on what its fit saw.
struct LearnedResidual {
  ErrorReport without, with;       // of unseen layers
  double gain = 0.0;               // mean fall of |log(measured / predicted)| of unseen layers
  double gain_error = 0.0;         // standard error of it, over the parts of the cross-validation
  std::optional<Residual> in_use;  // trained on all that the fit saw; absent: it does not help
};

struct Calibration {
  Metric metric{};               // that was fitted
  std::size_t measurements = 0;  // that the fit saw
  std::vector<FittedParameter> fitted;
  std::vector<KeptParameter> kept;
  ErrorReport of_fit;                   // on the measurements that it was fitted to
  ErrorReport cross_validated;          // each by a fit that saw neither its networks nor its shape; of no layers where
                                        // all have one shape
  bool unseen_networks = true;          // false: that fit may have seen other layers of its networks, being too few
  std::optional<ErrorReport> held_out;  // on what was held out
  std::vector<Outlier> outliers;        // worst first
  std::vector<std::string> notes;       // what was left out and why, a sentence each
  std::optional<LearnedResidual> residual;  // where it was tried; where it is in use, all errors are those with it
  CalibrationRecord record;                 // for the new description; without the file's digest and the date
};

// The parameters of `description` that are free, fitted to the table's measured_* column by least squares on relative
// errors, robustly and within their ranges; models that are linear in them by non-negative least squares, others by
// Levenberg and Marquardt's method from the values that the description has and from the best of a coarse grid. The
// same input gives the same bits.
//
// Networks come from the table's column x_network, several with '|' between them; layers of the network `random`, and
// those of none, are told apart by shape, as are all where there are too few networks to keep any of them apart.
// With `options.residual`, boosted trees are trained on what the fit leaves, log(measured / predicted), and are in use
// where unseen layers come out nearer by more than the error of that gain, and as many of them within 10 %.
// Throws InputError at `file`, with the line where there is one: no free parameter, no measurement, too few of them,
// values that are not positive or all the same, layers that contradict each other, units that are mixed up; at the
// description where a parameter has no derivative, and where the model has no finite price to start from, or this build
// cannot learn the residual that is wanted. Throws
// std::invalid_argument where an option is out of its range.
[[nodiscard]] HWCOST_EXPORT Calibration calibrate(const Description& description, const Registry& registry,
                                                  const LayerTable& table, const std::string& file,
                                                  const CalibrationOptions& options = {});

// What a calibrated description says of where its numbers come from.
struct CalibrationOrigin {
  std::string inherit;             // the description that was fitted: a name or a path
  std::string file;                // of the measurements
  std::string sha256;              // of that file's bytes
  std::string date;                // "2026-05-02"
  std::string residual_file = {};  // beside the description, of a learned residual in use; its bytes are text()
};
// The text of a description `name` that inherits the one that was fitted and overrides what was, each with its unit,
// standard error, source and range; the errors stand in comments.
[[nodiscard]] HWCOST_EXPORT std::string calibrated_description(const std::string& name, const Description& description,
                                                               const Calibration& calibration,
                                                               const CalibrationOrigin& origin);

}  // namespace hwcost
