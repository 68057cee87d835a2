// A model without the elements of its weights: what the importer reads of a file, as a protocol buffer of its own.
#pragma once

#include <string>

#include "byte_source.hpp"

namespace hwcost::onnx {

// The model's message with the elements of large tensors, texts for people and unknown fields left out; tensors without
// their elements look like those of external data. Its size does not depend on the weights': elements of up to 4 KiB a
// tensor are kept; of tensors of up to 65 536 integers or 64 KiB of others as many as 16 MiB in all.
// Throws InputError where lengths do not fit their message or messages lie too deep in each other.
std::string read_skeleton(const ByteSource& source, const std::string& file);

}  // namespace hwcost::onnx
