// A value inside a JSON document, with its path for errors: "nodes[3].dims.kernel_height".
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcost {

// Points into a document; holds references to it and to the value above, which both outlive it.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& document, const std::string& file) : json_(document), file_(file) {}

  [[nodiscard]] bool is_text() const { return json_.is_string(); }
  [[nodiscard]] bool is_null() const { return json_.is_null(); }
  // Each throws InputError where the value is of another kind.
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] double number() const;      // of which the text says every digit: a count, a width
  [[nodiscard]] double real() const;        // the nearest double
  [[nodiscard]] std::size_t index() const;  // a whole number from 0 on
  [[nodiscard]] bool flag() const;
  [[nodiscard]] std::size_t size() const;  // of an array
  [[nodiscard]] JsonValue operator[](std::size_t i) const;
  void check_object() const;
  // Nothing where the object has no such member.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view member) const;
  // Throws InputError where the object has no such member.
  [[nodiscard]] JsonValue member(std::string_view name) const;
  // Throws InputError at a member that is none of these.
  void refuse_others(const std::vector<std::string>& known) const;
  // Throws InputError where this is no object with a member "schema" of that text.
  void check_schema(std::string_view wanted) const;

  // Throws InputError "file: error: nodes[3].op: <what>".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  JsonValue(const nlohmann::json& json, const JsonValue& above, std::string step)
      : json_(json), file_(above.file_), above_(&above), step_(std::move(step)) {}
  [[nodiscard]] std::string path() const;
  [[noreturn]] void fail_kind(std::string_view wanted) const;

  const nlohmann::json& json_;
  const std::string& file_;
  const JsonValue* above_ = nullptr;
  std::string step_;  // from above to here: ".op" or "[3]"
};

// The document in `text`. Throws InputError with the line: no JSON, a repeated member, nesting beyond 32.
nlohmann::json parse_json(std::string_view text, const std::string& file);

}  // namespace hwcost
