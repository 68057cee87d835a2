// Elements of small constants, for folding shape computations and reading scales and bit widths.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model.hpp"

namespace hwcost::onnx {

inline constexpr double kLargestContents =
    65536.0;  // elements; larger constants are weights, whose values do not matter

// The elements in order; nothing for large tensors, external data, strings and formats below one byte's precision.
// Throws InputError where the tensor holds fewer bytes than its shape needs.
std::optional<std::vector<double>> read_elements(const StoredTensor& tensor, const std::string& file);

}  // namespace hwcost::onnx
