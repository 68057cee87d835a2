// Damaged copies of a text, the same ones in every run.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace hwcost::testing {

class Mutations {
 public:
  // `pieces` mean something to the reader; they are put where they do not belong.
  Mutations(std::string text, std::vector<std::string> pieces, unsigned seed)
      : text_(std::move(text)), pieces_(std::move(pieces)), random_(seed) {}

  // The text after one to six insertions, erasures and repetitions.
  std::string next() {
    std::string text = text_;
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.insert(at, pieces_[below(pieces_.size())]);
          break;
        case 1:
          text.erase(at, 1 + below(12));
          break;
        case 2:
          text.insert(at, text.substr(below(text.size() + 1), below(60)));
          break;
        default:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
      }
    }
    return text;
  }

  // Bytes without any sense: of the alphabet, or any where it is empty.
  std::string noise(std::size_t longest, std::string_view alphabet = {}) {
    std::string text;
    for (std::size_t length = below(longest + 1); length > 0; --length) {
      text += alphabet.empty() ? static_cast<char>(below(256)) : alphabet[below(alphabet.size())];
    }
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  std::string text_;
  std::vector<std::string> pieces_;
  std::mt19937 random_;
};

// Whether the message is one line of bounded length that begins with the file's name.
inline bool is_located_line(const std::string& message, const std::string& file) {
  if (!message.starts_with(file + ":") || message.size() > 1200) return false;
  if (message.find("error: ") == std::string::npos) return false;
  for (const char c : message) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace hwcost::testing
