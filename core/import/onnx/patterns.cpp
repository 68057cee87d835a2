#include "patterns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "extents.hpp"
#include "folding.hpp"
#include "tensor_values.hpp"

namespace hwcost::onnx {
namespace {

constexpr std::size_t kLargestGroup = 12;
constexpr std::array<double, 8> kSamples{-4.1, -2.3, -0.9, -0.2, 0.3, 1.1, 2.6, 5.2};
using Samples = std::array<double, kSamples.size()>;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double hard_sigmoid(double x) { return std::clamp(x / 6.0 + 0.5, 0.0, 1.0); }
double gelu(double x) { return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0))); }
double gelu_by_tanh(double x) { return 0.5 * x * (1.0 + std::tanh(0.7978845608 * (x + 0.044715 * x * x * x))); }

struct Known {
  Op op;
  double (*function)(double);
};

constexpr std::array<Known, 7> kKnown{{
    {Op::hard_swish, [](double x) { return x * hard_sigmoid(x); }},
    {Op::silu, [](double x) { return x * sigmoid(x); }},
    {Op::gelu, gelu},
    {Op::gelu, gelu_by_tanh},
    {Op::gelu, [](double x) { return x * sigmoid(1.702 * x); }},
    {Op::mish, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {Op::hard_sigmoid, hard_sigmoid},
}};

std::optional<Op> recognize(const Samples& results) {
  for (const Known& known : kKnown) {
    bool agrees = true;
    for (std::size_t k = 0; k < kSamples.size(); ++k) {
      agrees = agrees && std::fabs(results[k] - known.function(kSamples[k])) < 1e-5 * (1.0 + std::fabs(kSamples[k]));
    }
    if (agrees) return known.op;
  }
  return std::nullopt;
}

double attribute(const Node& node, std::string_view name, double fallback) {
  for (const Attribute& a : node.attributes) {
    if (a.name == name && a.real) return *a.real;
  }
  return fallback;
}

class PatternFinder {
 public:
  PatternFinder(const Body& body, const ValueUses& uses, const std::string& file)
      : body_(body), uses_(uses), file_(file) {
    for (const StoredTensor& tensor : body.initializers) keep_scalar(tensor.name, tensor);
    for (const Node& node : body.nodes) keep_constant(node);
  }

  Patterns find() {
    // From the end, so that a function is found before the smaller ones within it.
    for (std::size_t k = body_.nodes.size(); k-- > 0;) {
      const Node& node = body_.nodes[k];
      const bool is_last = (node.type == "Mul" || node.type == "Div") && is_elementwise(node);
      if (is_last && !found_.absorbed.contains(&node)) grow(k);
    }
    return std::move(found_);
  }

 private:
  using Group = std::map<std::size_t, const Node*>;  // by position

  void keep_constant(const Node& node) {
    if (node.type != "Constant" || node.outputs.size() != 1) return;
    for (const Attribute& a : node.attributes) {
      if (a.name == "value" && a.tensor) keep_scalar(node.outputs[0], *a.tensor);
      if (a.name == "value_float" && a.real) scalars_[node.outputs[0]] = *a.real;
    }
  }

  // The node that writes the value; nothing where none does.
  [[nodiscard]] std::optional<std::size_t> writer(std::string_view name) const {
    const ValueUses::Id value = uses_.find(name);
    if (value == ValueUses::kNone || uses_.writer(value) == ValueUses::kNone) return std::nullopt;
    return uses_.writer(value);
  }

  void keep_scalar(std::string_view name, const StoredTensor& tensor) {
    if (elements(tensor.dims) != 1.0) return;
    const auto contents = read_elements(tensor, file_);
    if (contents && contents->size() == 1) scalars_[name] = contents->front();
  }

  [[nodiscard]] static bool is_elementwise(const Node& node) {
    constexpr std::size_t kMostOperands = 3;  // of Clip
    if (!node.domain.empty() || node.outputs.size() != 1 || node.inputs.size() > kMostOperands) return false;
    return node.type == "HardSigmoid" || node.type == "Clip" || unary_function(node.type) != nullptr ||
           binary_function(node.type, false) != nullptr;
  }

  // Values that the group reads and neither writes nor knows.
  [[nodiscard]] std::unordered_set<std::string_view> boundary(const Group& group) const {
    std::unordered_set<std::string_view> names;
    for (const auto& [position, node] : group) {
      for (const std::string_view input : node->inputs) {
        const std::optional<std::size_t> written = writer(input);
        const bool inside = written && group.contains(*written);
        if (!inside && !input.empty() && !scalars_.contains(input)) names.insert(input);
      }
    }
    return names;
  }

  // Takes in the latest node that writes something the group reads, until the group has one input and is known.
  void grow(std::size_t last) {
    Group group{{last, &body_.nodes[last]}};
    while (group.size() <= kLargestGroup) {
      const auto names = boundary(group);
      if (names.size() == 1 && group.size() > 1) {
        const std::optional<Op> op = recognized(group, *names.begin());
        if (op) return accept(group, last, *op, *names.begin());
      }
      const std::optional<std::size_t> next = latest_writer(names);
      if (!next) return;
      group.emplace(*next, &body_.nodes[*next]);
    }
  }

  [[nodiscard]] std::optional<std::size_t> latest_writer(const std::unordered_set<std::string_view>& names) const {
    std::optional<std::size_t> latest;
    for (const std::string_view name : names) {
      const std::optional<std::size_t> written = writer(name);
      if (written && (!latest || *written > *latest)) latest = written;
    }
    if (!latest || !is_elementwise(body_.nodes[*latest]) || found_.absorbed.contains(&body_.nodes[*latest]) ||
        found_.last_nodes.contains(&body_.nodes[*latest])) {
      return std::nullopt;
    }
    return latest;
  }

  [[nodiscard]] std::optional<Op> recognized(const Group& group, std::string_view input) const {
    if (!is_closed(group)) return std::nullopt;
    Samples results{};
    for (std::size_t k = 0; k < kSamples.size(); ++k) {
      const std::optional<double> result = evaluate(group, input, kSamples[k]);
      if (!result) return std::nullopt;
      results[k] = *result;
    }
    return recognize(results);
  }

  // Nobody outside reads what a node of the group, the last one apart, writes.
  [[nodiscard]] bool is_closed(const Group& group) const {
    std::unordered_map<std::string_view, std::size_t> inside;
    for (const auto& [position, node] : group) {
      for (const std::string_view input : node->inputs) ++inside[input];
    }
    const std::size_t last = group.rbegin()->first;
    return std::all_of(group.begin(), group.end(), [&](const auto& entry) {
      if (entry.first == last) return true;
      const std::string_view output = entry.second->outputs[0];
      const ValueUses::Id value = uses_.find(output);
      return value != ValueUses::kNone && inside[output] == uses_.read_count(value);
    });
  }

  [[nodiscard]] std::optional<double> evaluate(const Group& group, std::string_view input, double x) const {
    std::unordered_map<std::string_view, double> values{{input, x}};
    double result = 0.0;
    for (const auto& [position, node] : group) {  // the file's order: an operand that comes later is not found
      std::vector<std::optional<double>> operands;
      for (const std::string_view name : node->inputs) {
        const auto value = values.find(name);
        const auto scalar = scalars_.find(name);
        if (value != values.end())
          operands.emplace_back(value->second);
        else if (scalar != scalars_.end())
          operands.emplace_back(scalar->second);
        else if (name.empty())
          operands.emplace_back();
        else
          return std::nullopt;
      }
      const std::optional<double> output = apply(*node, operands);
      if (!output) return std::nullopt;
      result = values[node->outputs[0]] = *output;
    }
    return result;
  }

  [[nodiscard]] static std::optional<double> apply(const Node& node,
                                                   const std::vector<std::optional<double>>& operands) {
    if (operands.empty() || !operands[0]) return std::nullopt;
    const double x = *operands[0];
    if (node.type == "HardSigmoid") {
      return std::clamp(attribute(node, "alpha", 0.2) * x + attribute(node, "beta", 0.5), 0.0, 1.0);
    }
    if (node.type == "Clip") {
      const auto bound = [&](std::size_t k, std::string_view name, double fallback) {
        return operands.size() > k && operands[k] ? *operands[k] : attribute(node, name, fallback);
      };
      return std::min(std::max(x, bound(1, "min", -HUGE_VAL)), bound(2, "max", HUGE_VAL));
    }
    if (const UnaryFunction function = unary_function(node.type)) return function(x);
    const BinaryFunction function = binary_function(node.type, false);
    if (function == nullptr || operands.size() != 2 || !operands[1]) return std::nullopt;
    return function(x, *operands[1]);
  }

  void accept(const Group& group, std::size_t last, Op op, std::string_view input) {
    for (const auto& [position, node] : group) {
      if (position != last) found_.absorbed.insert(node);
    }
    found_.last_nodes[&body_.nodes[last]] = {.op = op, .input = input, .nodes = group.size()};
  }

  const Body& body_;
  const ValueUses& uses_;
  const std::string& file_;
  NameMap<double> scalars_;
  Patterns found_;
};

}  // namespace

Patterns find_patterns(const Body& body, const ValueUses& uses, const std::string& file) {
  return PatternFinder(body, uses, file).find();
}

}  // namespace hwcost::onnx
