// Suggestions for misspelt names in error messages. Exported for the importers, not installed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/export.hpp"

namespace hwcost {

// The candidate nearest to `word` by edit distance, where it is near enough to be meant (one edit in three letters).
HWCOST_EXPORT std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean 'NEAREST'?", else "; known: A, B, C" where they are few, for the end of a sentence about the unknown
// `word`.
HWCOST_EXPORT std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// The text in single quotes, shortened where it is too long for a message.
HWCOST_EXPORT std::string in_quotes(std::string_view text);

}  // namespace hwcost
