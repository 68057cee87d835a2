// Layers without weights: pools, element-wise operators, softmax, norms.
#include <algorithm>
#include <array>
#include <cmath>

#include "hwcost/model_backend.hpp"
#include "jobs.hpp"

namespace hwcost::onednn {
namespace {

using std::int64_t;

constexpr auto kInference = dnnl::prop_kind::forward_inference;

int64_t whole(double value) { return static_cast<int64_t>(value); }

Answer unmodelled_job(const Layer& layer) { return tl::unexpected(unmodelled(layer.op, layer.custom_op, "onednn")); }

std::optional<dnnl::algorithm> pooling_of(Op op) {
  switch (op) {
    case Op::max_pool:
    case Op::global_max_pool:
    case Op::adaptive_max_pool:
      return dnnl::algorithm::pooling_max;
    case Op::avg_pool:
    case Op::global_avg_pool:
    case Op::adaptive_avg_pool:
      return dnnl::algorithm::pooling_avg_exclude_padding;
    default:
      return std::nullopt;
  }
}

std::optional<dnnl::algorithm> binary_of(Op op) {
  switch (op) {
    case Op::add:
      return dnnl::algorithm::binary_add;
    case Op::sub:
      return dnnl::algorithm::binary_sub;
    case Op::mul:
      return dnnl::algorithm::binary_mul;
    case Op::div:
      return dnnl::algorithm::binary_div;
    case Op::min:
      return dnnl::algorithm::binary_min;
    case Op::max:
      return dnnl::algorithm::binary_max;
    default:
      return std::nullopt;
  }
}

// Operators that give each element as it is, in another type.
bool converts(Op op) { return op == Op::quantize || op == Op::dequantize || op == Op::cast; }

// How a pool's window moves along one axis.
struct PoolAxis {
  int64_t in, out, kernel, stride;
  // What must lie around the input for the output to come out.
  [[nodiscard]] int64_t padding() const { return std::max<int64_t>(0, (out - 1) * stride + kernel - in); }
};

}  // namespace

Answer job_for_extents(const Layer& layer, const Pooling<>& d, const dnnl::engine& engine) {
  const auto algorithm = pooling_of(layer.op);
  if (!algorithm) return unmodelled_job(layer);
  const auto types = activation_types_of(layer);
  if (!types) return tl::unexpected(types.error());
  std::vector<PoolAxis> axes{{whole(d.in_height), whole(d.out_height), whole(d.kernel_height), whole(d.stride_height)},
                             {whole(d.in_width), whole(d.out_width), whole(d.kernel_width), whole(d.stride_width)}};
  if (d.in_depth > 1.0 || d.kernel_depth > 1.0)
    axes.insert(axes.begin(), {whole(d.in_depth), whole(d.out_depth), whole(d.kernel_depth), whole(d.stride_depth)});
  Shape input{whole(d.batch), whole(d.channels)}, output = input, strides, kernel, before, after;
  for (const PoolAxis& axis : axes) {
    input.push_back(axis.in);
    output.push_back(axis.out);
    strides.push_back(axis.stride);
    kernel.push_back(axis.kernel);
    before.push_back(axis.padding() / 2);
    after.push_back(axis.padding() - axis.padding() / 2);
  }
  // Channels last, as convolutions of integers leave them.
  Shape strides_of_input(input.size(), 1);
  int64_t stride = input[1];
  for (std::size_t i = input.size() - 1; i > 1; --i) {
    strides_of_input[i] = stride;
    stride *= input[i];
  }
  strides_of_input[0] = stride;
  const dnnl::memory::desc from(input, types->input, strides_of_input);
  return made<dnnl::pooling_forward>(
      {kInference, *algorithm, from, any_layout(output, types->output), strides, kernel, before, after}, {}, engine,
      {{DNNL_ARG_SRC, Role::input, dense(input, types->input)},
       {DNNL_ARG_DST, Role::output, dense(output, types->output)}});
}

Answer job_for_extents(const Layer& layer, const Elementwise<>& d, const dnnl::engine& engine) {
  const auto types = activation_types_of(layer);
  if (!types) return tl::unexpected(types.error());
  const Shape shape{whole(d.elements)};
  const auto input = dense(shape, types->input);
  const auto output = dense(shape, types->output);
  if (const auto eltwise = eltwise_of(layer.op)) {
    if (types->input != types->output) return refuse("an element-wise kernel writes the type that it reads");
    return made<dnnl::eltwise_forward>({kInference, eltwise->algorithm, input, eltwise->alpha, eltwise->beta}, {},
                                       engine,
                                       {{DNNL_ARG_SRC, Role::input, input}, {DNNL_ARG_DST, Role::output, output}});
  }
  if (converts(layer.op)) return copy_job(whole(d.elements), *types, engine);
  const auto binary = binary_of(layer.op);
  if (!binary) return unmodelled_job(layer);
  // The second operand: another activation, a parameter, or a constant of the model, which counts as nothing. A shorter
  // one is repeated over the first, as along channels that lie last.
  const double second = std::max(1.0, d.input_elements - d.elements + d.parameters);
  if (d.operands != 2.0 || d.input_elements < d.elements || std::fmod(d.elements, second) != 0.0)
    return refuse(
        fmt::format("{} of these operands has no primitive here: wanted one of the output's shape and one "
                    "that repeats in it",
                    name(layer.op)));
  // One number for all has a kernel of its own; rows of one element would be the slowest of all.
  const double row = second == 1.0 ? d.elements : second;
  const Shape first{whole(d.elements / row), whole(row)};
  const auto to = dense(first, types->output);
  const auto left = dense(first, types->input);
  const auto right = dense({1, whole(second)}, types->input);
  dnnl::primitive_attr attributes;
  if (auto why = append_activation(layer, attributes)) return tl::unexpected(std::move(*why));
  if (computes_integers(types->input)) {
    attributes.set_scales(DNNL_ARG_SRC_0, 0, {kOperandScale[0]});
    attributes.set_scales(DNNL_ARG_SRC_1, 0, {kOperandScale[1]});
  }
  return made<dnnl::binary>({*binary, left, right, to}, attributes, engine,
                            {{DNNL_ARG_SRC_0, Role::input, left},
                             {DNNL_ARG_SRC_1, d.input_elements > d.elements ? Role::input : Role::parameters, right},
                             {DNNL_ARG_DST, Role::output, to}});
}

Answer job_for_extents(const Layer& layer, const Softmax<>& d, const dnnl::engine& engine) {
  const auto types = activation_types_of(layer);
  if (!types) return tl::unexpected(types.error());
  const Shape shape{whole(d.rows), whole(d.length)};
  const auto input = dense(shape, types->input);
  const auto output = dense(shape, types->output);
  constexpr int kAxis = 1;
  const auto algorithm = layer.op == Op::log_softmax ? dnnl::algorithm::softmax_log : dnnl::algorithm::softmax_accurate;
  return made<dnnl::softmax_v2_forward>({kInference, algorithm, input, output, kAxis}, {}, engine,
                                        {{DNNL_ARG_SRC, Role::input, input}, {DNNL_ARG_DST, Role::output, output}});
}

Answer job_for_extents(const Layer& layer, const Normalization<>& d, const dnnl::engine& engine) {
  if (layer.op != Op::batch_norm && layer.op != Op::layer_norm) return unmodelled_job(layer);
  const auto types = activation_types_of(layer);
  if (!types) return tl::unexpected(types.error());
  if (types->input != types->output) return refuse("a norm's kernel writes the type that it reads");
  using Flags = dnnl::normalization_flags;
  constexpr float kEpsilon = 1e-5F;
  const Shape shape{whole(d.elements / d.channels), whole(d.channels)};
  const Shape channels{whole(d.channels)};
  const auto data = dense(shape, types->input);
  std::vector<Operand> operands{{DNNL_ARG_SRC, Role::input, data}, {DNNL_ARG_DST, Role::output, data}};
  const bool scales = d.parameters > 0.0;
  if (scales) {
    for (const int argument : {DNNL_ARG_SCALE, DNNL_ARG_SHIFT})
      operands.push_back({argument, Role::parameters, dense(channels, Type::f32)});
  }
  const Flags flags = scales ? Flags::use_scale | Flags::use_shift : Flags::none;
  if (layer.op == Op::layer_norm)
    return made<dnnl::layer_normalization_forward>({kInference, data, kEpsilon, flags}, {}, engine,
                                                   std::move(operands));
  for (const int argument : {DNNL_ARG_MEAN, DNNL_ARG_VARIANCE})
    operands.push_back({argument, Role::parameters, dense(channels, Type::f32)});
  return made<dnnl::batch_normalization_forward>({kInference, data, kEpsilon, flags | Flags::use_global_stats}, {},
                                                 engine, std::move(operands));
}

}  // namespace hwcost::onednn
