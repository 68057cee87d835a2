#include "description_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "calibration_fields.hpp"
#include "description_fields.hpp"
#include "description_files.hpp"
#include "did_you_mean.hpp"
#include "hwcost/sha256.hpp"
#include "info_reader.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kMaxInheritDepth = 8;  // files behind the one that is read, each inheriting the next
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestSummary = 400;

// The keys of a description's top level.
const std::vector<std::string>& head_keys() {
  static const std::vector<std::string> kKeys{"name",         "backend",    "summary", "inherit",
                                              "default_bits", "unmodelled", "formula", "uncounted_modules",
                                              "calibration",  "parameter"};
  return kKeys;
}

// Of these a child has its own or none.
bool is_never_inherited(std::string_view key) { return key == "name" || key == "summary" || key == "inherit"; }

void check_length(std::string_view key, const TextField& field, std::size_t most) {
  if (field.text.size() > most)
    throw InputError(field.place, fmt::format("'{}' has {} bytes, more than {}", key, field.text.size(), most));
}

// The fields whose text has a form of its own.
void check_form(std::string_view key, const TextField& field) {
  if (key == "name" || key == "backend") {
    check_name(key == "name" ? "the name" : "the backend", field);
    check_length(key, field, kLongestName);
  }
  if (key == "summary") check_length(key, field, kLongestSummary);
  if (key == "default_bits") (void)parse_default_bits(field);
  if (key == "unmodelled") (void)parse_unmodelled(field);
}

TextField text_field(const InfoNode& node, const std::string& file) {
  const SourcePlace place{file, node.line};
  if (!node.children.empty())
    throw InputError(place, fmt::format("{} takes a value, not a block", in_quotes(node.key)));
  if (node.value.find_first_not_of(' ') == std::string::npos)
    throw InputError(place, fmt::format("{} has no value", in_quotes(node.key)));
  TextField field{node.value, place};
  check_form(node.key, field);
  return field;
}

std::map<std::string, Parameter, std::less<>> parse_parameters(const InfoNode& block, const std::string& file) {
  if (!block.value.empty())
    throw InputError({file, block.line},
                     fmt::format("'parameter' takes a block, not the value {}", in_quotes(block.value)));
  for (std::size_t i = 1; i < block.children.size(); ++i) check_quoting(block.children, i, file);
  check_unique(block.children, file);
  std::map<std::string, Parameter, std::less<>> parameters;
  for (const InfoNode& node : block.children) parameters.emplace(node.key, parse_parameter(node, file));
  return parameters;
}

// A file is found by its name, so it must say the same.
template <class Document>
void check_name_is_stem(const Document& document, const std::filesystem::path& path) {
  const auto name = document.head.find("name");
  if (name == document.head.end()) throw InputError({path.string(), 0}, "'name' is missing");
  const std::string stem = path.stem().string();
  if (name->second.text == stem) return;
  throw InputError(name->second.place, fmt::format("the name {} is not that of the file, {}",
                                                   in_quotes(name->second.text), in_quotes(stem)));
}

bool say_the_same(const TextField& a, const TextField& b) { return a.text == b.text; }
bool say_the_same(const Parameter& a, const Parameter& b) {
  return a.text == b.text && a.source == b.source && a.kind == b.kind;
}

// Takes over what another parent says. Two that say something different leave the choice to the child: throws
// InputError unless `own` makes it.
template <class Fields>
void merge_parent(Fields& into, const Fields& parent, const Fields& own, const SourcePlace& inherit) {
  for (const auto& [key, field] : parent) {
    const auto [other, is_new] = into.emplace(key, field);
    if (is_new || say_the_same(other->second, field) || own.contains(key)) continue;
    throw InputError(
        inherit, fmt::format("{} is inherited twice, from {}:{} and {}:{}: say it here", in_quotes(key),
                             other->second.place.file, other->second.place.line, field.place.file, field.place.line));
  }
}

}  // namespace

Description DescriptionReader::read_file(const std::filesystem::path& path) {
  const std::string bytes = read_description_file(path);
  open_files_ = {file_identity(path)};
  const std::string file = path.string();
  const Document read = document(bytes, file);
  check_name_is_stem(read, path);
  return description(read, bytes, file);
}

Description DescriptionReader::read_text(std::string_view text, const std::string& file) {
  open_files_ = {file_identity(file)};
  return description(document(text, file), text, file);
}

DescriptionReader::Document DescriptionReader::own_document(std::string_view text, const std::string& file) {
  const std::vector<InfoNode> nodes = read_info(text, file);
  check_keys(nodes, head_keys(), file);
  check_unique(nodes, file);
  Document own;
  for (const InfoNode& node : nodes) {
    if (node.key == "parameter") {
      own.parameters = parse_parameters(node, file);
    } else if (node.key == "calibration") {
      own.calibration = parse_calibration(node, file);
    } else {
      own.head.emplace(node.key, text_field(node, file));
    }
  }
  return own;
}

DescriptionReader::Document DescriptionReader::document(std::string_view text, const std::string& file) {
  Document own = own_document(text, file);
  const auto inherit = own.head.find("inherit");
  if (inherit == own.head.end()) return own;
  const TextField field = inherit->second;
  Document from_parents;
  for (const std::string& name : parse_words(field)) {
    const Document& one = parent(name, field.place);
    merge_parent(from_parents.head, one.head, own.head, field.place);
    merge_parent(from_parents.parameters, one.parameters, own.parameters, field.place);
    own.height = std::max(own.height, one.height + 1);
  }
  own.head.merge(from_parents.head);
  own.parameters.merge(from_parents.parameters);
  return own;
}

const DescriptionReader::Document& DescriptionReader::parent(const std::string& name, const SourcePlace& named_at) {
  const std::filesystem::path path = find_description(name, named_at, search_);
  const std::string identity = file_identity(path);
  if (std::find(open_files_.begin(), open_files_.end(), identity) != open_files_.end())
    throw InputError(named_at, fmt::format("inherits from itself by way of {}", in_quotes(name)));
  const auto known = parents_.find(identity);
  const std::size_t height = known == parents_.end() ? 0 : known->second.height;
  if (open_files_.size() + height > kMaxInheritDepth)
    throw InputError(named_at, fmt::format("inherits over more than {} files", kMaxInheritDepth));
  if (known != parents_.end()) return known->second;

  const std::string file = path.string();
  inherited_files_.push_back(file);
  open_files_.push_back(identity);
  Document read = document(read_description_file(path), file);
  open_files_.pop_back();
  check_name_is_stem(read, path);
  std::erase_if(read.head, [](const auto& field) { return is_never_inherited(field.first); });
  read.calibration.reset();  // a child's numbers are not those that were fitted
  return parents_.emplace(identity, std::move(read)).first->second;
}

Description DescriptionReader::description(const Document& document, std::string_view text,
                                           const std::string& file) const {
  const auto field = [&](std::string_view key) -> std::optional<TextField> {
    const auto it = document.head.find(key);
    if (it == document.head.end()) return std::nullopt;
    return it->second;
  };
  const auto required = [&](std::string_view key) {
    if (auto found = field(key)) return *found;
    throw InputError({file, 0}, fmt::format("'{}' is missing", key));
  };
  Description d;
  d.file_ = file;
  d.sha256_ = sha256(text);
  d.inherited_files_ = inherited_files_;
  d.name_ = required("name").text;
  d.backend_ = required("backend");
  d.summary_ = field("summary").value_or(TextField{}).text;
  d.formula_ = field("formula");
  if (const auto bits = field("default_bits")) d.default_bits_ = parse_default_bits(*bits);
  if (const auto unmodelled = field("unmodelled")) d.unmodelled_ = parse_unmodelled(*unmodelled);
  if (const auto modules = field("uncounted_modules")) d.uncounted_modules_ = parse_words(*modules);
  d.parameters_ = document.parameters;
  d.calibration_ = document.calibration;
  return d;
}

}  // namespace hwcost
