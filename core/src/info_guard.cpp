#include "info_guard.hpp"

#include <fmt/format.h>

#include <vector>

#include "did_you_mean.hpp"
#include "hwcost/error.hpp"
#include "info_reader.hpp"
#include "utf8.hpp"

namespace hwcost {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Follows the text as the parser will, as far as words and braces go.
class Guard {
 public:
  explicit Guard(const std::string& file) : file_(file) {}

  void check_line(std::string_view line) {
    ++line_;
    check_characters(line);
    bool first = true;
    for (skip_spaces(line); !line.empty() && line.front() != ';'; skip_spaces(line)) {
      if (first && line.front() == '#') {
        fail("directives are not allowed; `inherit` takes over another description, a comment begins with ';'");
      }
      check_word(line);
      first = false;
    }
  }

  void finish() const {
    if (continued_at_ > 0)
      throw InputError({file_, continued_at_}, "the string is continued by '\\' but the file ends");
    if (open_blocks_.empty()) return;
    std::string hint;
    if (brace_in_word_at_ > 0) hint = fmt::format("; in line {} a space is missing before '}}'", brace_in_word_at_);
    throw InputError({file_, open_blocks_.back()}, "the block that begins here is never closed" + hint);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError({file_, line_}, what); }

  void check_characters(std::string_view line) const {
    while (!line.empty()) {
      if (line.front() == '\0') fail("a NUL byte: this is no text file");
      const std::size_t length = utf8_length(line);
      if (length == 0) fail("bytes that are not UTF-8");
      line.remove_prefix(length);
    }
  }

  static void skip_spaces(std::string_view& line) {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  }

  // One brace, quoted string or word, removed from the front of the line.
  void check_word(std::string_view& line) {
    if (++words_ > kMaxInfoWords) fail(fmt::format("more than {} words in one description", kMaxInfoWords));
    continued_at_ = 0;
    std::size_t length = 1;
    if (line.front() == '{') {
      open_blocks_.push_back(line_);
      if (open_blocks_.size() > kMaxInfoNesting) fail(fmt::format("blocks are nested deeper than {}", kMaxInfoNesting));
    } else if (line.front() == '}') {
      if (open_blocks_.empty()) fail("'}' closes no block");
      open_blocks_.pop_back();
    } else if (line.front() == '"') {
      while (length < line.size() && line[length] != '"') length += line[length] == '\\' ? 2 : 1;
      if (length >= line.size()) fail("a quoted string does not end on its line");
      ++length;
    } else {
      while (length < line.size() && !is_space(line[length]) && line[length] != ';') ++length;
      if (line.substr(0, length) == "\\") continued_at_ = line_;
      if (line[length - 1] == '}') brace_in_word_at_ = line_;
    }
    line.remove_prefix(length);
  }

  const std::string& file_;
  int line_ = 0;
  std::vector<int> open_blocks_;  // line of each '{' that is not closed yet
  int brace_in_word_at_ = 0;      // line of a word that swallowed a '}'
  int words_ = 0;
  int continued_at_ = 0;  // line of a '\' after which nothing has come yet
};

}  // namespace

void check_info_text(std::string_view text, const std::string& file) {
  if (text.size() > kMaxInfoBytes)
    throw InputError({file, 0}, fmt::format("larger than {} MiB: this is no description", kMaxInfoBytes >> 20));
  if (text.starts_with("\xef\xbb\xbf")) throw InputError({file, 1}, "begins with a byte order mark; save it without");
  Guard guard(file);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    guard.check_line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  guard.finish();
}

}  // namespace hwcost
