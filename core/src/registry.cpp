#include "hwcost/registry.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "did_you_mean.hpp"
#include "residual_backend.hpp"

namespace hwcost {

void Registry::add(BackendEntry entry) {
  std::string name = entry.name;
  const SourcePlace place{entry.file, 0};
  if (name.empty()) throw InputError(place, "a backend has no name");
  if (const auto other = entries_.find(name); other != entries_.end()) {
    const std::string& file = other->second.file;
    throw InputError(
        place, fmt::format("a backend {} is already there{}{}", in_quotes(name), file.empty() ? "" : ", from ", file));
  }
  entries_.emplace(std::move(name), std::move(entry));
}

std::unique_ptr<const Backend> Registry::make(const Description& description) const {
  const auto entry = entries_.find(description.backend());
  if (entry == entries_.end()) {
    std::vector<std::string> known;
    for (const auto& [name, ignored] : entries_) known.push_back(name);
    throw InputError(description.backend_place(), fmt::format("no backend {}{}", in_quotes(description.backend()),
                                                              did_you_mean(description.backend(), known)));
  }
  auto backend = entry->second.make(description);
  if (!backend) throw std::logic_error(fmt::format("backend '{}' makes nothing", entry->first));
  return corrected(std::move(backend), description);
}

std::vector<const BackendEntry*> Registry::entries() const {
  std::vector<const BackendEntry*> entries;
  for (const auto& [name, entry] : entries_) entries.push_back(&entry);
  return entries;
}

}  // namespace hwcost
