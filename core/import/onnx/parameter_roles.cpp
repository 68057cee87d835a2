#include "parameter_roles.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <unordered_set>

#include "data_types.hpp"

namespace hwcost::onnx {
namespace {

enum class Use { data, weight, neutral, passed_on };

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view type) {
  return std::find(list.begin(), list.end(), type) != list.end();
}

constexpr std::array<std::string_view, 8> kPassedOn{"Identity", "Cast",      "Transpose", "Reshape",
                                                    "Squeeze",  "Unsqueeze", "Flatten",   "Expand"};

// Their scales, zero points and bit widths are theirs.
constexpr std::array<std::string_view, 10> kQuantizers{"QuantizeLinear",
                                                       "DequantizeLinear",
                                                       "Quant",
                                                       "BipolarQuant",
                                                       "IntQuant",
                                                       "FloatQuant",
                                                       "Trunc",
                                                       "TRT_FP8QuantizeLinear",
                                                       "TRT_FP8DequantizeLinear",
                                                       "TRT_INT4DequantizeLinear"};

// Operators whose other operands are their weights.
struct DataOperands {
  std::string_view type;
  std::uint32_t positions;  // a bit for each operand that they work on
};

constexpr std::uint32_t kFirst = 1;
constexpr std::uint32_t at(std::initializer_list<unsigned> positions) {
  std::uint32_t bits = 0;
  for (const unsigned k : positions) bits |= std::uint32_t{1} << k;
  return bits;
}
constexpr std::uint32_t all_but(std::initializer_list<unsigned> positions) { return ~at(positions); }

constexpr auto kDataOperands = std::to_array<DataOperands>({
    {"Conv", kFirst},
    {"ConvTranspose", kFirst},
    {"ConvInteger", kFirst},
    {"FusedConv", at({0, 3})},
    {"DeformConv", at({0, 2, 4})},
    {"Gemm", kFirst},
    {"FusedGemm", kFirst},
    {"MatMulNBits", kFirst},
    {"MatMulIntegerToFloat", kFirst},
    {"DynamicQuantizeMatMul", kFirst},
    {"MoE", at({0, 1})},
    {"QMoE", at({0, 1})},
    {"LSTM", at({0, 4, 5, 6})},
    {"GRU", at({0, 4, 5})},
    {"RNN", at({0, 4, 5})},
    {"DynamicQuantizeLSTM", at({0, 4, 5, 6})},
    {"BatchNormalization", kFirst},
    {"LayerNormalization", kFirst},
    {"InstanceNormalization", kFirst},
    {"GroupNormalization", kFirst},
    {"RMSNormalization", kFirst},
    {"SimplifiedLayerNormalization", kFirst},
    {"SkipLayerNormalization", at({0, 1})},
    {"SkipSimplifiedLayerNormalization", at({0, 1})},
    {"EmbedLayerNormalization", at({0, 1, 7, 8})},
    {"BiasGelu", kFirst},
    {"FastGelu", kFirst},
    {"PRelu", kFirst},
    {"QAttention", at({0, 5, 8})},
    {"MultiHeadAttention", all_but({3})},
    {"GroupQueryAttention", all_but({7, 8})},
    {"QLinearConv", kFirst},
    {"QLinearMatMul", kFirst},
    {"QGemm", kFirst},
    {"QLinearLeakyRelu", kFirst},
    {"QLinearSigmoid", kFirst},
    {"QLinearSoftmax", kFirst},
    {"QLinearAveragePool", kFirst},
    {"QLinearGlobalAveragePool", kFirst},
});

// com.microsoft's projects its input; ONNX's has queries, keys and values.
constexpr DataOperands kProjectedAttention{"Attention", all_but({1, 2})};

const DataOperands* find_data_operands(const Node& node) {
  if (node.type == kProjectedAttention.type && node.domain == "com.microsoft") return &kProjectedAttention;
  const auto found = std::find_if(kDataOperands.begin(), kDataOperands.end(),
                                  [&](const DataOperands& entry) { return entry.type == node.type; });
  return found == kDataOperands.end() ? nullptr : &*found;
}

// Operators on a scale and a zero point behind each of their values.
struct QuantizedValues {
  std::string_view type;
  std::uint32_t positions;
};

constexpr auto kQuantizedValues = std::to_array<QuantizedValues>({
    {"QLinearAdd", at({0, 3})},
    {"QLinearMul", at({0, 3})},
    {"QLinearWhere", at({0, 1, 4})},
});

// Whether an Einsum multiplies matrices of which each belongs to one of the other operand: they share a label, or all
// of
// "...", that the result keeps.
bool has_common_batch(const Node& node) {
  const auto found = std::find_if(node.attributes.begin(), node.attributes.end(),
                                  [](const Attribute& a) { return a.name == "equation" && a.text; });
  if (found == node.attributes.end()) return false;
  const std::string_view equation = *found->text;
  const std::size_t comma = equation.find(',');
  const std::size_t arrow = equation.find("->");
  if (comma == std::string_view::npos || arrow == std::string_view::npos || comma > arrow) return false;
  const std::string_view left = equation.substr(0, comma);
  const std::string_view right = equation.substr(comma + 1, arrow - comma - 1);
  const std::string_view result = equation.substr(arrow + 2);
  return std::any_of(left.begin(), left.end(), [&](char label) {
    return label != ' ' && right.find(label) != std::string_view::npos && result.find(label) != std::string_view::npos;
  });
}

bool is_product(std::string_view type) {
  return type == "MatMul" || type == "MatMulInteger" || type == "FusedMatMul" || type == "TransposeMatMul";
}

constexpr std::array<std::string_view, 24> kNeutral{
    "Add",  "Sub",     "Mul", "Div",  "Pow",   "Max",   "Min",  "Where", "Concat", "Gather", "Equal", "Less",
    "Tile", "Greater", "Sum", "Mean", "Slice", "Shape", "Size", "And",   "Or",     "Xor",    "Mod",   "Split"};

Use use_of(const Node& node, std::size_t operand, std::size_t rank) {
  if (contains(kPassedOn, node.type)) return operand == 0 ? Use::passed_on : Use::neutral;
  const auto is_at = [&](std::uint32_t positions) { return operand < 32 && (positions >> operand & 1U) != 0; };
  if (const DataOperands* known = find_data_operands(node)) return is_at(known->positions) ? Use::data : Use::weight;
  if (contains(kQuantizers, node.type)) return operand == 0 ? Use::passed_on : Use::weight;
  const auto values = std::find_if(kQuantizedValues.begin(), kQuantizedValues.end(),
                                   [&](const QuantizedValues& entry) { return entry.type == node.type; });
  if (values != kQuantizedValues.end()) return is_at(values->positions) ? Use::neutral : Use::weight;
  if (node.type == "Einsum") return operand == 0 || has_common_batch(node) ? Use::data : Use::neutral;
  if (is_product(node.type)) {
    if (operand > 1) return Use::weight;
    return operand == 0 || rank > 2 ? Use::data : Use::weight;
  }
  if (contains(kNeutral, node.type)) return Use::neutral;
  return operand == 0 ? Use::data : Use::neutral;
}

struct Uses {
  bool data = false;
  bool weight = false;
  bool neutral = false;
};

class RoleFinder {
 public:
  RoleFinder(const Model& model, const ValueUses& uses) : model_(model), uses_(uses) {}

  // Follows the names that operators pass on; every name once.
  Uses uses(const ValueInfo& input) const {
    const std::size_t rank = input.shape ? input.shape->size() : 0;
    Uses result;
    std::vector<ValueUses::Id> values{uses_.find(input.name)};
    std::unordered_set<ValueUses::Id> seen{values.front(), ValueUses::kNone};
    while (!values.empty()) {
      const ValueUses::Id value = values.back();
      values.pop_back();
      if (value == ValueUses::kNone) continue;
      for (const auto& [position, operand] : uses_.readers(value)) {
        const Node& node = model_.nodes[position];
        if (operand >= node.inputs.size()) continue;
        switch (use_of(node, operand, rank)) {
          case Use::data:
            result.data = true;
            break;
          case Use::weight:
            result.weight = true;
            break;
          case Use::neutral:
            result.neutral = true;
            break;
          case Use::passed_on:
            for (const ValueUses::Id output : uses_.written_by(position)) {
              if (seen.insert(output).second) values.push_back(output);
            }
        }
      }
    }
    return result;
  }

 private:
  const Model& model_;
  const ValueUses& uses_;
};

bool has_free_dimension(const ValueInfo& input) {
  if (!input.shape) return true;
  return std::any_of(input.shape->begin(), input.shape->end(), [](const Dimension& d) { return !d.value; });
}

}  // namespace

ParameterRoles find_parameters(const Model& model, const ValueUses& uses, const OnnxOptions& options) {
  std::unordered_set<std::string_view> stored;
  for (const StoredTensor& tensor : model.initializers) stored.insert(tensor.name);
  const RoleFinder finder(model, uses);
  ParameterRoles roles;
  std::vector<std::string_view> undecided;
  std::vector<std::string_view> inputs;
  bool has_activation = false;
  for (const ValueInfo& input : model.inputs) {
    if (stored.contains(input.name)) continue;
    inputs.push_back(input.name);
    const Uses found = finder.uses(input);
    const bool is_given = options.input_shapes.contains(std::string(input.name));
    if (found.data || has_free_dimension(input) || is_given) {
      has_activation = true;
    } else if (found.weight) {
      roles.by_position.insert(input.name);
    } else if (found.neutral && !is_integer_type(input.type) && inputs.size() > 1) {
      undecided.push_back(input.name);
    } else {
      has_activation = true;
    }
  }
  if (!has_activation && !inputs.empty()) roles.by_position.erase(inputs.front());
  if (!roles.by_position.empty()) roles.by_neighbours.insert(undecided.begin(), undecided.end());
  return roles;
}

}  // namespace hwcost::onnx
