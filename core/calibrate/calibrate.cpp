#include "hwcost/calibrate/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "bands.hpp"
#include "errors.hpp"
#include "fit.hpp"
#include "folds.hpp"
#include "hwcost/quantile.hpp"
#include "residual_fit.hpp"

namespace hwcost {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

// Observations that a standard error needs: of fewer, one bad measurement is the value.
constexpr double kFewest = 4.0;

Rows all_rows(const Observations& observations) {
  Rows rows(observations.all.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<Index>(i);
  return rows;
}

void add_trials(const VectorXd& ratios, const Rows& rows, std::size_t part, std::vector<Trial>& trials) {
  for (const Index row : rows) trials.push_back({static_cast<std::size_t>(row), ratios[row], part});
}
std::vector<Trial> trials_at(const VectorXd& ratios, const Rows& rows) {
  std::vector<Trial> trials;
  add_trials(ratios, rows, 0, trials);
  return trials;
}

void require(bool is_met, const char* what) {
  if (!is_met) throw std::invalid_argument(what);
}
void check(const CalibrationOptions& options) {
  require(options.holdout >= 0.0 && options.holdout < 1.0, "calibrate: holdout is wanted from 0 to below 1");
  require(options.folds >= 2, "calibrate: at least 2 folds are wanted");
  require(options.robust_at > 0.0 && std::isfinite(options.robust_at), "calibrate: robust_at is wanted above 0");
  require(options.coverage > 0.0 && options.coverage < 1.0, "calibrate: coverage is wanted between 0 and 1");
}

void require_enough(const Observations& observations, const Rows& rows, const Problem& problem,
                    const std::string& file) {
  const std::size_t least = std::max<std::size_t>(10, (problem.keys().size() + 1) / 2);
  if (rows.size() >= least) return;
  throw InputError({file, 0},
                   fmt::format("{} measured layers for {} free parameters{}: at least {} are wanted", rows.size(),
                               problem.keys().size(),
                               rows.size() < observations.all.size() ? ", the others being held out" : "", least));
}

std::string place_and_name(const Observation& o) {
  return o.row->record.empty() ? fmt::format("{}, {}", name_of(*o.row), o.layer.name) : o.row->record;
}

// Far from the rest: more than five times the spread that most residuals have.
std::vector<Outlier> outliers(const Observations& observations, const VectorXd& ratios, const Rows& rows) {
  constexpr double kNormal = 1.4826;  // a normal distribution's standard deviation over its median deviation
  std::vector<double> deviations;
  for (const Index row : rows) deviations.push_back(std::abs(ratios[row] - 1.0));
  const double far = std::max(5.0 * kNormal * median(std::move(deviations)), 1e-6);
  std::vector<Outlier> found;
  for (const Index row : rows) {
    const Observation& o = observations.all[static_cast<std::size_t>(row)];
    if (std::abs(ratios[row] - 1.0) > far) found.push_back({place_and_name(o), ratios[row] - 1.0});
  }
  std::stable_sort(found.begin(), found.end(), [](const Outlier& a, const Outlier& b) {
    return std::abs(a.relative_error) > std::abs(b.relative_error);
  });
  return found;
}

// What fits say of layers that they have not seen, and the same with a residual learned on top, where one is wanted.
struct Unseen {
  std::vector<Trial> by_fit, with_residual;
};
Unseen cross_validated(const Fitter& fitter, const ResidualFitter& residuals, const std::vector<Split>& splits,
                       const std::vector<bool>& kept, const CalibrationOptions& options) {
  Unseen unseen;
  std::size_t part = 0;
  for (const Split& split : splits) {
    const VectorXd x = fitter.fit(split.seen, kept).x;
    add_trials(fitter.values_at(x), split.tried, part, unseen.by_fit);
    if (options.residual)
      add_trials(residuals.values_at(x, residuals.train(x, split.seen)), split.tried, part, unseen.with_residual);
    ++part;
  }
  return unseen;
}

CalibrationRecord record_of(const Observations& observations, const std::vector<Trial>& unseen, const Rows& rows,
                            double coverage) {
  CalibrationRecord record;
  record.metric = observations.metric;
  record.coverage = coverage;
  record.measurements = static_cast<double>(rows.size());
  record.machine = observations.machine;
  record.kinds = calibrated_kinds(observations, unseen, rows, coverage);
  record.networks = network_band(observations, unseen, coverage);
  return record;
}

}  // namespace

Calibration calibrate(const Description& description, const Registry& registry, const LayerTable& table,
                      const std::string& file, const CalibrationOptions& options) {
  check(options);
  if (options.residual && !can_learn_residuals())
    throw InputError({description.file(), 0}, "this build of hwcost learns no residuals: it has no XGBoost");
  const Observations observed = observations(*registry.make(description), free_keys(description), table, file);
  const Problem problem(description, registry, observed);
  const Fitter fitter(problem, options.robust_at);

  Split split{all_rows(observed), {}};
  if (options.holdout > 0.0) split = hold_out(observed, options.holdout, options.seed);
  require_enough(observed, split.seen, problem, file);

  Calibration result;
  result.metric = observed.metric;
  result.measurements = split.seen.size();
  result.notes = observed.notes;
  std::vector<bool> kept(problem.keys().size(), false);
  for (const Fitter::Unknown& unknown : fitter.unknown(split.seen)) {
    const auto k = static_cast<std::size_t>(unknown.parameter);
    kept[k] = true;
    result.kept.push_back({problem.keys()[k], unknown.reason});
  }
  const Fit fit = fitter.fit(split.seen, kept);
  const VectorXd& x = fit.x;
  if (!fit.has_settled) result.notes.emplace_back("the fit had not settled when its steps were used up");
  const Certainty certainty = fitter.certainty(x, split.seen, kept);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) continue;
    const auto k = static_cast<Index>(i);
    FittedParameter parameter{problem.keys()[i], problem.in_base_units(k, x[k]), std::nullopt, certainty.told_by[k],
                              certainty.at_end[i]};
    const double error = certainty.standard_error[k];
    if (!std::isnan(error) && parameter.told_by >= kFewest) parameter.standard_error = problem.in_base_units(k, error);
    result.fitted.push_back(std::move(parameter));
  }
  VectorXd ratios = fitter.values_at(x);
  result.outliers = outliers(observed, ratios, split.seen);
  const ResidualFitter residuals(problem, fitter, options, observed.metric);
  const Folds parts = folds(observed, split.seen, options.folds, options.seed);
  result.unseen_networks = parts.by_network;
  Unseen tried = cross_validated(fitter, residuals, parts.splits, kept, options);
  if (options.residual) {
    result.residual = worth_of_residual(observed, tried.by_fit, tried.with_residual);
    if (helps(*result.residual)) {
      result.residual->in_use = residuals.train(x, split.seen);
      ratios = residuals.values_at(x, *result.residual->in_use);
      std::swap(tried.by_fit, tried.with_residual);
    }
  }
  const std::vector<Trial>& unseen = tried.by_fit;
  result.of_fit = error_report(observed, trials_at(ratios, split.seen));
  result.cross_validated = error_report(observed, unseen);
  result.cross_validated.held = cross_held_share(observed, unseen, options.coverage);
  result.record = record_of(observed, unseen, split.seen, options.coverage);
  if (!split.tried.empty()) {
    const std::vector<Trial> held_out = trials_at(ratios, split.tried);
    result.held_out = error_report(observed, held_out);
    result.held_out->held = held_share(observed, held_out, result.record.kinds);
  }
  return result;
}

}  // namespace hwcost
