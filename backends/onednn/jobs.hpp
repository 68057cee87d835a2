// The primitives, a function a family of operators, and what they share. Private to job_for().
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "data_types.hpp"
#include "job.hpp"

namespace hwcost::onednn {

using Answer = Expected<Job, Unsupported>;

inline tl::unexpected<Unsupported> refuse(std::string reason) { return tl::unexpected(Unsupported{std::move(reason)}); }

// The types of a layer's operands.
struct Types {
  Type input, weights, output;
  Type bias;  // of integers: 32 bit
};
// Those of a layer with weights or of a product.
Expected<Types, Unsupported> types_of(const Layer& layer);
// Those of a layer without: its weights' type means nothing.
Expected<Types, Unsupported> activation_types_of(const Layer& layer);

// Requantisation and activation on the way out. `scales` counts output channels; 1: one scale for all.
Expected<dnnl::primitive_attr, Unsupported> epilogue_of(const Layer& layer, const Types& types, std::int64_t scales);

// The layer's activation on the way out; the reason where oneDNN has no such one.
std::optional<Unsupported> append_activation(const Layer& layer, dnnl::primitive_attr& attributes);

// The primitive of a descriptor; refused where oneDNN has no kernel for it.
template <class Primitive>
Answer made(const typename Primitive::desc& desc, const dnnl::primitive_attr& attributes, const dnnl::engine& engine,
            std::vector<Operand> operands) {
  constexpr bool kAllowEmpty = true;
  typename Primitive::primitive_desc primitive(desc, attributes, engine, kAllowEmpty);
  if (!primitive) return refuse("oneDNN has no kernel for these extents and widths");
  // NOLINTNEXTLINE(cppcoreguidelines-slicing): the base owns the primitive; the rest would look for another one
  return Job{primitive, std::move(operands), {}};
}

Answer job_for_extents(const Layer& layer, const Convolution<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Linear<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const MatMul<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Pooling<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Elementwise<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Normalization<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Softmax<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Movement<>& dims, const dnnl::engine& engine);
Answer job_for_extents(const Layer& layer, const Lookup<>& dims, const dnnl::engine& engine);

// The primitive that copies so many elements from one type to another.
Answer copy_job(std::int64_t elements, const Types& types, const dnnl::engine& engine);

// Which element-wise primitive an operator is.
struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha = 0.0F, beta = 0.0F;
};
std::optional<Eltwise> eltwise_of(Op op);

}  // namespace hwcost::onednn
