#include "description_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "did_you_mean.hpp"
#include "hwcost/error.hpp"
#include "hwcost/unit.hpp"

namespace hwcost {
namespace {

constexpr std::array kProvenances{std::pair{Provenance::measured, std::string_view("measured")},
                                  std::pair{Provenance::published, std::string_view("published")},
                                  std::pair{Provenance::rtl, std::string_view("rtl")},
                                  std::pair{Provenance::tool, std::string_view("tool")},
                                  std::pair{Provenance::fitted, std::string_view("fitted")},
                                  std::pair{Provenance::guessed, std::string_view("guessed")}};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

// A whole number of bits from the front of `text`, which it is removed from; nothing where there is none.
std::optional<double> take_bits(std::string_view& text) {
  constexpr int kMostBits = 64;
  int bits = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (fault != std::errc{} || bits < 1 || bits > kMostBits) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return bits;
}

Provenance parse_provenance(const TextField& field, const std::string& key) {
  std::vector<std::string> known;
  for (const auto& [kind, name] : kProvenances) {
    if (name == field.text) return kind;
    known.emplace_back(name);
  }
  throw InputError(field.place, fmt::format("{} has the unknown kind {}{}", in_quotes(key), in_quotes(field.text),
                                            did_you_mean(field.text, known)));
}

// "0 1e4": numbers in the unit of the value, which lies between them.
FreeRange parse_free(const TextField& field, const std::string& key, const NumberWithUnit& value) {
  const std::vector<std::string> words = parse_words(field);
  const auto number = [](const std::string& word) { return number_with_unit(word); };
  if (words.size() == 2) {
    const auto low = number(words[0]);
    const auto high = number(words[1]);
    const bool are_bare = low && high && low->unit_text.empty() && high->unit_text.empty();
    if (are_bare && low->number < high->number) {
      if (low->number <= value.number && value.number <= high->number)
        return {low->number * value.unit.factor, high->number * value.unit.factor};
      throw InputError(field.place, fmt::format("{} is free in {}, where its own value is not", in_quotes(key),
                                                in_quotes(field.text)));
    }
  }
  throw InputError(field.place,
                   fmt::format("{} is free in {}; two bare numbers in its unit, the lower one first, are wanted",
                               in_quotes(key), in_quotes(field.text)));
}

}  // namespace

std::string_view to_text(Provenance kind) {
  return std::find_if(kProvenances.begin(), kProvenances.end(), [&](const auto& p) { return p.first == kind; })->second;
}

void check_name(std::string_view what, const TextField& field) {
  if (!field.text.empty() && std::all_of(field.text.begin(), field.text.end(), is_name_character)) return;
  throw InputError(field.place, fmt::format("{} {} holds something else than letters, digits, '.', '_' and '-'", what,
                                            in_quotes(field.text)));
}

DefaultBits parse_default_bits(const TextField& field) {
  std::string_view rest = field.text;
  if (rest.starts_with('w')) {
    rest.remove_prefix(1);
    const auto weight = take_bits(rest);
    if (weight && rest.starts_with('a')) {
      rest.remove_prefix(1);
      const auto activation = take_bits(rest);
      if (activation && rest.empty()) return {*weight, *activation};
    }
  }
  throw InputError(field.place, fmt::format("'default_bits' is {}; widths from 1 to 64 as in 'w4a8' are wanted",
                                            in_quotes(field.text)));
}

Unmodelled parse_unmodelled(const TextField& field) {
  const std::vector<std::string> words = parse_words(field);
  using Policy = Unmodelled::Policy;
  if (words.size() == 1 && words[0] == "error") return {Policy::error, "", field.place};
  if (words.size() == 1 && words[0] == "free") return {Policy::free, "", field.place};
  if (words.size() == 2 && words[0] == "fallback") return {Policy::fallback, words[1], field.place};
  throw InputError(field.place, fmt::format("'unmodelled' is {}; wanted is error, free or \"fallback NAME\"",
                                            in_quotes(field.text)));
}

std::vector<std::string> parse_words(const TextField& field) {
  std::vector<std::string> words;
  std::string_view rest = field.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

void check_quoting(const std::vector<InfoNode>& nodes, std::size_t i, const std::string& file) {
  if (i == 0 || nodes[i - 1].line != nodes[i].line || !nodes[i - 1].children.empty()) return;
  const InfoNode& before = nodes[i - 1];
  throw InputError(
      {file, before.line},
      fmt::format("{} is read as the value of {} and {} as the next key: a value with spaces must be quoted",
                  in_quotes(before.value), in_quotes(before.key), in_quotes(nodes[i].key)));
}

void check_keys(const std::vector<InfoNode>& nodes, const std::vector<std::string>& known, const std::string& file) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (std::find(known.begin(), known.end(), nodes[i].key) != known.end()) continue;
    check_quoting(nodes, i, file);
    throw InputError({file, nodes[i].line},
                     fmt::format("unknown key {}{}", in_quotes(nodes[i].key), did_you_mean(nodes[i].key, known)));
  }
}

void check_unique(const std::vector<InfoNode>& nodes, const std::string& file) {
  std::map<std::string_view, int> lines;
  for (const InfoNode& node : nodes) {
    const auto [first, is_new] = lines.emplace(node.key, node.line);
    if (is_new) continue;
    throw InputError({file, node.line},
                     fmt::format("{} is given twice, first in line {}", in_quotes(node.key), first->second));
  }
}

Parameter parse_parameter(const InfoNode& node, const std::string& file) {
  const SourcePlace place{file, node.line};
  check_name("the parameter name", {node.key, place});
  if (node.value.empty()) throw InputError(place, fmt::format("{} has no value", in_quotes(node.key)));
  const auto number = number_with_unit(node.value);
  if (!number) throw InputError(place, fmt::format("{} is {}", in_quotes(node.key), number.error()));

  check_keys(node.children, {"source", "kind", "free"}, file);
  check_unique(node.children, file);
  std::optional<TextField> source;
  std::optional<TextField> kind;
  std::optional<TextField> free;
  for (const InfoNode& child : node.children) {
    if (!child.children.empty())
      throw InputError({file, child.line}, fmt::format("{} takes a value, not a block", in_quotes(child.key)));
    (child.key == "source" ? source : child.key == "kind" ? kind : free) = TextField{child.value, {file, child.line}};
  }
  if (!source || source->text.find_first_not_of(' ') == std::string::npos)
    throw InputError(place,
                     fmt::format("{} names no source: {{ source \"...\" kind ... }} is wanted", in_quotes(node.key)));
  if (!kind) {
    throw InputError(place, fmt::format("{} names no kind: measured, published, rtl, tool, fitted or guessed is wanted",
                                        in_quotes(node.key)));
  }
  return {.text = node.value,
          .value = number->number * number->unit.factor,
          .unit = number->unit,
          .source = source->text,
          .kind = parse_provenance(*kind, node.key),
          .free = free ? std::optional(parse_free(*free, node.key, *number)) : std::nullopt,
          .place = place};
}

}  // namespace hwcost
