// The functions that import an operator each. They read operands and attributes, state the outputs' shapes and the
// layer; everything else (names, widths, folding, edges) is the caller's.
#pragma once

#include <initializer_list>
#include <string_view>

#include "operator_call.hpp"

namespace hwcost::onnx {

using OperatorFunction = void (*)(OperatorCall& call, Op op);

struct OperatorEntry {
  std::string_view domain;  // "" for ai.onnx
  std::string_view type;
  OperatorFunction function;
  Op op = Op::custom;        // what the function is told to make, where it serves several operators
  bool needs_shapes = true;  // of all operands, before it is called
};

// Null for operators that we do not know.
const OperatorEntry* find_operator(std::string_view domain, std::string_view type);

// operators_convolution.cpp
void import_convolution(OperatorCall& call, Op op);
void import_transposed_convolution(OperatorCall& call, Op op);
void import_integer_convolution(OperatorCall& call, Op op);
void import_quantized_convolution(OperatorCall& call, Op op);
void import_fused_convolution(OperatorCall& call, Op op);
void import_deformable_convolution(OperatorCall& call, Op op);
// operators_matmul.cpp
void import_gemm(OperatorCall& call, Op op);
void import_matmul(OperatorCall& call, Op op);
void import_quantized_matmul(OperatorCall& call, Op op);
void import_fused_matmul(OperatorCall& call, Op op);
void import_fused_gemm(OperatorCall& call, Op op);
// Makes the addition of a constant vector to the output of a linear layer without bias that layer's bias.
bool absorb_bias(OperatorCall& call);
// operators_einsum.cpp
void import_einsum(OperatorCall& call, Op op);
// operators_pooling.cpp
void import_pooling(OperatorCall& call, Op op);
void import_global_pooling(OperatorCall& call, Op op);
// operators_elementwise.cpp
void import_unary(OperatorCall& call, Op op);
void import_nary(OperatorCall& call, Op op);
void import_add(OperatorCall& call, Op op);
void import_comparison(OperatorCall& call, Op op);
void import_where(OperatorCall& call, Op op);
void import_clip(OperatorCall& call, Op op);
void import_cast(OperatorCall& call, Op op);
void import_quantized_binary(OperatorCall& call, Op op);
void import_quantized_where(OperatorCall& call, Op op);
// operators_normalization.cpp
void import_batch_norm(OperatorCall& call, Op op);
void import_norm(OperatorCall& call, Op op);
void import_axis_norm(OperatorCall& call, Op op);
void import_unlearned_norm(OperatorCall& call, Op op);
void import_softmax(OperatorCall& call, Op op);
// operators_lookup.cpp
void import_gather(OperatorCall& call, Op op);
void import_gather_elements(OperatorCall& call, Op op);
void import_gather_nd(OperatorCall& call, Op op);
void import_scatter(OperatorCall& call, Op op);
// operators_reduction.cpp
void import_reduction(OperatorCall& call, Op op);
void import_arg_extremum(OperatorCall& call, Op op);
void import_top_k(OperatorCall& call, Op op);
void import_cumulative_sum(OperatorCall& call, Op op);
void import_hardmax(OperatorCall& call, Op op);
// operators_movement.cpp
void import_identity(OperatorCall& call, Op op);
void import_view(OperatorCall& call, Op op);
void import_concat(OperatorCall& call, Op op);
void import_quantized_concat(OperatorCall& call, Op op);
void import_split(OperatorCall& call, Op op);
void import_slice(OperatorCall& call, Op op);
void import_pad(OperatorCall& call, Op op);
void import_transpose(OperatorCall& call, Op op);
void import_tile(OperatorCall& call, Op op);
void import_depth_to_space(OperatorCall& call, Op op);
void import_space_to_depth(OperatorCall& call, Op op);
void import_resize(OperatorCall& call, Op op);
// operators_shape.cpp
void import_reshape(OperatorCall& call, Op op);
void import_flatten(OperatorCall& call, Op op);
void import_squeeze(OperatorCall& call, Op op);
void import_unsqueeze(OperatorCall& call, Op op);
void import_expand(OperatorCall& call, Op op);
void import_constant(OperatorCall& call, Op op);
void import_constant_of_shape(OperatorCall& call, Op op);
void import_shape(OperatorCall& call, Op op);
void import_size(OperatorCall& call, Op op);
void import_range(OperatorCall& call, Op op);
// operators_generation.cpp
void import_eye_like(OperatorCall& call, Op op);
void import_one_hot(OperatorCall& call, Op op);
void import_non_zero(OperatorCall& call, Op op);
void import_triangle(OperatorCall& call, Op op);
void import_random(OperatorCall& call, Op op);
void import_random_like(OperatorCall& call, Op op);
void import_multinomial(OperatorCall& call, Op op);
void import_window(OperatorCall& call, Op op);
void import_mel_weights(OperatorCall& call, Op op);
// operators_sampling.cpp
void import_grid_sample(OperatorCall& call, Op op);
void import_affine_grid(OperatorCall& call, Op op);
void import_roi_align(OperatorCall& call, Op op);
void import_max_roi_pool(OperatorCall& call, Op op);
void import_max_unpool(OperatorCall& call, Op op);
void import_columns_to_image(OperatorCall& call, Op op);
void import_center_crop_pad(OperatorCall& call, Op op);
void import_reverse_sequence(OperatorCall& call, Op op);
void import_fourier_transform(OperatorCall& call, Op op);
void import_short_time_fourier_transform(OperatorCall& call, Op op);
void import_determinant(OperatorCall& call, Op op);
// operators_decided.cpp
void import_non_max_suppression(OperatorCall& call, Op op);
void import_unique(OperatorCall& call, Op op);
void import_compress(OperatorCall& call, Op op);
// operators_control.cpp
void import_if(OperatorCall& call, Op op);
// operators_loop.cpp
void import_loop(OperatorCall& call, Op op);
void import_scan(OperatorCall& call, Op op);
// operators_sequence.cpp
void import_sequence_empty(OperatorCall& call, Op op);
void import_sequence_construct(OperatorCall& call, Op op);
void import_sequence_insert(OperatorCall& call, Op op);
void import_sequence_erase(OperatorCall& call, Op op);
void import_sequence_at(OperatorCall& call, Op op);
void import_sequence_length(OperatorCall& call, Op op);
void import_split_to_sequence(OperatorCall& call, Op op);
void import_concat_from_sequence(OperatorCall& call, Op op);
void import_sequence_map(OperatorCall& call, Op op);
void import_optional(OperatorCall& call, Op op);
// operators_attention.cpp
void import_attention(OperatorCall& call, Op op);
void import_multi_head_attention(OperatorCall& call, Op op);
void import_group_query_attention(OperatorCall& call, Op op);
void import_packed_attention(OperatorCall& call, Op op);
void import_projected_attention(OperatorCall& call, Op op);
void import_rotary_embedding(OperatorCall& call, Op op);
// operators_composite.cpp
void import_skip_norm(OperatorCall& call, Op op);
void import_embedding_norm(OperatorCall& call, Op op);
void import_biased_gelu(OperatorCall& call, Op op);
// operators_recurrent.cpp
void import_recurrent(OperatorCall& call, Op op);
// operators_quantization.cpp
void import_quantize_linear(OperatorCall& call, Op op);
void import_fp8_quantize_linear(OperatorCall& call, Op op);
void import_int4_quantize_linear(OperatorCall& call, Op op);
void import_dequantize_linear(OperatorCall& call, Op op);
void import_dynamic_quantize(OperatorCall& call, Op op);
// The first operand at another width; `rule` says what the width was read from.
void keep_at(OperatorCall& call, NumberFormat width, std::int32_t type, const std::string& rule);
// An operand and its zero point, by position.
struct ZeroPoint {
  std::size_t operand = 0;
  std::size_t zero = 0;
};
// Fails where a zero point is there and has not its operand's type, or neither one element nor one a channel.
void check_zero_points(const OperatorCall& call, std::initializer_list<ZeroPoint> points);
// Takes a Clip between quantiser and dequantiser for the width that its range needs.
bool narrow_by_clip(OperatorCall& call);
// Take a Cast of integer accumulators, and a multiplication by the scales of their operands, for their dequantisation.
bool absorb_cast_of_accumulators(OperatorCall& call, std::int32_t type);
bool absorb_dequantization(OperatorCall& call);
// operators_qonnx.cpp
void import_quant(OperatorCall& call, Op op);
void import_bipolar_quant(OperatorCall& call, Op op);
void import_trunc(OperatorCall& call, Op op);
void import_float_quant(OperatorCall& call, Op op);
// operators_packed.cpp
void import_block_quantized_matmul(OperatorCall& call, Op op);
void import_mixture_of_experts(OperatorCall& call, Op op);

}  // namespace hwcost::onnx
