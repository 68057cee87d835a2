// What every backend owes to those who use it, checked on random layers of every operator.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/export.hpp"

namespace hwcost {

struct ConformanceOptions {
  std::size_t layers_per_operator = 60;
  unsigned seed = 1;  // of the random layers, which are the same for the same seed
};

// A check and what it holds a backend to.
struct ConformanceCheck {
  std::string_view name;     // "BatchEqualsScalarBitForBit"
  std::string_view promise;  // one sentence
};

// What became of a check on one backend.
struct ConformanceFinding {
  enum class Outcome {
    holds,
    broken,
    untested,  // the backend does not claim it, or none of the layers shows it
  };
  ConformanceCheck check;
  Outcome outcome = Outcome::untested;
  std::size_t cases = 0;     // compared
  std::size_t breaches = 0;  // of them
  std::string words;         // the worst breach; or why nothing is tested
};
HWCOST_EXPORT std::string_view to_text(ConformanceFinding::Outcome outcome);

// Every check, in the order of findings.
HWCOST_EXPORT std::vector<ConformanceCheck> conformance_checks();

// Runs one check, by its name in that list. Throws std::invalid_argument for another name. One of the checks asks the
// backend from several threads at once.
HWCOST_EXPORT ConformanceFinding check_conformance(const Backend& backend, std::string_view check,
                                                   const ConformanceOptions& options = {});
HWCOST_EXPORT std::vector<ConformanceFinding> check_conformance(const Backend& backend,
                                                                const ConformanceOptions& options = {});

}  // namespace hwcost
