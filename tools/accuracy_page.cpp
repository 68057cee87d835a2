#include "accuracy_output.hpp"
#include "page_parts.hpp"

namespace hwcost::command {
namespace {

// Puts `text` in the place of the template's `{{name}}`.
void fill(std::string& page, std::string_view name, std::string_view text) {
  const std::string place = "{{" + std::string(name) + "}}";
  page.replace(page.find(place), place.size(), text);
}

// A JSON document within a script element: no `<` of a string may end it.
std::string within_script(std::string_view json) {
  std::string text;
  for (const char c : json) c == '<' ? text += "\\u003c" : text += c;
  return text;
}

}  // namespace

std::string accuracy_page(const Comparison& comparison, const std::vector<LearningCurve>& curves) {
  std::string page(page_parts::kPage);
  // From the last to the first, so that no part is searched for another one's place.
  fill(page, "script", page_parts::kScript);
  fill(page, "charts", page_parts::kCharts);
  fill(page, "comparison", within_script(accuracy_json(comparison, curves)));
  fill(page, "style", page_parts::kStyle);
  return page;
}

}  // namespace hwcost::command
