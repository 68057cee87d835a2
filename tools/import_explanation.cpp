#include "import_explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "text_table.hpp"

namespace hwcost::command {
namespace {

// What equal facts are about: their nodes, or their values where no node is concerned.
struct Row {
  std::size_t count = 0;
  std::vector<std::string> subjects;  // the first ones
};

constexpr std::size_t kShownSubjects = 3;

std::string subject(const ExplainedFact& fact) {
  if (fact.node.empty()) return fact.value;
  return fact.value.empty() || fact.value == fact.node ? fact.node : fmt::format("{} ({})", fact.node, fact.value);
}

std::string subjects(const Row& row) {
  std::string text = fmt::format("{}", fmt::join(row.subjects, ", "));
  if (row.count > row.subjects.size()) text += fmt::format(" and {} more", row.count - row.subjects.size());
  return text;
}

std::string section(const std::string& kind, const std::vector<const ExplainedFact*>& facts) {
  using Key = std::pair<std::string, std::string>;  // operator, detail
  std::map<Key, Row> rows;
  std::vector<Key> order;
  for (const ExplainedFact* fact : facts) {
    const auto [row, is_new] = rows.try_emplace({fact->op, fact->detail});
    if (is_new) order.push_back(row->first);
    ++row->second.count;
    if (row->second.subjects.size() < kShownSubjects) row->second.subjects.push_back(subject(*fact));
  }
  TextTable table({{"times"}, {"operator", Align::left}, {"what", Align::left}, {"where", Align::left}});
  for (const Key& key : order) {
    const Row& row = rows.at(key);
    table.add_row({fmt::format("{}", row.count), key.first, key.second, subjects(row)});
  }
  return fmt::format("{}: {}\n{}", kind, facts.size(), table.text());
}

}  // namespace

std::string explanation_table(const std::vector<ExplainedFact>& facts) {
  std::vector<std::pair<std::string, std::vector<const ExplainedFact*>>> kinds;  // in order of appearance
  for (const ExplainedFact& fact : facts) {
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) { return entry.first == fact.kind; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {fact.kind, {}});
    kind->second.push_back(&fact);
  }
  std::string text;
  for (const auto& [kind, of_kind] : kinds) text += (text.empty() ? "" : "\n") + section(kind, of_kind);
  return text;
}

std::string explanation_json(const std::string& file, const std::vector<ExplainedFact>& facts) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const ExplainedFact& fact : facts) {
    list.push_back(
        {{"kind", fact.kind}, {"node", fact.node}, {"op", fact.op}, {"value", fact.value}, {"detail", fact.detail}});
  }
  const Json document = {{"file", file}, {"facts", std::move(list)}};
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace hwcost::command
