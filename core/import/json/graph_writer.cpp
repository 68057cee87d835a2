// The IR written as JSON: a tensor and a node a line.
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "graph_fields.hpp"
#include "hwcost/import/json.hpp"
#include "limits.hpp"

namespace hwcost {
namespace {

using Json = nlohmann::ordered_json;

// Whole numbers without the ".0" that a double would get.
Json to_json(double value) {
  if (value == std::floor(value) && std::abs(value) <= kLargestExactCount) return static_cast<std::int64_t>(value);
  return value;
}
Json to_json(bool value) { return value; }
Json to_json(std::size_t value) { return value; }
Json to_json(const std::string& value) { return value; }
Json to_json(Op op) { return name(op); }
Json to_json(const NumberFormat& format) { return to_text(format); }

template <ListsJsonFields Struct>
Json to_json(const Struct& value);

template <class T>
Json to_json(const std::optional<T>& value) {
  return value ? to_json(*value) : Json();
}

template <class T>
Json to_json(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(to_json(value));
  return array;
}

// Extents that are not as in a new struct.
Json extents_to_json(const Dims& dims) {
  return std::visit(
      []<class D>(const D& extents) {
        Json object = Json::object();
        for (const auto& [member, pointer] : D::kMembers) {
          if (extents.*pointer != D{}.*pointer) object[std::string(member)] = to_json(extents.*pointer);
        }
        return object;
      },
      dims);
}

template <class Struct>
class Writer {
 public:
  Writer(Json& object, const Struct& value) : object_(object), value_(value) {}

  template <class T>
  void required(const char* name, T Struct::*member) {
    object_[name] = to_json(value_.*member);
  }
  template <class T>
  void optional(const char* name, T Struct::*member) {
    static const Struct kStandard{};
    if (!(value_.*member == kStandard.*member)) required(name, member);
  }
  void extents(const char* name, Op Struct::*, Dims Struct::*dims) { object_[name] = extents_to_json(value_.*dims); }
  template <class T>
  void inlined(T Struct::*member) {
    Writer<T> writer(object_, value_.*member);
    JsonFields<T>::list(writer);
  }

 private:
  Json& object_;
  const Struct& value_;
};

template <ListsJsonFields Struct>
Json to_json(const Struct& value) {
  if constexpr (std::is_same_v<Struct, WeightFormat>) {
    if (!value.is_mixed() && value.by_channel.empty()) return to_json(value.uniform);
  }
  Json object = Json::object();
  Writer<Struct> writer(object, value);
  JsonFields<Struct>::list(writer);
  return object;
}

// Names come from files and may be no UTF-8: what is none becomes U+FFFD.
std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// An array of objects with one a line.
std::string lines_of(const Json& array) {
  std::string text = "[";
  const char* separator = "\n    ";
  for (const Json& element : array) {
    text += separator + to_text(element);
    separator = ",\n    ";
  }
  return text + (array.empty() ? "]" : "\n  ]");
}

}  // namespace

std::string graph_to_json(const Graph& graph) {
  std::string text = "{\n  \"schema\": \"hwcost-ir/1\"";
  const Json document = to_json(graph);
  for (const auto& [name, value] : document.items()) {
    const bool is_long = name == "tensors" || name == "nodes";
    text += ",\n  \"" + name + "\": " + (is_long ? lines_of(value) : to_text(value));
  }
  return text + "\n}\n";
}

}  // namespace hwcost
