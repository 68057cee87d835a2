#include "info_reader.hpp"

#include <fmt/format.h>

#include <boost/property_tree/info_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <istream>
#include <streambuf>
#include <utility>

#include "did_you_mean.hpp"
#include "hwcost/error.hpp"
#include "info_guard.hpp"
#include "utf8.hpp"

namespace hwcost {
namespace {

// The line that the parser of this thread has read last. PropertyTree default-constructs a node's data while it parses
// and gives no way to pass anything in, so this is the one mutable variable beside the objects; read_info sets it
// before anything looks at it.
thread_local int current_line = 0;

// The data of a tree node: its text, and the line at which its key stood.
struct LocatedText {
  std::string text;
  int line = current_line;

  LocatedText() = default;
  LocatedText& operator=(const std::string& value) {
    text = value;
    return *this;
  }
  [[nodiscard]] bool empty() const { return text.empty(); }
};

// Reads and writes that text; PropertyTree uses it to join continued strings.
struct LocatedTextTranslator {
  using internal_type = LocatedText;
  using external_type = std::string;
  static boost::optional<std::string> get_value(const LocatedText& data) { return data.text; }
  static boost::optional<LocatedText> put_value(const std::string& value) {
    LocatedText data;
    data = value;
    return data;
  }
};

// Hands out one line at a time and says in `current_line` which.
class LineBuffer final : public std::streambuf {
 public:
  explicit LineBuffer(std::string text) : text_(std::move(text)) { current_line = 0; }

 protected:
  int_type underflow() override {
    if (next_ == text_.size()) return traits_type::eof();
    const std::size_t newline = text_.find('\n', next_);
    const std::size_t end = newline == std::string::npos ? text_.size() : newline + 1;
    setg(text_.data() + next_, text_.data() + next_, text_.data() + end);
    next_ = end;
    ++current_line;
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string text_;
  std::size_t next_ = 0;
};

}  // namespace
}  // namespace hwcost

template <>
struct boost::property_tree::translator_between<hwcost::LocatedText, std::string> {
  using type = hwcost::LocatedTextTranslator;
};

namespace hwcost {
namespace {

using Tree = boost::property_tree::basic_ptree<std::string, LocatedText>;

void check_line(std::string_view text, const std::string& key, const SourcePlace& place) {
  const auto fault = fault_of_line(text);
  if (fault) throw InputError(place, fmt::format("{} {}: one line of text is wanted", in_quotes(key), *fault));
}

// Recursion is as deep as the text nests, which check_info_text has bounded.
std::vector<InfoNode> nodes_of(const Tree& tree, const std::string& file) {
  std::vector<InfoNode> nodes;
  nodes.reserve(tree.size());
  for (const auto& [key, child] : tree) {
    const LocatedText& data = child.data();
    if (key.empty()) throw InputError({file, data.line}, "a key is empty");
    for (const std::string& line : {key, data.text}) check_line(line, key, {file, data.line});
    nodes.push_back({key, data.text, data.line, nodes_of(child, file)});
  }
  return nodes;
}

}  // namespace

std::vector<InfoNode> read_info(std::string_view text, const std::string& file) {
  check_info_text(text, file);
  Tree tree;
  try {
    LineBuffer buffer{std::string(text)};
    std::istream stream(&buffer);
    boost::property_tree::read_info(stream, tree);
  } catch (const boost::property_tree::info_parser_error& fault) {
    throw InputError({file, static_cast<int>(fault.line())}, fault.message());
  }
  return nodes_of(tree, file);
}

}  // namespace hwcost
