// The INFO syntax of descriptions: keys, values and blocks, each with its line. No meaning yet.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hwcost {

// One `key value { children }`.
struct InfoNode {
  std::string key;
  std::string value;
  int line = 0;  // of the key
  std::vector<InfoNode> children;
};

inline constexpr std::size_t kMaxInfoBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxInfoNesting = 64;
inline constexpr int kMaxInfoWords = 100'000;

// The top-level nodes of `text`, in its order. Throws InputError at `file` and the line: bad syntax, directives, bytes
// that are no text, more than the limits above.
std::vector<InfoNode> read_info(std::string_view text, const std::string& file);

}  // namespace hwcost
