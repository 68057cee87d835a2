#include "bands.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

// Between the ranks that hold a further value with that probability (Vovk's conformal prediction); nothing where the
// values are too few for them.
std::optional<ErrorBand> band_of(std::vector<double> values, double coverage) {
  const auto n = static_cast<double>(values.size());
  const double tail = (1.0 - coverage) / 2.0;
  const double low = std::floor((n + 1.0) * tail + 1e-9);
  const double high = std::ceil((n + 1.0) * (1.0 - tail) - 1e-9);
  if (low < 1.0 || high > n) return std::nullopt;
  std::sort(values.begin(), values.end());
  return ErrorBand{values[static_cast<std::size_t>(low) - 1], values[static_cast<std::size_t>(high) - 1]};
}
// Of too few values: as wide as they are.
ErrorBand widest(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}
// Of a layer that a fit prices at 0 no multiple of the price is what was measured.
bool is_finite(const ErrorBand& band) { return std::isfinite(band.low) && std::isfinite(band.high); }

// measured / predicted - 1
double above(const Trial& trial) { return 1.0 / trial.ratio - 1.0; }

using ByKind = std::map<std::string, std::vector<double>>;
ByKind by_kind(const Observations& observations, const std::vector<Trial>& trials) {
  ByKind errors;
  for (const Trial& trial : trials) errors[observations.all[trial.observation].kind].push_back(above(trial));
  return errors;
}

std::map<std::string, ErrorBand> bands(const ByKind& errors, double coverage) {
  std::vector<double> all;
  for (const auto& [kind, values] : errors) all.insert(all.end(), values.begin(), values.end());
  std::map<std::string, ErrorBand> result;
  if (all.empty()) return result;
  const ErrorBand of_all = band_of(all, coverage).value_or(widest(all));
  for (const auto& [kind, values] : errors) {
    const ErrorBand band = band_of(values, coverage).value_or(of_all);
    if (is_finite(band)) result.emplace(kind, band);
  }
  return result;
}

bool holds(const ErrorBand& band, const Trial& trial) { return above(trial) >= band.low && above(trial) <= band.high; }

double median_error(const std::vector<Trial>& trials, const Observations& observations, const std::string& kind) {
  std::vector<double> errors;
  for (const Trial& trial : trials) {
    if (observations.all[trial.observation].kind == kind) errors.push_back(std::abs(trial.ratio - 1.0));
  }
  return median(std::move(errors));
}

}  // namespace

std::vector<CalibratedKind> calibrated_kinds(const Observations& observations, const std::vector<Trial>& trials,
                                             const Rows& rows, double coverage) {
  std::map<std::string, std::vector<const Layer*>> layers;
  for (const Eigen::Index row : rows) {
    const Observation& o = observations.all[static_cast<std::size_t>(row)];
    layers[o.kind].push_back(&o.layer);
  }
  std::vector<CalibratedKind> kinds;
  for (const auto& [kind, band] : bands(by_kind(observations, trials), coverage)) {
    const auto& measured = layers[kind];
    kinds.push_back({.kind = kind,
                     .layers = static_cast<double>(measured.size()),
                     .median_error = median_error(trials, observations, kind),
                     .band = band,
                     .seen = seen_ranges(measured)});
  }
  return kinds;
}

std::optional<ErrorBand> network_band(const Observations& observations, const std::vector<Trial>& trials,
                                      double coverage) {
  std::vector<double> errors;
  for (const NetworkSum& sum : network_sums(observations, trials)) errors.push_back(sum.measured / sum.predicted - 1.0);
  return band_of(std::move(errors), coverage);
}

double held_share(const Observations& observations, const std::vector<Trial>& trials,
                  const std::vector<CalibratedKind>& kinds) {
  const auto is_held = [&](const Trial& trial) {
    const std::string& kind = observations.all[trial.observation].kind;
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](const CalibratedKind& k) { return k.kind == kind && holds(k.band, trial); });
  };
  const auto held = static_cast<double>(std::count_if(trials.begin(), trials.end(), is_held));
  return trials.empty() ? 0.0 : held / static_cast<double>(trials.size());
}

double cross_held_share(const Observations& observations, const std::vector<Trial>& trials, double coverage) {
  std::set<std::size_t> parts;
  for (const Trial& trial : trials) parts.insert(trial.part);
  std::size_t held = 0;
  for (const std::size_t part : parts) {
    std::vector<Trial> others;
    std::copy_if(trials.begin(), trials.end(), std::back_inserter(others),
                 [&](const Trial& trial) { return trial.part != part; });
    const auto known = bands(by_kind(observations, others), coverage);
    for (const Trial& trial : trials) {
      if (trial.part != part) continue;
      const auto band = known.find(observations.all[trial.observation].kind);
      if (band != known.end() && holds(band->second, trial)) ++held;
    }
  }
  return trials.empty() ? 0.0 : static_cast<double>(held) / static_cast<double>(trials.size());
}

}  // namespace hwcost
