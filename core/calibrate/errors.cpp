#include "errors.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace hwcost {
namespace {

ErrorSummary summary(std::string kind, std::vector<double> errors) {
  ErrorSummary result;
  result.kind = std::move(kind);
  result.layers = errors.size();
  if (errors.empty()) return result;
  std::sort(errors.begin(), errors.end());
  const std::size_t middle = errors.size() / 2;
  result.median = errors.size() % 2 == 1 ? errors[middle] : (errors[middle - 1] + errors[middle]) / 2.0;
  double within = 0.0;
  for (const double e : errors) {
    result.mean += e / static_cast<double>(errors.size());
    if (e <= 0.1) within += 1.0;
  }
  result.within_tenth = within / static_cast<double>(errors.size());
  return result;
}

// Of the layers of a network.
struct Sum {
  double predicted = 0.0;
  double measured = 0.0;
  std::size_t layers = 0;
  void add(double more_predicted, double more_measured) {
    predicted += more_predicted;
    measured += more_measured;
    ++layers;
  }
};

// Pairs in the same order less those in the other, over all pairs; ties count neither way.
double kendall_tau(const Observations& observations, const std::vector<Trial>& trials) {
  double sum = 0.0;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const double measured = observations.all[trials[i].observation].value;
    for (std::size_t k = i + 1; k < trials.size(); ++k) {
      const double other = observations.all[trials[k].observation].value;
      const double order = (measured - other) * (measured * trials[i].ratio - other * trials[k].ratio);
      sum += order > 0.0 ? 1.0 : order < 0.0 ? -1.0 : 0.0;
    }
  }
  const auto n = static_cast<double>(trials.size());
  return n > 1.0 ? sum / (n * (n - 1.0) / 2.0) : 1.0;
}

}  // namespace

ErrorReport error_report(const Observations& observations, const std::vector<Trial>& trials) {
  std::map<std::string, std::size_t> layers_of;
  for (const Observation& o : observations.all) {
    for (const std::string& network : o.networks) ++layers_of[network];
  }
  std::vector<double> all;
  std::map<std::string, std::vector<double>> kinds;
  std::map<std::pair<std::string, std::size_t>, Sum> sums;  // by network and part
  for (const Trial& trial : trials) {
    const Observation& o = observations.all[trial.observation];
    const double error = std::abs(trial.ratio - 1.0);
    all.push_back(error);
    kinds[o.kind].push_back(error);
    for (const std::string& network : o.networks) sums[{network, trial.part}].add(trial.ratio * o.value, o.value);
  }
  ErrorReport report;
  report.all = summary("all", std::move(all));
  for (auto& [kind, errors] : kinds) report.kinds.push_back(summary(kind, std::move(errors)));
  report.kendall_tau = kendall_tau(observations, trials);
  std::map<std::string, bool> is_near;
  for (const auto& [key, sum] : sums) {
    const auto& [network, part] = key;
    if (sum.layers == layers_of.at(network))
      is_near.emplace(network, std::abs(sum.predicted / sum.measured - 1.0) <= 0.1);
  }
  report.networks = is_near.size();
  for (const auto& [network, near] : is_near) {
    if (near) report.networks_within_tenth += 1.0 / static_cast<double>(is_near.size());
  }
  return report;
}

}  // namespace hwcost
