#include "folds.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace hwcost {
namespace {

// What must not stand on both sides: the observation's networks, or its shape where it has none.
std::vector<std::string> units_of(const Observation& o) {
  return o.networks.empty() ? std::vector<std::string>{"shape " + o.shape} : o.networks;
}

// Units in an order of chance; the same for a seed whatever the library's own shuffle is.
std::vector<std::string> shuffled_units(const Observations& observations, const Rows& rows, std::uint64_t seed) {
  std::vector<std::string> units;
  for (const Eigen::Index row : rows) {
    for (std::string& unit : units_of(observations.all[static_cast<std::size_t>(row)]))
      units.push_back(std::move(unit));
  }
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  std::mt19937_64 random(seed);
  for (std::size_t i = units.size(); i > 1; --i) std::swap(units[i - 1], units[random() % i]);
  return units;
}

Split split(const Observations& observations, const Rows& rows, const std::map<std::string, std::size_t>& part_of,
            std::size_t part) {
  Split result;
  for (const Eigen::Index row : rows) {
    bool is_tried = false;
    for (const std::string& unit : units_of(observations.all[static_cast<std::size_t>(row)]))
      is_tried = is_tried || part_of.at(unit) == part;
    (is_tried ? result.tried : result.seen).push_back(row);
  }
  return result;
}

}  // namespace

std::vector<Split> folds(const Observations& observations, const Rows& rows, std::size_t folds, std::uint64_t seed) {
  std::map<std::string, std::size_t> part_of;
  for (const std::string& unit : shuffled_units(observations, rows, seed))
    part_of.emplace(unit, part_of.size() % folds);
  std::vector<Split> splits;
  for (std::size_t part = 0; part < folds; ++part) {
    Split one = split(observations, rows, part_of, part);
    if (!one.seen.empty() && !one.tried.empty()) splits.push_back(std::move(one));
  }
  return splits;
}

Split hold_out(const Observations& observations, double share, std::uint64_t seed) {
  Rows rows;
  for (std::size_t i = 0; i < observations.all.size(); ++i) rows.push_back(static_cast<Eigen::Index>(i));
  const std::vector<std::string> units = shuffled_units(observations, rows, seed);
  std::map<std::string, std::size_t> part_of;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const bool is_held_out = static_cast<double>(i) < share * static_cast<double>(units.size());
    part_of.emplace(units[i], is_held_out ? 1u : 0u);
  }
  return split(observations, rows, part_of, 1);
}

}  // namespace hwcost
