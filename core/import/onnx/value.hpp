// What is known of a named value of the file: a tensor that flows between layers, or a constant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data_types.hpp"
#include "hwcost/graph.hpp"
#include "model.hpp"

namespace hwcost::onnx {

// Bits that differ along one axis of a weight tensor.
struct ChannelWidths {
  std::size_t axis = 0;
  std::vector<double> bits;
};

// The stored tensors behind a constant: what a layer owns that reads it, however often it was expanded on the way.
struct Origin {
  std::size_t parameter = 0;  // 0: nothing is stored (ConstantOfShape, Range, a tensor's shape)
  double elements = 0.0;      // as stored
  // Floats, or integers that a dequantiser reads. Others are masks, tables of indices, and what exporters write where
  // the model holds nothing: a node Constant that is one value throughout.
  bool learned = false;
};

// A part of what a constant was computed from, by its Origin.
struct OriginPart {
  std::size_t parameter = 0;
  double elements = 0.0;
};

struct Value {
  std::string_view name;
  std::optional<Shape> shape{};
  std::optional<std::string> unknown_since{};  // no shape: the node that stopped its inference, in words
  std::int32_t type = kFloat;                  // how the file stores it
  std::optional<NumberFormat> width{};         // what a quantiser made of it; holds until the next one
  std::optional<ChannelWidths> channel_widths{};

  bool constant = false;                 // a parameter, a literal, or computed from such alone
  std::size_t parameter = 0;             // constants: two values with the same number are one parameter
  Origin origin{};                       // constants
  const StoredTensor* stored = nullptr;  // constants: where the elements are
  std::shared_ptr<const std::vector<double>> contents{};  // constants: the elements where small and known

  std::optional<TensorId> tensor{};  // activations
  std::optional<NodeId> producer{};  // activations that a layer writes
  bool accumulates = false;          // activations: sums of integer products, which a scale turns into values
  bool is_scale = false;             // activations: a scale that was found at run time
  bool through_quantizer = false;    // activations: this name is the tensor as a quantiser rounds it
  // Which one of the tensor's quantisers; nothing where others read what it writes.
  std::optional<std::size_t> quantizer{};

  std::shared_ptr<const std::vector<Value>> sequence{};  // a sequence of known elements; then it has no shape
  // Its shape is the largest that it can have, or its elements come of such: what decides at run time, in words.
  std::shared_ptr<const std::string> bound{};

  // A constant of floats that is nobody's parameter.
  [[nodiscard]] bool is_literal() const { return constant && !origin.learned && !is_integer_type(type); }
  // See OperatorCall::is_parameter.
  [[nodiscard]] bool is_parameter(bool dequantizes) const {
    return constant && origin.elements > 1.0 && (origin.learned || dequantizes);
  }
  [[nodiscard]] NumberFormat format() const { return width ? *width : format_of(type); }
};

}  // namespace hwcost::onnx
