#include "data_types.hpp"

namespace hwcost::onnx {

NumberFormat format_of(std::int32_t type) {
  using Kind = NumberFormat::Kind;
  switch (type) {
    case kUint2:
    case kInt2:
      return integer(2.0);
    case kUint4:
    case kInt4:
      return integer(4.0);
    case kBool:
    case kString:
    case kUint8:
    case kInt8:
      return integer(8.0);
    case kUint16:
    case kInt16:
      return integer(16.0);
    case kUint32:
    case kInt32:
      return integer(32.0);
    case kUint64:
    case kInt64:
      return integer(64.0);
    case kFloat4E2M1:
      return {4.0, Kind::floating};
    case kFloat8E8M0:
    case kFloat8E4M3FN:
    case kFloat8E4M3FNUZ:
    case kFloat8E5M2:
    case kFloat8E5M2FNUZ:
      return {8.0, Kind::floating};
    case kFloat16:
      return {16.0, Kind::floating};
    case kBfloat16:
      return {16.0, Kind::brain};
    case kDouble:
    case kComplex64:
    case kComplex128:
      return {64.0, Kind::floating};
    default:
      return kFloat32;
  }
}

bool is_known_type(std::int32_t type) { return type > kUndefined && type <= kInt2; }

bool is_integer_type(std::int32_t type) {
  return type != kUndefined && type != kString && format_of(type).is_integer();
}

bool is_quantized_type(std::int32_t type) {
  return is_integer_type(type) || (type != kUndefined && type != kString && format_of(type).bits <= 8.0);
}

}  // namespace hwcost::onnx
