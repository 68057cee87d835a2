// Linear layers and products of two activations.
#include "jobs.hpp"

namespace hwcost::onednn {
namespace {

using std::int64_t;

int64_t whole(double value) { return static_cast<int64_t>(value); }

}  // namespace

// The tokens of all of the batch are rows of one product.
Answer job_for_extents(const Layer& layer, const Linear<>& d, const dnnl::engine& engine) {
  const auto types = types_of(layer);
  if (!types) return tl::unexpected(types.error());
  const auto attributes = epilogue_of(layer, *types, whole(d.out_channels));
  if (!attributes) return tl::unexpected(attributes.error());
  const Shape input{whole(d.batch * d.tokens), whole(d.in_channels)};
  const Shape weights{whole(d.out_channels), whole(d.in_channels)};
  const Shape output{whole(d.batch * d.tokens), whole(d.out_channels)};
  std::vector<Operand> operands{{DNNL_ARG_SRC, Role::input, dense(input, types->input)},
                                {DNNL_ARG_WEIGHTS, Role::weights, dense(weights, types->weights)},
                                {DNNL_ARG_DST, Role::output, dense(output, types->output)}};
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
  const auto from = any_layout(input, types->input);
  const auto by = any_layout(weights, types->weights);
  const auto to = any_layout(output, types->output);
  using Primitive = dnnl::inner_product_forward;
  if (d.bias == 0.0) return made<Primitive>({kInference, from, by, to}, *attributes, engine, std::move(operands));
  const auto biases = dense({whole(d.out_channels)}, types->bias);
  operands.push_back({DNNL_ARG_BIAS, Role::parameters, biases});
  return made<Primitive>({kInference, from, by, biases, to}, *attributes, engine, std::move(operands));
}

// Both operands are activations, so that neither may be in a layout of the kernel's own.
Answer job_for_extents(const Layer& layer, const MatMul<>& d, const dnnl::engine& engine) {
  if (d.shared_batch != 1.0 && d.shared_batch != d.batch)
    return refuse(
        fmt::format("a second operand that {} of {} products share has no primitive", d.shared_batch, d.batch));
  const auto types = types_of(layer);
  if (!types) return tl::unexpected(types.error());
  const auto attributes = epilogue_of(layer, *types, 1);
  if (!attributes) return tl::unexpected(attributes.error());
  const auto input = dense({whole(d.batch), whole(d.rows), whole(d.depth)}, types->input);
  const auto second = dense({whole(d.batch / d.shared_batch), whole(d.depth), whole(d.columns)}, types->weights);
  const auto output = dense({whole(d.batch), whole(d.rows), whole(d.columns)}, types->output);
  return made<dnnl::matmul>({input, second, output}, *attributes, engine,
                            {{DNNL_ARG_SRC, Role::input, input},
                             {DNNL_ARG_WEIGHTS, Role::input, second},
                             {DNNL_ARG_DST, Role::output, output}});
}

}  // namespace hwcost::onednn
