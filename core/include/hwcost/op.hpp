// The operators that the neutral IR knows, and the one table of their names and arithmetic.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hwcost/export.hpp"

namespace hwcost {

// The extents that an operator has; each family is one struct of dims.hpp.
enum class Family : std::uint8_t {
  convolution,
  linear,
  matmul,
  pooling,
  elementwise,
  normalization,
  softmax,
  lookup,
  reduction,
  movement,
  recurrent,
  attention,
  custom,
};

// clang-format off
enum class Op : std::uint8_t {
  conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d,
  linear,
  matmul,
  max_pool, avg_pool, lp_pool, global_max_pool, global_avg_pool, global_lp_pool, adaptive_max_pool, adaptive_avg_pool,
  add, sub, mul, div, pow, mod, min, max, compare, logical, where,
  relu, relu6, clip, leaky_relu, prelu, elu, selu, celu, sigmoid, hard_sigmoid, silu, hard_swish, gelu, tanh, softplus,
  softsign, mish, threshold, erf, exp, log, sqrt, reciprocal, neg, abs, sign, round, trigonometric, logical_not, cast,
  quantize, dequantize,
  batch_norm, layer_norm, group_norm, instance_norm, rms_norm, local_response_norm,
  softmax, log_softmax,
  embedding, gather, scatter,
  reduce_sum, reduce_mean, reduce_max, reduce_min, reduce_prod, reduce_norm, reduce_log_sum_exp, arg_extremum, top_k,
  cumulative_sum,
  concat, split, slice, pad, resize_nearest, resize_linear, resize_cubic, transpose, tile, constant, reshape, identity,
  lstm, gru, rnn,
  attention,
  custom,
};
// clang-format on

// What an operator does to one element of its family's natural count (docs/counting.md holds the same table in prose).
//
// pooling: per element of the window; elementwise: per output element (and per operand beyond the first where there
// are several); normalization, softmax: per element; reduction: per input element; movement: per output element.
// `arithmetic` counts additions, multiplications, divisions and comparisons; `transcendentals` counts exp, tanh, erf,
// sqrt and their kind apart. Convolution, linear, matmul, recurrent and attention count their MACs in work.hpp.
struct OpInfo {
  Op op;
  std::string_view name;  // as in layer tables and reports
  Family family;
  double arithmetic;
  double transcendentals;
};

inline constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::custom) + 1;

// In the order of Op.
HWCOST_EXPORT extern const std::array<OpInfo, kOpCount> kOps;

inline const OpInfo& info(Op op) { return kOps[static_cast<std::size_t>(op)]; }
inline std::string_view name(Op op) { return info(op).name; }
// The operator of that name; nothing where there is none.
HWCOST_EXPORT std::optional<Op> op_named(std::string_view name);

// Moves no data: reshape, flatten, squeeze, identity, dropout in inference; and constants, which are there before.
constexpr bool is_view(Op op) { return op == Op::reshape || op == Op::identity || op == Op::constant; }
// What an integer kernel's requantisation does on the way out: clamping.
constexpr bool is_clamp(Op op) { return op == Op::relu || op == Op::relu6 || op == Op::clip; }
// Element-wise on one activation: relu to dequantize in the list above. Slopes and the like are parameters.
constexpr bool is_unary(Op op) { return op >= Op::relu && op <= Op::dequantize; }
// Precision::weight is the format of an activation, not of weights.
constexpr bool second_operand_is_activation(Op op) { return op == Op::matmul || op == Op::attention; }
// An activation function: ReLU and its kind, not arithmetic on operands.
constexpr bool is_activation(Op op) { return op >= Op::relu && op <= Op::threshold; }
// Spatial rank of a convolution: 1, 2 or 3.
constexpr int spatial_rank(Op op) {
  switch (op) {
    case Op::conv1d:
    case Op::conv_transpose1d:
      return 1;
    case Op::conv3d:
    case Op::conv_transpose3d:
      return 3;
    default:
      return 2;
  }
}
constexpr bool is_transposed(Op op) {
  return op == Op::conv_transpose1d || op == Op::conv_transpose2d || op == Op::conv_transpose3d;
}

}  // namespace hwcost
