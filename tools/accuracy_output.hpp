// Comparisons of prices with measurements in each format, as text.
#pragma once

#include <string>
#include <vector>

#include "hwcost/compare/comparison.hpp"
#include "learning_curves.hpp"

namespace hwcost::command {

// For people: every layer (unless `only_summary`), errors by kind, sums, the worst ten, and what is left out and why.
std::string accuracy_table(const Comparison& comparison, bool only_summary);
// A row a layer.
std::string accuracy_csv(const Comparison& comparison);
// One object, by schemas/hwcost-accuracy-1.schema.json.
std::string accuracy_json(const Comparison& comparison, const std::vector<LearningCurve>& curves = {});
// A page of charts and tables that needs no other file: it holds the JSON document, what draws it, and the library of
// charts that is in third_party/.
std::string accuracy_page(const Comparison& comparison, const std::vector<LearningCurve>& curves);

// What a person is told of the price of a compared layer that is off: what bounds it, the shares of its causes, in
// which way it is only near.
std::string explanation(const ComparedLayer& layer);

}  // namespace hwcost::command
