// Number formats as oneDNN's data types, and the shape of tensors.
#pragma once

#include <dnnl.hpp>
#include <optional>
#include <vector>

#include "hwcost/precision.hpp"

namespace hwcost::onednn {

using Shape = dnnl::memory::dims;
using Type = dnnl::memory::data_type;

// Nothing where oneDNN has no such type.
std::optional<Type> activation_type(NumberFormat format);  // 8 bit: unsigned
std::optional<Type> weight_type(NumberFormat format);      // 8 bit: signed
bool computes_integers(Type type);

// The strides of a dense tensor, last extent fastest.
dnnl::memory::desc dense(const Shape& shape, Type type);
// Whatever layout the primitive likes best.
dnnl::memory::desc any_layout(const Shape& shape, Type type);

}  // namespace hwcost::onednn
