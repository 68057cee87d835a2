// What a description of backend onednn says: the instruction set that kernels may use, and whether integers below 8 bit
// are priced at 8 bit; the rest is the host's own.
#pragma once

#include <string_view>

#include "hwcost/description.hpp"
#include "hwcost/parameters.hpp"

namespace hwcost::onednn {

struct Params {
  double vector_bits = 0.0;       // 0: whatever the host has
  double int8_dot_product = 0.0;  // 0 or 1
  double least_width = 0.0;       // narrower integers are priced at this width; 0: they are refused

  template <class Self, class F>
  static void visit(Self& p, F&& f) {
    f(Key{"isa.vector", "bit", 256.0, 512.0, false}, p.vector_bits);
    f(Key{"isa.int8_dot_product", "", 0.0, 1.0, false}, p.int8_dot_product);
    f(Key{"integers.least_width", "bit", 8.0, 8.0, false}, p.least_width);
  }
};

// Throws InputError where the instruction set is none that oneDNN can be held to.
inline Params read_params(const Description& description) {
  const auto params = read_parameters<Params>(description);
  const bool is_known = params.int8_dot_product == 0.0
                            ? params.vector_bits == 0.0 || params.vector_bits == 256.0 || params.vector_bits == 512.0
                            : params.int8_dot_product == 1.0 && params.vector_bits == 512.0;
  if (!is_known) {
    throw InputError(
        description.backend_place(),
        "isa.vector and isa.int8_dot_product name no instruction set: wanted 256 bit and 0 (AVX2), 512 bit "
        "and 0 (AVX-512), 512 bit and 1 (AVX-512 VNNI), or neither (the host's own)");
  }
  return params;
}

}  // namespace hwcost::onednn
