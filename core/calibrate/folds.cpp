#include "folds.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>

namespace hwcost {
namespace {

// What is drawn by chance: networks, and shapes of what has no network; or shapes alone.
enum class DrawnBy { network, shape };

std::vector<std::string> units_of(const Observation& o, DrawnBy by) {
  const bool by_shape = by == DrawnBy::shape || o.networks.empty();
  return by_shape ? std::vector<std::string>{"shape " + o.shape} : o.networks;
}
const Observation& at(const Observations& observations, Eigen::Index row) {
  return observations.all[static_cast<std::size_t>(row)];
}

// Units in an order of chance; the same for a seed whatever the library's own shuffle is.
std::vector<std::string> shuffled_units(const Observations& observations, const Rows& rows, DrawnBy by,
                                        std::uint64_t seed) {
  std::vector<std::string> units;
  for (const Eigen::Index row : rows) {
    for (std::string& one : units_of(at(observations, row), by)) units.push_back(std::move(one));
  }
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  std::mt19937_64 random(seed);
  for (std::size_t i = units.size(); i > 1; --i) std::swap(units[i - 1], units[random() % i]);
  return units;
}

// Of the units that `is_tried` says; what has the shape of a tried one but none of those units is on neither side.
template <class IsTried>
Split split(const Observations& observations, const Rows& rows, DrawnBy by, IsTried&& is_tried) {
  Split result;
  std::set<std::string> tried_shapes;
  Rows others;
  for (const Eigen::Index row : rows) {
    const Observation& o = at(observations, row);
    const std::vector<std::string> units = units_of(o, by);
    if (std::any_of(units.begin(), units.end(), is_tried)) {
      result.tried.push_back(row);
      tried_shapes.insert(o.shape);
    } else {
      others.push_back(row);
    }
  }
  std::copy_if(others.begin(), others.end(), std::back_inserter(result.seen),
               [&](Eigen::Index row) { return !tried_shapes.contains(at(observations, row).shape); });
  return result;
}

std::vector<Split> folds_of(const Observations& observations, const Rows& rows, DrawnBy by, std::size_t folds,
                            std::uint64_t seed) {
  std::map<std::string, std::size_t> part_of;
  for (const std::string& one : shuffled_units(observations, rows, by, seed))
    part_of.emplace(one, part_of.size() % folds);
  std::vector<Split> splits;
  for (std::size_t part = 0; part < folds; ++part) {
    Split one = split(observations, rows, by, [&](const std::string& u) { return part_of.at(u) == part; });
    if (!one.seen.empty() && !one.tried.empty()) splits.push_back(std::move(one));
  }
  return splits;
}

bool try_all(const std::vector<Split>& splits, const Rows& rows) {
  std::set<Eigen::Index> tried;
  for (const Split& one : splits) tried.insert(one.tried.begin(), one.tried.end());
  return tried.size() == rows.size();
}

Split held_out(const Observations& observations, const Rows& rows, DrawnBy by, double share, std::uint64_t seed) {
  const std::vector<std::string> units = shuffled_units(observations, rows, by, seed);
  const auto count = static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(units.size())));
  const std::set<std::string> drawn(units.begin(), units.begin() + count);
  return split(observations, rows, by, [&](const std::string& u) { return drawn.contains(u); });
}

}  // namespace

Folds folds(const Observations& observations, const Rows& rows, std::size_t folds, std::uint64_t seed) {
  std::vector<Split> by_network = folds_of(observations, rows, DrawnBy::network, folds, seed);
  if (try_all(by_network, rows)) return {std::move(by_network), true};
  return {folds_of(observations, rows, DrawnBy::shape, folds, seed), false};
}

Split hold_out(const Observations& observations, double share, std::uint64_t seed) {
  Rows rows;
  for (std::size_t i = 0; i < observations.all.size(); ++i) rows.push_back(static_cast<Eigen::Index>(i));
  Split by_network = held_out(observations, rows, DrawnBy::network, share, seed);
  return by_network.seen.empty() ? held_out(observations, rows, DrawnBy::shape, share, seed) : by_network;
}

}  // namespace hwcost
