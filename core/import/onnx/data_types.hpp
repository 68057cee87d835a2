// TensorProto.DataType, and the number formats that it names.
#pragma once

#include <cstdint>

#include "hwcost/precision.hpp"

namespace hwcost::onnx {

enum DataType : std::int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kFloat8E4M3FN = 17,
  kFloat8E4M3FNUZ = 18,
  kFloat8E5M2 = 19,
  kFloat8E5M2FNUZ = 20,
  kUint4 = 21,
  kInt4 = 22,
  kFloat4E2M1 = 23,
  kFloat8E8M0 = 24,
  kUint2 = 25,
  kInt2 = 26,
};

// How an element of that type is stored; 32-bit float where the type is undefined, 8-bit integers for bool.
NumberFormat format_of(std::int32_t type);

// Whether ONNX defines the type; 0 it does not.
[[nodiscard]] bool is_known_type(std::int32_t type);

[[nodiscard]] bool is_integer_type(std::int32_t type);

// What quantisers make and dequantisers read: integers, and floats of 8 bits and fewer.
[[nodiscard]] bool is_quantized_type(std::int32_t type);

}  // namespace hwcost::onnx
