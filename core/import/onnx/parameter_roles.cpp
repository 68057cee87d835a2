#include "parameter_roles.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

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

constexpr std::array<std::string_view, 2> kQuantizedBinary{"QLinearAdd", "QLinearMul"};

constexpr std::array<std::string_view, 24> kFirstIsData{"QLinearConv",
                                                        "QLinearMatMul",
                                                        "QGemm",
                                                        "QLinearLeakyRelu",
                                                        "QLinearSigmoid",
                                                        "QLinearSoftmax",
                                                        "QLinearAveragePool",
                                                        "QLinearGlobalAveragePool",
                                                        "MatMulIntegerToFloat",
                                                        "DynamicQuantizeMatMul",
                                                        "MatMulNBits",
                                                        "Conv",
                                                        "ConvTranspose",
                                                        "ConvInteger",
                                                        "Gemm",
                                                        "LSTM",
                                                        "BatchNormalization",
                                                        "LayerNormalization",
                                                        "InstanceNormalization",
                                                        "GRU",
                                                        "GroupNormalization",
                                                        "RMSNormalization",
                                                        "PRelu",
                                                        "RNN"};

constexpr std::array<std::string_view, 24> kNeutral{
    "Add",  "Sub",     "Mul", "Div",  "Pow",   "Max",   "Min",  "Where", "Concat", "Gather", "Equal", "Less",
    "Tile", "Greater", "Sum", "Mean", "Slice", "Shape", "Size", "And",   "Or",     "Xor",    "Mod",   "Split"};

Use use_of(const Node& node, std::size_t operand, std::size_t rank) {
  if (contains(kPassedOn, node.type)) return operand == 0 ? Use::passed_on : Use::neutral;
  if (contains(kFirstIsData, node.type)) return operand == 0 ? Use::data : Use::weight;
  if (contains(kQuantizers, node.type)) return operand == 0 ? Use::passed_on : Use::weight;
  if (contains(kQuantizedBinary, node.type)) return operand % 3 == 0 && operand < 6 ? Use::neutral : Use::weight;
  if (node.type == "MatMul" || node.type == "MatMulInteger") {
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
  explicit RoleFinder(const Model& model) {
    readers_.reserve(model.nodes.size() + model.initializers.size());
    for (const Node& node : model.nodes) {
      for (std::size_t k = 0; k < node.inputs.size(); ++k) readers_[node.inputs[k]].push_back({&node, k});
    }
  }

  // Follows the names that operators pass on; every name once.
  Uses uses(const ValueInfo& input) const {
    const std::size_t rank = input.shape ? input.shape->size() : 0;
    Uses result;
    std::vector<std::string_view> names{input.name};
    std::unordered_set<std::string_view> seen{input.name};
    while (!names.empty()) {
      const auto found = readers_.find(names.back());
      names.pop_back();
      if (found == readers_.end()) continue;
      for (const auto& [node, operand] : found->second) {
        switch (use_of(*node, operand, rank)) {
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
            for (const std::string_view output : node->outputs) {
              if (seen.insert(output).second) names.push_back(output);
            }
        }
      }
    }
    return result;
  }

 private:
  struct Reader {
    const Node* node;
    std::size_t operand;
  };
  std::unordered_map<std::string_view, std::vector<Reader>> readers_;
};

bool has_free_dimension(const ValueInfo& input) {
  if (!input.shape) return true;
  return std::any_of(input.shape->begin(), input.shape->end(), [](const Dimension& d) { return !d.value; });
}

}  // namespace

ParameterRoles find_parameters(const Model& model, const OnnxOptions& options) {
  std::unordered_set<std::string_view> stored;
  for (const StoredTensor& tensor : model.initializers) stored.insert(tensor.name);
  const RoleFinder finder(model);
  ParameterRoles roles;
  std::vector<std::string_view> undecided;
  std::vector<std::string_view> inputs;
  bool has_activation = false;
  for (const ValueInfo& input : model.inputs) {
    if (stored.contains(input.name)) continue;
    inputs.push_back(input.name);
    const Uses uses = finder.uses(input);
    const bool is_given = options.input_shapes.contains(std::string(input.name));
    if (uses.data || has_free_dimension(input) || is_given) {
      has_activation = true;
    } else if (uses.weight) {
      roles.by_position.insert(input.name);
    } else if (uses.neutral && !is_integer_type(input.type) && inputs.size() > 1) {
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
