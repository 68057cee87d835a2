#include "json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "did_you_mean.hpp"
#include "hwcost/error.hpp"
#include "limits.hpp"

namespace hwcost {
namespace {

constexpr int kDeepestNesting = 32;

// Watches a document while it is parsed for what the parser itself accepts.
class ParseGuard {
 public:
  explicit ParseGuard(const std::string& file) : file_(file) {}

  bool operator()(int depth, nlohmann::json::parse_event_t event, const nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kDeepestNesting) fail(fmt::format("values are nested more than {} deep", kDeepestNesting));
    if (event == Event::object_start) {
      members_.emplace_back();
    } else if (event == Event::object_end) {
      members_.pop_back();
    } else if (event == Event::key) {
      const auto& name = value.get_ref<const std::string&>();
      if (!members_.back().insert(name).second)
        fail(fmt::format("member {} is there twice in one object", in_quotes(name)));
    }
    return true;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError({file_, 0}, what); }

  const std::string& file_;
  std::vector<std::set<std::string>> members_;  // of the objects that are open
};

// The parser's message without its own prefix: "syntax error while parsing value - unexpected ']'".
std::string_view reason_of(std::string_view message) {
  const std::size_t column = message.find(", column ");
  const std::size_t colon = message.find(": ", column == std::string_view::npos ? 0 : column);
  if (column != std::string_view::npos && colon != std::string_view::npos) return message.substr(colon + 2);
  const std::size_t bracket = message.find("] ");
  return bracket == std::string_view::npos ? message : message.substr(bracket + 2);
}

}  // namespace

void JsonValue::fail(const std::string& what) const {
  const std::string where = path();
  throw InputError({file_, 0}, where.empty() ? what : fmt::format("{}: {}", where, what));
}

std::string JsonValue::path() const {
  if (above_ == nullptr) return "";
  std::string path = above_->path() + step_;
  return path.starts_with('.') ? path.substr(1) : path;
}

void JsonValue::fail_kind(std::string_view wanted) const {
  fail(fmt::format("is {}, wanted {}", json_.type_name(), wanted));
}

const std::string& JsonValue::text() const {
  if (!json_.is_string()) fail_kind("a string");
  return json_.get_ref<const std::string&>();
}

double JsonValue::number() const {
  if (!json_.is_number()) fail_kind("a number");
  return json_.get<double>();
}

std::size_t JsonValue::index() const {
  const double value = number();
  if (!(value >= 0.0 && value <= kLargestExactCount) || value != std::floor(value)) {
    fail(fmt::format("is {}, wanted a whole number from 0 on", value));
  }
  return static_cast<std::size_t>(value);
}

bool JsonValue::flag() const {
  if (!json_.is_boolean()) fail_kind("true or false");
  return json_.get<bool>();
}

std::size_t JsonValue::size() const {
  if (!json_.is_array()) fail_kind("an array");
  return json_.size();
}

JsonValue JsonValue::operator[](std::size_t i) const { return {json_[i], *this, fmt::format("[{}]", i)}; }

void JsonValue::check_object() const {
  if (!json_.is_object()) fail_kind("an object");
}

std::optional<JsonValue> JsonValue::find(std::string_view member) const {
  const auto it = json_.find(member);
  if (it == json_.end()) return std::nullopt;
  return JsonValue(*it, *this, fmt::format(".{}", member));
}

std::vector<std::string> JsonValue::members() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : json_.items()) names.push_back(name);
  return names;
}

nlohmann::json parse_json(std::string_view text, const std::string& file) {
  try {
    return nlohmann::json::parse(text, ParseGuard(file));
  } catch (const nlohmann::json::parse_error& error) {
    const std::string_view before = text.substr(0, std::min(error.byte, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    throw InputError({file, static_cast<int>(line)}, fmt::format("no JSON: {}", reason_of(error.what())));
  } catch (const nlohmann::json::exception& error) {
    throw InputError({file, 0}, fmt::format("no JSON: {}", reason_of(error.what())));
  }
}

}  // namespace hwcost
