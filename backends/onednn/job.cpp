#include "job.hpp"

#include <array>
#include <cmath>

#include "hwcost/model_backend.hpp"
#include "jobs.hpp"

namespace hwcost::onednn {
namespace {

template <class D>
concept HasPrimitive = requires(const Layer& layer, const D& dims, const dnnl::engine& engine) {
  { job_for_extents(layer, dims, engine) } -> std::same_as<Answer>;
};

std::string no_type(std::string_view operand, NumberFormat format) {
  return fmt::format("{} of {}: oneDNN's kernels take 8-bit integers, f32 and bf16", operand,
                     format.is_integer() ? fmt::format("{} bit", format.bits) : to_text(format));
}

}  // namespace

float output_scale(std::int64_t channel) { return 1.0F / static_cast<float>(32 << channel % 3); }

std::optional<Eltwise> eltwise_of(Op op) {
  using dnnl::algorithm;
  switch (op) {
    case Op::relu:
      return Eltwise{algorithm::eltwise_relu};
    case Op::relu6:
    case Op::clip:
      return Eltwise{algorithm::eltwise_clip, 0.0F, 6.0F};
    case Op::leaky_relu:
      return Eltwise{algorithm::eltwise_relu, 0.01F};
    case Op::elu:
      return Eltwise{algorithm::eltwise_elu, 1.0F};
    case Op::sigmoid:
      return Eltwise{algorithm::eltwise_logistic};
    case Op::tanh:
      return Eltwise{algorithm::eltwise_tanh};
    case Op::silu:
      return Eltwise{algorithm::eltwise_swish, 1.0F};
    case Op::hard_swish:
      return Eltwise{algorithm::eltwise_hardswish};
    case Op::gelu:
      return Eltwise{algorithm::eltwise_gelu_erf};
    case Op::softplus:
      return Eltwise{algorithm::eltwise_soft_relu};
    case Op::mish:
      return Eltwise{algorithm::eltwise_mish};
    case Op::exp:
      return Eltwise{algorithm::eltwise_exp};
    case Op::log:
      return Eltwise{algorithm::eltwise_log};
    case Op::sqrt:
      return Eltwise{algorithm::eltwise_sqrt};
    case Op::abs:
      return Eltwise{algorithm::eltwise_abs};
    case Op::round:
      return Eltwise{algorithm::eltwise_round};
    default:
      return std::nullopt;
  }
}

Expected<Types, Unsupported> activation_types_of(const Layer& layer) {
  const Precision& p = layer.precision;
  const auto input = activation_type(p.input);
  if (!input || *input == Type::s32) return refuse(no_type("an input", p.input));
  const auto output = activation_type(p.output);
  if (!output) return refuse(no_type("an output", p.output));
  return Types{*input, *input, *output, computes_integers(*input) ? Type::s32 : Type::f32};
}

Expected<Types, Unsupported> types_of(const Layer& layer) {
  auto types = activation_types_of(layer);
  if (!types) return types;
  const NumberFormat format = layer.precision.weight.uniform;
  const auto weights = weight_type(format);
  if (!weights) return refuse(no_type("weights", format));
  if (computes_integers(*weights) != computes_integers(types->input))
    return refuse("integers are multiplied by floating-point numbers: oneDNN has no such kernel");
  types->weights = *weights;
  return types;
}

std::optional<Unsupported> append_activation(const Layer& layer, dnnl::primitive_attr& attributes) {
  if (!layer.fused_activation) return std::nullopt;
  const auto eltwise = eltwise_of(*layer.fused_activation);
  if (!eltwise) return Unsupported{fmt::format("oneDNN fuses no {}", name(*layer.fused_activation))};
  dnnl::post_ops operations;
  operations.append_eltwise(1.0F, eltwise->algorithm, eltwise->alpha, eltwise->beta);
  attributes.set_post_ops(operations);
  return std::nullopt;
}

Expected<dnnl::primitive_attr, Unsupported> epilogue_of(const Layer& layer, const Types& types, std::int64_t scales) {
  dnnl::primitive_attr attributes;
  const auto& said = layer.precision.requantization;
  const bool raw = types.output == Type::s32 || (said && said->scale_bits == 0.0);
  if (computes_integers(types.weights) && computes_integers(types.input) && !raw) {
    std::vector<float> values;
    for (std::int64_t channel = 0; channel < scales; ++channel) values.push_back(output_scale(channel));
    constexpr int kChannels = 1 << 1;
    attributes.set_output_scales(scales > 1 ? kChannels : 0, values);
  }
  if (auto why = append_activation(layer, attributes)) return tl::unexpected(std::move(*why));
  return attributes;
}

Expected<Job, Unsupported> job_for(const Layer& layer, const dnnl::engine& engine) {
  try {
    return std::visit(
        [&]<class D>(const D& dims) -> Answer {
          if constexpr (HasPrimitive<D>)
            return job_for_extents(layer, dims, engine);
          else
            return tl::unexpected(unmodelled(layer.op, layer.custom_op, "onednn"));
        },
        layer.dims);
  } catch (const dnnl::error& error) {
    return refuse(fmt::format("oneDNN refuses it: {}", error.message));
  }
}

}  // namespace hwcost::onednn
