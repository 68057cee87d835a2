// The one list of a model's parameters, and what follows from it: reading, lifting to derivatives, names.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hwcost/description.hpp"

namespace hwcost {

// How a parameter is called and written. `low` and `high` are inclusive, in `unit`.
struct Key {
  std::string name;  // "l2.bandwidth"
  std::string unit;  // "byte/cycle"; "" for a bare count
  double low = 0.0;
  double high = 0.0;
  bool required = true;  // an absent optional parameter keeps the value that Params gives it
};

// A Params may have `void finish()`: called when all members have their values, to derive what the formula wants at
// hand. And `void adopt(const Params<double>&)`: called where it is lifted, for what belongs to the values as a whole.
template <class Params>
void finish_parameters(Params& params) {
  if constexpr (requires { params.finish(); }) params.finish();
}

// Reads every parameter that Params<double>::visit names, and refuses any other.
template <class Params>
Params read_parameters(const Description& description) {
  Params params{};
  std::vector<std::string> known;
  Params::visit(params, [&](const Key& key, double& member) {
    if (const auto v = description.read(key.name, key.unit, key.low, key.high, key.required)) member = *v;
    known.push_back(key.name);
  });
  description.require_only(known);
  finish_parameters(params);
  return params;
}

// The same values as another number type. Derivatives are zero but by the parameters of `seeds`, which are the
// independent variables, a lane each in their order.
template <class To, class From>
To lift_parameters(const From& from, std::span<const std::string> seeds = {}) {
  std::vector<double> values;
  From::visit(from, [&](const Key&, const double& member) { values.push_back(member); });
  To to{};
  std::size_t next = 0;
  To::visit(to, [&](const Key& key, auto& member) {
    member = values[next++];
    if constexpr (requires { member.partial; }) {
      for (std::size_t lane = 0; lane < seeds.size(); ++lane) {
        if (seeds[lane] == key.name) member.partial[lane] = 1.0;
      }
    }
  });
  if constexpr (requires { to.adopt(from); }) to.adopt(from);
  finish_parameters(to);
  return to;
}

// The first of `keys` by which Params has no derivative; nothing where it has all.
template <class LiftedParams>
std::optional<std::string> first_without_derivative(std::span<const std::string> keys) {
  LiftedParams params{};
  std::vector<std::string> smooth;
  LiftedParams::visit(params, [&](const Key& key, auto& member) {
    if constexpr (requires { member.partial; }) smooth.push_back(key.name);
  });
  for (const std::string& key : keys) {
    if (std::find(smooth.begin(), smooth.end(), key) == smooth.end()) return key;
  }
  return std::nullopt;
}

}  // namespace hwcost
