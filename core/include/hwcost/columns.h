/* Layers as columns of numbers, in C (C11, and any C++): what a plugin (plugin.h) is asked about and what callers of
   hwcost.h give. The lists are the members of the C++ structs in dims.hpp, precision.hpp, cost.hpp and metric.hpp; a
   test holds that they agree.

   Counts are doubles, exact to 2^53. In a list, X(F, name) stands for one column `name` of F. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rises when a column, a cost part or a metric is appended; none is ever taken out or moved. */
#define HWCOST_LAYOUT 1u

/* clang-format off */

/* conv1d, conv2d, conv3d, conv_transpose1d, ...: activations N C [D] H W, weights [out_channels][in_channels / groups]
   [kernel]. Unused dimensions have extent 1, stride 1 and no padding. bias: 0 or 1. depthwise: 1 where the layer is
   declared so; a layer with groups = in_channels > 1 is so too. */
#define HWCOST_EXTENTS_convolution(X, F) \
  X(F, batch) X(F, in_channels) X(F, out_channels) X(F, groups) X(F, in_depth) X(F, in_height) X(F, in_width) \
  X(F, out_depth) X(F, out_height) X(F, out_width) X(F, kernel_depth) X(F, kernel_height) X(F, kernel_width) \
  X(F, stride_depth) X(F, stride_height) X(F, stride_width) X(F, dilation_depth) X(F, dilation_height) \
  X(F, dilation_width) X(F, pad_front) X(F, pad_back) X(F, pad_top) X(F, pad_bottom) X(F, pad_left) X(F, pad_right) \
  X(F, bias) X(F, depthwise)

/* linear: y[batch][tokens][out_channels] = x[batch][tokens][in_channels] W + b. bias: 0 or 1. */
#define HWCOST_EXTENTS_linear(X, F) X(F, batch) X(F, tokens) X(F, in_channels) X(F, out_channels) X(F, bias)

/* matmul: batch products [rows x depth][depth x columns]; shared_batch of them use the same second operand. */
#define HWCOST_EXTENTS_matmul(X, F) X(F, batch) X(F, rows) X(F, depth) X(F, columns) X(F, shared_batch)

/* max_pool, avg_pool, global_avg_pool, ... */
#define HWCOST_EXTENTS_pooling(X, F) \
  X(F, batch) X(F, channels) X(F, in_depth) X(F, in_height) X(F, in_width) X(F, out_depth) X(F, out_height) \
  X(F, out_width) X(F, kernel_depth) X(F, kernel_height) X(F, kernel_width) X(F, stride_depth) X(F, stride_height) \
  X(F, stride_width)

/* add, mul, relu, gelu, ...: elements of the output, of all operands together; operands that take part; elements that
   the layer owns. */
#define HWCOST_EXTENTS_elementwise(X, F) X(F, elements) X(F, input_elements) X(F, operands) X(F, parameters)

/* batch_norm, layer_norm, ...: learned parameters, and buffers that are kept beside them. */
#define HWCOST_EXTENTS_normalization(X, F) X(F, elements) X(F, channels) X(F, parameters) X(F, buffers)

/* softmax, log_softmax: rows of length elements. */
#define HWCOST_EXTENTS_softmax(X, F) X(F, rows) X(F, length)

/* embedding, gather, scatter: rows of a table. owned: 1 where the table is a parameter of the layer. */
#define HWCOST_EXTENTS_lookup(X, F) X(F, lookups) X(F, row_elements) X(F, table_rows) X(F, owned)

/* reduce_sum, top_k, ... */
#define HWCOST_EXTENTS_reduction(X, F) X(F, in_elements) X(F, out_elements)

/* concat, slice, pad, resize_linear, transpose, reshape, ... */
#define HWCOST_EXTENTS_movement(X, F) X(F, in_elements) X(F, out_elements) X(F, parameters)

/* lstm, gru, rnn. bias: vectors a gate. sequence_output: 1 where every step is an output. */
#define HWCOST_EXTENTS_recurrent(X, F) \
  X(F, batch) X(F, steps) X(F, input_size) X(F, hidden_size) X(F, directions) X(F, bias) X(F, sequence_output)

/* attention: QK^T, softmax, AV; projections are linear layers of their own. */
#define HWCOST_EXTENTS_attention(X, F) \
  X(F, batch) X(F, heads) X(F, key_value_heads) X(F, query_length) X(F, key_length) X(F, head_size) X(F, value_size)

/* Operators that nobody knows and no machine prices. */
#define HWCOST_EXTENTS_custom(X, F) X(F, in_elements) X(F, out_elements) X(F, parameters)

/* Widths of the operands in bits, the same columns for every family. weight_bits of matmul and attention is the second
   operand's, an activation. scale_bits NaN: the layer does not say its requantisation, the machine's own default holds;
   0: raw accumulators. shift: 0 or 1. */
#define HWCOST_EXTENTS_widths(X, F) X(F, input_bits) X(F, weight_bits) X(F, output_bits) X(F, scale_bits) X(F, shift)

/* What a layer costs, by cause, in base units: bit, cycle, second, joule. The latency is busy + overhead; busy of 0
   stands for the larger of compute and memory. elapsed: time of machines that are known in seconds. ideal: compute at
   full use of the arithmetic. operations: in the machine's own way of counting. figure: the metric `cost`. */
#define HWCOST_COST_PARTS(X, F) \
  X(F, compute_cycles) X(F, memory_cycles) X(F, busy_cycles) X(F, overhead_cycles) X(F, elapsed_seconds) \
  X(F, traffic_bits) X(F, energy_joules) X(F, ideal_cycles) X(F, operations) X(F, figure)

/* Figures that a machine may define; they follow from the cost and the layer. */
#define HWCOST_METRICS(X, F) \
  X(F, latency_cycles) X(F, latency_seconds) X(F, energy_joules) X(F, traffic_bytes) X(F, utilization) \
  X(F, memory_access_balance) X(F, arithmetic_intensity_macs_per_byte) X(F, convention_ops) X(F, cost)

/* Families of operators: each has the extents of its list above. */
#define HWCOST_FAMILIES(X) \
  X(convolution) X(linear) X(matmul) X(pooling) X(elementwise) X(normalization) X(softmax) X(lookup) X(reduction) \
  X(movement) X(recurrent) X(attention) X(custom)

/* clang-format on */

/* hwcost_family_convolution = 0, hwcost_family_linear, ..., hwcost_family_count. */
#define HWCOST_FAMILY_NUMBER(family) hwcost_family_##family,
enum hwcost_family { HWCOST_FAMILIES(HWCOST_FAMILY_NUMBER) hwcost_family_count };
#undef HWCOST_FAMILY_NUMBER

#define HWCOST_NUMBER(list, name) hwcost_##list##_##name,
/* hwcost_metric_latency_cycles = 0, ..., hwcost_metric_count; hwcost_part_compute_cycles = 0, ... */
enum hwcost_metric { HWCOST_METRICS(HWCOST_NUMBER, metric) hwcost_metric_count };
enum hwcost_part { HWCOST_COST_PARTS(HWCOST_NUMBER, part) hwcost_part_count };
/* Places of the columns: hwcost_convolution_batch = 0, hwcost_convolution_in_channels, ..., hwcost_convolution_count;
   hwcost_linear_batch = 0, ...; hwcost_widths_input_bits = 0, ..., hwcost_widths_count. */
#define HWCOST_NUMBERS(list) \
  enum hwcost_##list##_column{HWCOST_EXTENTS_##list(HWCOST_NUMBER, list) hwcost_##list##_count};
HWCOST_FAMILIES(HWCOST_NUMBERS)
HWCOST_NUMBERS(widths)
#undef HWCOST_NUMBERS
#undef HWCOST_NUMBER

/* Layers of one operator, borrowed: column[row] of `rows` rows. Whoever makes it sets struct_size to its sizeof. */
typedef struct hwcost_layers {
  size_t struct_size;
  const char* op;  /* the operator's name: "conv2d" */
  uint32_t family; /* its family: enum hwcost_family */
  size_t rows;
  const double* const* extents; /* the columns of the family's list */
  size_t extent_count;
  const double* const* widths; /* those of HWCOST_EXTENTS_widths */
  size_t width_count;
} hwcost_layers;

/* A row as a struct: `struct hwcost_linear d = hwcost_linear_at(layers, row)` has d.batch, d.tokens, ...; so for every
   family, and `struct hwcost_widths w = hwcost_widths_at(layers, row)`. */
#define HWCOST_MEMBER(list, name) double name;
#define HWCOST_READ_EXTENT(list, name) result.name = layers->extents[hwcost_##list##_##name][row];
#define HWCOST_READ_WIDTH(list, name) result.name = layers->widths[hwcost_##list##_##name][row];
#define HWCOST_ROW(list, READ)                                                                     \
  struct hwcost_##list {                                                                           \
    HWCOST_EXTENTS_##list(HWCOST_MEMBER, list)                                                     \
  };                                                                                               \
  static inline struct hwcost_##list hwcost_##list##_at(const hwcost_layers* layers, size_t row) { \
    struct hwcost_##list result;                                                                   \
    HWCOST_EXTENTS_##list(READ, list) return result;                                               \
  }
#define HWCOST_FAMILY_ROW(family) HWCOST_ROW(family, HWCOST_READ_EXTENT)
HWCOST_FAMILIES(HWCOST_FAMILY_ROW)
HWCOST_ROW(widths, HWCOST_READ_WIDTH)
#undef HWCOST_FAMILY_ROW
#undef HWCOST_ROW
#undef HWCOST_READ_WIDTH
#undef HWCOST_READ_EXTENT

/* The parts of one layer's cost: cost.compute_cycles, ... */
struct hwcost_cost {
  HWCOST_COST_PARTS(HWCOST_MEMBER, cost)
};
#undef HWCOST_MEMBER

/* Where a function writes a sentence for people, UTF-8 and ended by a 0: at most `size` bytes with it. */
typedef struct hwcost_message {
  char* text;
  size_t size;
} hwcost_message;

#ifdef __cplusplus
}
#endif
