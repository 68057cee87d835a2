// What an importer says that it did to a model file, for people and as JSON.
#pragma once

#include <string>
#include <vector>

namespace hwcost::command {

// As ImportFact of the ONNX importer, which not every build has.
struct ExplainedFact {
  std::string kind;
  std::string node;
  std::string op;
  std::string value;
  std::string detail;
};

// Facts of a kind under each other, equal ones in one row with the number of their nodes.
std::string explanation_table(const std::vector<ExplainedFact>& facts);

// One object: "facts", each with kind, node, op, value and detail.
std::string explanation_json(const std::string& file, const std::vector<ExplainedFact>& facts);

}  // namespace hwcost::command
