#include "hwcost/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "description_files.hpp"
#include "did_you_mean.hpp"

namespace hwcost {
namespace {

// A power or an energy that no price would show: energy is power over time, which needs the clock.
void check_power(const Description& description, const Backend& backend) {
  if (description.parameters().contains("clock")) return;
  if (backend.traits().metrics.contains(Metric::energy_joules)) return;
  for (const auto& [key, parameter] : description.parameters()) {
    const bool is_power = key == "power" || key.starts_with("power.") || key.starts_with("energy.");
    if (!is_power || parameter.value == 0.0) continue;
    throw InputError(parameter.place,
                     fmt::format("{} gives no energy without 'clock': wanted both or neither", in_quotes(key)));
  }
}

// `chain` holds the file_identity of every machine that falls back to this one, the last first asked.
Machine make_linked(Description description, std::vector<std::string>& chain, const SearchPath& search,
                    const Registry& registry) {
  Machine machine{std::move(description), nullptr, nullptr};
  machine.backend = registry.make(machine.description);
  check_power(machine.description, *machine.backend);
  const Unmodelled& unmodelled = machine.description.unmodelled();
  if (unmodelled.policy != Unmodelled::Policy::fallback) return machine;

  const auto path = find_description(unmodelled.fallback, unmodelled.place, search);
  chain.push_back(file_identity(machine.description.file()));
  if (std::find(chain.begin(), chain.end(), file_identity(path)) != chain.end()) {
    throw InputError(unmodelled.place,
                     fmt::format("machines fall back to each other in a circle: {} to {}",
                                 in_quotes(machine.description.name()), in_quotes(unmodelled.fallback)));
  }
  machine.fallback =
      std::make_shared<const Machine>(make_linked(Description::load(path.string(), search), chain, search, registry));
  return machine;
}

}  // namespace

Machine load_machine(const std::string& name_or_path, const SearchPath& search, const Registry& registry) {
  return make_machine(Description::load(name_or_path, search), search, registry);
}

Machine make_machine(Description description, const SearchPath& search, const Registry& registry) {
  std::vector<std::string> chain;
  return make_linked(std::move(description), chain, search, registry);
}

}  // namespace hwcost
