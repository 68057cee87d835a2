#include "errors.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace hwcost {

std::vector<NetworkSum> network_sums(const Observations& observations, const std::vector<Trial>& trials) {
  std::map<std::string, std::size_t> layers_of;
  for (const Observation& o : observations.all) {
    for (const std::string& network : o.networks) ++layers_of[network];
  }
  struct Tried {
    NetworkSum sum;
    std::size_t layers = 0;
  };
  std::map<std::pair<std::string, std::size_t>, Tried> sums;  // by network and part
  for (const Trial& trial : trials) {
    const Observation& o = observations.all[trial.observation];
    for (const std::string& network : o.networks) {
      Tried& tried = sums[{network, trial.part}];
      tried.sum.predicted += trial.ratio * o.value;
      tried.sum.measured += o.value;
      ++tried.layers;
    }
  }
  std::vector<NetworkSum> whole;
  for (auto& [key, tried] : sums) {
    tried.sum.network = key.first;
    if (tried.layers == layers_of.at(key.first)) whole.push_back(std::move(tried.sum));
  }
  return whole;
}

ErrorReport error_report(const Observations& observations, const std::vector<Trial>& trials) {
  std::vector<double> all, measured, predicted;
  std::map<std::string, std::vector<double>> kinds;
  for (const Trial& trial : trials) {
    const Observation& o = observations.all[trial.observation];
    all.push_back(trial.ratio - 1.0);
    kinds[o.kind].push_back(trial.ratio - 1.0);
    measured.push_back(o.value);
    predicted.push_back(trial.ratio * o.value);
  }
  ErrorReport report;
  report.all = error_statistics("all", all);
  for (const auto& [kind, errors] : kinds) report.kinds.push_back(error_statistics(kind, errors));
  report.kendall_tau = kendall_tau(predicted, measured);
  std::map<std::string, bool> is_near;
  for (const NetworkSum& sum : network_sums(observations, trials))
    is_near.emplace(sum.network, std::abs(sum.predicted / sum.measured - 1.0) <= kNear);
  report.networks = is_near.size();
  for (const auto& [network, near] : is_near) {
    if (near) report.networks_within_tenth += 1.0 / static_cast<double>(is_near.size());
  }
  return report;
}

}  // namespace hwcost
