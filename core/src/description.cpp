#include "hwcost/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "description_files.hpp"
#include "description_reader.hpp"
#include "did_you_mean.hpp"

namespace hwcost {
namespace {

// "wanted in 'MHz'", or what stands for a unit where there is none.
std::string wanted(std::string_view unit) {
  return unit.empty() ? "wanted as a bare number" : fmt::format("wanted in '{}'", unit);
}

}  // namespace

Description Description::load(const std::string& name_or_path, const SearchPath& search) {
  return DescriptionReader(search).read_file(find_description(name_or_path, {}, search));
}

Description Description::from_text(std::string_view text, const std::string& file, const SearchPath& search) {
  return DescriptionReader(search).read_text(text, file);
}

std::optional<double> Description::read(std::string_view key, std::string_view unit, double low, double high,
                                        bool required) const {
  const auto asked = unit_named(unit);
  if (!asked) throw std::logic_error(fmt::format("a model reads '{}' in the unknown unit '{}'", key, unit));
  const auto it = parameters_.find(key);
  if (it == parameters_.end()) {
    if (!required) return std::nullopt;
    std::vector<std::string> present;
    for (const auto& [name, parameter] : parameters_) present.push_back(name);
    const auto near = nearest(key, present);
    const std::string hint = near ? fmt::format("; is '{}' meant by it?", *near) : "";
    throw InputError({file_, 0}, fmt::format("'{}' is missing, {}{}", key, wanted(unit), hint));
  }
  const Parameter& p = it->second;
  if (!p.unit.same_dimension(*asked))
    throw InputError(p.place, fmt::format("'{}' is {}, {}", key, in_quotes(p.text), wanted(unit)));
  // The bounds in base units: the same rounding on both sides, so that a value at a bound is inside.
  if (!(low * asked->factor <= p.value && p.value <= high * asked->factor)) {
    throw InputError(p.place, fmt::format("'{}' is {}, outside [{}, {}]{}{}", key, in_quotes(p.text), low, high,
                                          unit.empty() ? "" : " ", unit));
  }
  return p.value;
}

Description Description::with_values(const std::map<std::string, double>& values) const {
  Description changed = *this;
  changed.calibration_.reset();
  for (const auto& [key, value] : values) {
    Parameter& p = changed.parameters_.at(key);
    const std::size_t unit = std::min(p.text.find(' '), p.text.size());
    p.text = fmt::format("{}{}", value / p.unit.factor, p.text.substr(unit));
    p.value = value;
  }
  return changed;
}

void Description::require_only(const std::vector<std::string>& known) const {
  for (const auto& [key, parameter] : parameters_) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string hint = known.empty() ? "; it has none" : did_you_mean(key, known);
    throw InputError(parameter.place,
                     fmt::format("{} is no parameter of backend '{}'{}", in_quotes(key), backend(), hint));
  }
}

}  // namespace hwcost
