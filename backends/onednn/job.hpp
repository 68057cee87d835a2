// What one oneDNN primitive needs to compute a layer: its descriptor and its operands.
#pragma once

#include <array>
#include <cstdint>
#include <dnnl.hpp>
#include <string>
#include <vector>

#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"

namespace hwcost::onednn {

enum class Role : std::uint8_t { input, weights, parameters, output };

// An operand as the layer's source has it, plain and dense; the primitive may want another layout.
struct Operand {
  int argument = 0;  // DNNL_ARG_SRC ...
  Role role = Role::input;
  dnnl::memory::desc plain;
};

struct Job {
  dnnl::primitive_desc_base primitive;
  std::vector<Operand> operands;
  std::string approximation;  // what of the layer the primitive does not do; empty: it does all of it
};

// Scale of the accumulators of requantised layers, by output channel: powers of two, so that a reference is exact.
HWCOST_EXPORT float output_scale(std::int64_t channel);

// Scales of the two operands of element-wise operators on integers, which bring both to one quantisation.
inline constexpr std::array kOperandScale{0.5F, 0.25F};

// The primitive of the layer, or why there is none. Activations of 8 bits are unsigned, weights signed.
// Not modelled: zero points; padding of pools is spread as evenly as it can be.
Expected<Job, Unsupported> job_for(const Layer& layer, const dnnl::engine& engine);

}  // namespace hwcost::onednn
