#include "json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

#include "did_you_mean.hpp"
#include "hwcost/error.hpp"
#include "limits.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kDeepestNesting = 32;

// Reads a document before it is parsed, for what the parser itself accepts. (The parser's own callback would be asked
// in the same pass, but then each object's end costs a walk over the whole array that it is in.)
class ParseGuard final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit ParseGuard(const std::string& file) : file_(file) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool key(string_t& name) override {
    if (members_.back().insert(name).second) return true;
    fail(fmt::format("member {} is there twice in one object", in_quotes(name)));
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;  // the parser will throw it
  }

 private:
  bool enter() {
    if (members_.size() >= kDeepestNesting) fail(fmt::format("values are nested more than {} deep", kDeepestNesting));
    members_.emplace_back();
    return true;
  }
  bool leave() {
    members_.pop_back();
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const { throw InputError({file_, 0}, what); }

  const std::string& file_;
  std::vector<std::set<std::string>> members_;  // of the objects and arrays that are open
};

// Whether the number has been rounded neither to a double by us nor, where it is one, by the parser.
bool is_exact(const nlohmann::json& number, double value) {
  if (std::abs(value) < kLargestExactCount) return true;
  if (number.is_number_unsigned()) return number.get<std::uint64_t>() == static_cast<std::uint64_t>(kLargestExactCount);
  return false;
}

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
  const auto value = json_.get<double>();
  if (!is_exact(json_, value)) fail(fmt::format("{} is beyond 2^53, up to which numbers are exact", json_.dump()));
  return value;
}

double JsonValue::real() const {
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

JsonValue JsonValue::member(std::string_view name) const {
  check_object();
  const auto it = json_.find(name);
  if (it == json_.end()) fail(fmt::format("has no field '{}'", name));
  return {*it, *this, fmt::format(".{}", name)};
}

void JsonValue::refuse_others(const std::vector<std::string>& known) const {
  check_object();
  for (const auto& [name, value] : json_.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    fail(fmt::format("unknown field {}{}", in_quotes(name), did_you_mean(name, known)));
  }
}

void JsonValue::check_schema(std::string_view wanted) const {
  check_object();
  const std::optional<JsonValue> schema = find("schema");
  if (!schema) fail(fmt::format("has no field 'schema': wanted \"{}\"", wanted));
  if (schema->text() != wanted) schema->fail(fmt::format("is {}, wanted '{}'", in_quotes(schema->text()), wanted));
}

nlohmann::json parse_json(std::string_view text, const std::string& file) {
  try {
    ParseGuard guard(file);
    nlohmann::json::sax_parse(text, &guard);
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const std::string_view before = text.substr(0, std::min(error.byte, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    throw InputError({file, static_cast<int>(line)}, fmt::format("no JSON: {}", reason_of(error.what())));
  } catch (const nlohmann::json::exception& error) {
    throw InputError({file, 0}, fmt::format("no JSON: {}", reason_of(error.what())));
  }
}

}  // namespace hwcost
