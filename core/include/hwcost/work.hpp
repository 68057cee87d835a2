// The single definition of work: what a layer computes and touches, whatever the machine. Every model starts from it.
#pragma once

#include <string>
#include <vector>

#include "hwcost/layer.hpp"

namespace hwcost {

// Counts that follow from op and extents alone; element counts, not bytes. T as in Dims. Source: the operators' own
// definitions, in prose in docs/counting.md. Not modelled: zeros that need no work, faster algorithms (Winograd, FFT).
template <class T = double>
struct Work {
  T macs{};             // multiply-accumulates
  T bias_adds{};        // additions of a bias to a finished sum
  T arithmetic{};       // other elementary operations and comparisons
  T transcendentals{};  // exp, tanh, erf, sqrt and their kind
  T weights{};          // elements of the layer's weights (for matmul: none, its second operand is an activation)
  T biases{};           // elements of biases and of norms' scale and shift
  T buffers{};          // elements kept but not learned: running mean and variance
  T input{};            // activation elements read, each operand once
  T second_input{};     // elements of matmul's and attention's second operand(s), read at weight_bits
  T output{};           // activation elements written

  [[nodiscard]] constexpr T flops() const { return T(2.0) * macs + bias_adds + arithmetic; }
  [[nodiscard]] constexpr T parameters() const { return weights + biases; }
};

template <class T>
constexpr Work<T> work(Op op, const Convolution<T>& d) {
  const T in = d.batch * d.in_pixels() * d.in_channels;
  const T out = d.batch * d.out_pixels() * d.out_channels;
  // Transposed: every input pixel is multiplied by the whole kernel of its group.
  const T macs =
      is_transposed(op) ? in * (d.out_channels / d.groups) * d.kernel() : out * (d.in_channels / d.groups) * d.kernel();
  return {.macs = macs,
          .bias_adds = d.bias * out,
          .weights = d.out_channels * (d.in_channels / d.groups) * d.kernel(),
          .biases = d.bias * d.out_channels,
          .input = in,
          .output = out};
}

template <class T>
constexpr Work<T> work(Op, const Linear<T>& d) {
  const T positions = d.batch * d.tokens;
  return {.macs = positions * d.out_channels * d.in_channels,
          .bias_adds = d.bias * positions * d.out_channels,
          .weights = d.out_channels * d.in_channels,
          .biases = d.bias * d.out_channels,
          .input = positions * d.in_channels,
          .output = positions * d.out_channels};
}

template <class T>
constexpr Work<T> work(Op, const MatMul<T>& d) {
  return {.macs = d.batch * d.rows * d.columns * d.depth,
          .input = d.batch * d.rows * d.depth,
          .second_input = d.batch / d.shared_batch * d.depth * d.columns,
          .output = d.batch * d.rows * d.columns};
}

// Average pooling is `kernel` operations an output (the additions and one division), max pooling kernel - 1.
template <class T>
constexpr Work<T> work(Op op, const Pooling<T>& d) {
  const T out = d.batch * d.channels * d.out_pixels();
  const bool comparisons_only = op == Op::max_pool || op == Op::global_max_pool || op == Op::adaptive_max_pool;
  return {.arithmetic = out * (T(info(op).arithmetic) * d.kernel() - T(comparisons_only ? 1.0 : 0.0)),
          .transcendentals = T(op == Op::lp_pool || op == Op::global_lp_pool ? 1.0 : 0.0) * out,
          .input = d.batch * d.channels * d.in_pixels(),
          .output = out};
}

// An n-ary operator works n - 1 times an element, a unary one once.
template <class T>
constexpr Work<T> work(Op op, const Elementwise<T>& d) {
  const T times = larger(d.operands - T(1.0), T(1.0));
  return {.arithmetic = T(info(op).arithmetic) * d.elements * times,
          .transcendentals = T(info(op).transcendentals) * d.elements * times,
          .biases = d.parameters,
          .input = d.input_elements,
          .output = d.elements};
}

template <class T>
constexpr Work<T> work(Op op, const Normalization<T>& d) {
  return {.arithmetic = T(info(op).arithmetic) * d.elements,
          .transcendentals = T(info(op).transcendentals) * d.elements,
          .biases = d.parameters,
          .buffers = d.buffers,
          .input = d.elements,
          .output = d.elements};
}

template <class T>
constexpr Work<T> work(Op op, const Softmax<T>& d) {
  const T n = d.rows * d.length;
  return {.arithmetic = T(info(op).arithmetic) * n,
          .transcendentals = T(info(op).transcendentals) * n,
          .input = n,
          .output = n};
}

// From a table that the layer owns: indices in, rows read at the weights' width. From an activation: its rows in.
template <class T>
constexpr Work<T> work(Op, const Lookup<T>& d) {
  const T rows = d.lookups * d.row_elements;
  return {.weights = d.owned * d.table_rows * d.row_elements,
          .input = d.owned * d.lookups + (T(1.0) - d.owned) * rows,
          .second_input = d.owned * rows,
          .output = rows};
}

template <class T>
constexpr Work<T> work(Op op, const Reduction<T>& d) {
  return {.arithmetic = T(info(op).arithmetic) * d.in_elements,
          .transcendentals = T(info(op).transcendentals) * d.in_elements,
          .input = d.in_elements,
          .output = d.out_elements};
}

template <class T>
constexpr Work<T> work(Op op, const Movement<T>& d) {
  return {.arithmetic = T(info(op).arithmetic) * d.out_elements,
          .biases = d.parameters,
          .input = d.in_elements,
          .output = d.out_elements};
}

// Gates: LSTM 4, GRU 3, plain RNN 1; a gate is h·(x + h) MACs a step. Arithmetic of the cell a step and unit, besides
// biases: LSTM 3 products, 1 sum, 3 sigmoids (3 each); GRU 3 products, 2 sums, 1 difference, 2 sigmoids.
template <class T>
constexpr Work<T> work(Op op, const Recurrent<T>& d) {
  const double gates = op == Op::lstm ? 4.0 : op == Op::gru ? 3.0 : 1.0;
  const double cell = op == Op::lstm ? 13.0 : op == Op::gru ? 12.0 : 0.0;
  const double transcendentals = op == Op::lstm ? 5.0 : op == Op::gru ? 3.0 : 1.0;
  const T runs = d.batch * d.steps * d.directions;
  const T gate_rows = T(gates) * d.hidden_size;
  const T kept_steps = d.sequence_output * d.steps + (T(1.0) - d.sequence_output);
  return {.macs = runs * gate_rows * (d.input_size + d.hidden_size),
          .bias_adds = runs * gate_rows * d.bias,
          .arithmetic = runs * d.hidden_size * T(cell),
          .transcendentals = runs * d.hidden_size * T(transcendentals),
          .weights = d.directions * gate_rows * (d.input_size + d.hidden_size),
          .biases = d.directions * gate_rows * d.bias,
          .input = d.batch * d.steps * d.input_size,
          .output = d.batch * kept_steps * d.directions * d.hidden_size};
}

// Two matmuls and a softmax; the scale is one multiplication an element of the score matrix.
template <class T>
constexpr Work<T> work(Op, const Attention<T>& d) {
  const T scores = d.batch * d.heads * d.query_length * d.key_length;
  return {.macs = scores * d.head_size + scores * d.value_size,
          .arithmetic = T(info(Op::softmax).arithmetic + 1.0) * scores,
          .transcendentals = T(info(Op::softmax).transcendentals) * scores,
          .input = d.batch * d.heads * d.query_length * d.head_size,
          .second_input = d.batch * d.key_value_heads * d.key_length * (d.head_size + d.value_size),
          .output = d.batch * d.heads * d.query_length * d.value_size};
}

template <class T>
constexpr Work<T> work(Op, const Custom<T>& d) {
  return {.biases = d.parameters, .input = d.in_elements, .output = d.out_elements};
}

// Bytes of each operand that one run moves when it crosses the memory port once; a tensor is rounded up to whole bytes.
template <class T = double>
struct Traffic {
  T input{}, second_input{}, weights{}, output{};
  [[nodiscard]] constexpr T total() const { return input + second_input + weights + output; }
};

// `weights_in_bits` of all weights together. A look-up reads the rows that it wants (they are its input), not its
// table.
template <class T>
Traffic<T> traffic(Op op, const Work<T>& w, const Widths<T>& widths, const T& weights_in_bits) {
  const auto bytes = [](const T& bits) { return rounded_up(bits / T(8.0)); };
  const bool reads_weights = info(op).family != Family::lookup;
  return {.input = bytes(w.input * widths.input_bits),
          .second_input = bytes(w.second_input * widths.weight_bits),
          .weights = reads_weights ? bytes(weights_in_bits) : T(0.0),
          .output = bytes(w.output * widths.output_bits)};
}

// Nothing to do: a layer of which no output is left costs nothing on any machine.
template <class T>
constexpr bool is_empty(const Work<T>& w) {
  return value_of(w.output) == 0.0;
}

// Facts of one layer as it is, pruned channels removed: printed for every machine. Work and memory access are of all
// repeats of the layer; parameters are owned once; bytes of the operands are of one run.
struct Facts {
  double macs = 0.0;
  double flops = 0.0;
  double transcendentals = 0.0;
  double params = 0.0;   // learned parameters that this layer owns; a second call of shared weights owns none
  double bit_ops = 0.0;  // sum over channels of macs · w_bits · in_bits
  double memory_access_elements = 0.0;        // input + output + weights, without biases
  double memory_access_bytes = 0.0;           // the same, each operand at its width, rounded up to whole bytes
  double memory_access_bound_elements = 0.0;  // lower bound at equal work; only where has_memory_access_bound
  bool has_memory_access_bound = false;       // 1x1, stride 1, batch 1 convolutions
  double weight_bits = 0.0;                   // of the weights alone
  double weight_bytes = 0.0;                  // the same, rounded up
  double input_bytes = 0.0;
  double output_bytes = 0.0;
  double parameter_bytes = 0.0;  // owned weights and biases, each at its width
  double buffer_bytes = 0.0;     // owned buffers

  // Sums of both; a bound only where both have one.
  HWCOST_EXPORT Facts& operator+=(const Facts& other);

  // The one list of what reports print, in order. `is_even`: of a layer with channels, output channels have a part of
  // it each, and it rises by the same for every input channel.
  struct Column {
    std::string_view name;
    double Facts::*member;
    bool is_even = false;
  };
  HWCOST_EXPORT static const std::vector<Column>& columns();
};

// Pre: contradiction(layer) is nothing.
HWCOST_EXPORT Facts facts(const Layer& layer);

// Work of a layer's op and extents as they stand (no pruning looked at).
inline Work<> work(const Layer& layer) {
  return std::visit([&](const auto& d) { return work(layer.op, d); }, layer.dims);
}

}  // namespace hwcost
