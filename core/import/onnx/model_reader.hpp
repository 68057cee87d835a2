// Bytes of an ONNX file -> Model.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "model.hpp"

namespace hwcost::onnx {

// Views into `bytes`, which must outlive the result. Throws InputError, or a protozero::exception where the bytes are
// no protocol buffer.
Model read_model(std::span<const std::byte> bytes, const std::string& file);

}  // namespace hwcost::onnx
