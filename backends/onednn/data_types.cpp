#include "data_types.hpp"

namespace hwcost::onednn {
namespace {

std::optional<Type> floating_type(NumberFormat format) {
  if (format == kFloat32) return Type::f32;
  if (format == NumberFormat{16.0, NumberFormat::Kind::brain}) return Type::bf16;
  return std::nullopt;
}

}  // namespace

std::optional<Type> activation_type(NumberFormat format) {
  if (!format.is_integer()) return floating_type(format);
  if (format.bits == 8.0) return Type::u8;
  if (format.bits == 32.0) return Type::s32;
  return std::nullopt;
}

std::optional<Type> weight_type(NumberFormat format) {
  if (!format.is_integer()) return floating_type(format);
  if (format.bits == 8.0) return Type::s8;
  return std::nullopt;
}

bool computes_integers(Type type) { return type == Type::u8 || type == Type::s8 || type == Type::s32; }

dnnl::memory::desc dense(const Shape& shape, Type type) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * shape[i];
  return {shape, type, strides};
}

dnnl::memory::desc any_layout(const Shape& shape, Type type) { return {shape, type, dnnl::memory::format_tag::any}; }

}  // namespace hwcost::onednn
