// The IR read from JSON: strictly, every fault with its path in the document.
#include <fmt/format.h>

#include <type_traits>

#include "did_you_mean.hpp"
#include "graph_fields.hpp"
#include "hwcost/error.hpp"
#include "hwcost/import/json.hpp"
#include "json_value.hpp"
#include "text_file.hpp"

namespace hwcost {
namespace {

constexpr std::string_view kSchema = "hwcost-ir/1";
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

void read(const JsonValue& json, double& value) { value = json.number(); }
void read(const JsonValue& json, bool& value) { value = json.flag(); }
void read(const JsonValue& json, std::size_t& value) { value = json.index(); }
void read(const JsonValue& json, std::string& value) { value = json.text(); }

void read(const JsonValue& json, Op& value) {
  const std::optional<Op> op = op_named(json.text());
  if (!op) {
    std::vector<std::string> known;
    for (const OpInfo& known_op : kOps) known.emplace_back(known_op.name);
    json.fail(fmt::format("unknown operator {}{}", in_quotes(json.text()), did_you_mean(json.text(), known)));
  }
  value = *op;
}

void read(const JsonValue& json, NumberFormat& value) {
  const std::optional<NumberFormat> format = number_format_from(json.text());
  if (!format) {
    json.fail(fmt::format("{} is no format: wanted \"0\" to \"64\", or one of f4, f8, f16, bf16, f32, f64",
                          in_quotes(json.text())));
  }
  value = *format;
}

template <ListsJsonFields Struct>
void read(const JsonValue& json, Struct& value);

template <class T>
void read(const JsonValue& json, std::optional<T>& value) {
  read(json, value.emplace());
}

template <class T>
void read(const JsonValue& json, std::vector<T>& values) {
  values.resize(json.size());
  for (std::size_t i = 0; i < values.size(); ++i) read(json[i], values[i]);
}

template <class Struct>
class Reader {
 public:
  Reader(const JsonValue& object, Struct& value, std::vector<std::string>& known)
      : object_(object), value_(value), known_(known) {}

  template <class T>
  void required(const char* name, T Struct::*member) {
    known_.emplace_back(name);
    read(object_.member(name), value_.*member);
  }
  template <class T>
  void optional(const char* name, T Struct::*member) {
    if (object_.find(name)) {
      required(name, member);
    } else {
      known_.emplace_back(name);
    }
  }
  void extents(const char* name, Op Struct::*op, Dims Struct::*dims) {
    known_.emplace_back(name);
    value_.*dims = read_extents<0>(info(value_.*op).family, object_.member(name));
  }
  template <class T>
  void inlined(T Struct::*member) {
    Reader<T> reader(object_, value_.*member, known_);
    JsonFields<T>::list(reader);
  }

 private:
  // The family's alternative of Dims, and its members.
  template <std::size_t Alternative>
  static Dims read_extents(Family family, const JsonValue& object);

  const JsonValue& object_;
  Struct& value_;
  std::vector<std::string>& known_;
};

template <class Struct>
template <std::size_t Alternative>
Dims Reader<Struct>::read_extents(Family family, const JsonValue& object) {
  using D = std::variant_alternative_t<Alternative, Dims>;
  if (family != D::kFamily) {
    if constexpr (Alternative + 1 < std::variant_size_v<Dims>) return read_extents<Alternative + 1>(family, object);
  }
  object.check_object();
  D extents;
  std::vector<std::string> known;
  for (const auto& [member, pointer] : D::kMembers) {
    known.emplace_back(member);
    if (const std::optional<JsonValue> field = object.find(member)) extents.*pointer = field->number();
  }
  object.refuse_others(known);
  return extents;
}

template <ListsJsonFields Struct>
void read_fields(const JsonValue& json, Struct& value, std::vector<std::string> known) {
  json.check_object();
  Reader<Struct> reader(json, value, known);
  JsonFields<Struct>::list(reader);
  json.refuse_others(known);
}

template <ListsJsonFields Struct>
void read(const JsonValue& json, Struct& value) {
  if constexpr (std::is_same_v<Struct, WeightFormat>) {
    if (json.is_text()) return read(json, value.uniform);
  }
  read_fields(json, value, {});
}

}  // namespace

Graph read_graph_json(std::string_view text, const std::string& file) {
  const nlohmann::json json = parse_json(text, file);
  const JsonValue document(json, file);
  document.check_schema(kSchema);
  Graph graph;
  read_fields(document, graph, {"schema"});
  const std::string read_from = std::exchange(graph.file, file);  // faults are this file's
  validate(graph);
  graph.file = read_from;
  return graph;
}

Graph read_graph_json(const std::filesystem::path& file) {
  return read_graph_json(read_text_file(file, kMostBytes), file.string());
}

}  // namespace hwcost
