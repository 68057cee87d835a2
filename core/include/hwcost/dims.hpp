// Extents of one layer, one struct per operator family. T is double, or Dual for derivatives.
//
// Every struct lists its members once, in kMembers: batch columns, gradients, the JSON of the IR, random test layers
// and the plugin ABI all follow that list. Members are counts of elements, channels, rows or pixels (stride, dilation
// and padding too) or flags, none has a unit; doubles, exact to 2^53. Values of tensors are no part of them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include "hwcost/dual.hpp"
#include "hwcost/op.hpp"

namespace hwcost {

// A member of a struct of extents: its name in files and columns, and where it is.
template <class Struct, class T>
struct Member {
  std::string_view name;
  T Struct::*pointer;
};

// Convolution of 1, 2 or 3 spatial dimensions; unused ones have extent 1, stride 1, no padding. Activations NC[D]HW,
// weights [out_channels][in_channels / groups][kernel]. Transposed convolutions have the same members: in_* is then the
// smaller side.
template <class T = double>
struct Convolution {
  T batch{1.0}, in_channels{1.0}, out_channels{1.0}, groups{1.0};
  T in_depth{1.0}, in_height{1.0}, in_width{1.0};
  T out_depth{1.0}, out_height{1.0}, out_width{1.0};
  T kernel_depth{1.0}, kernel_height{1.0}, kernel_width{1.0};
  T stride_depth{1.0}, stride_height{1.0}, stride_width{1.0};
  T dilation_depth{1.0}, dilation_height{1.0}, dilation_width{1.0};
  T pad_front{0.0}, pad_back{0.0}, pad_top{0.0}, pad_bottom{0.0}, pad_left{0.0}, pad_right{0.0};
  T bias{0.0};       // 0 or 1
  T depthwise{0.0};  // 1: declared depthwise, which a layer of one channel does not show by itself

  static constexpr Family kFamily = Family::convolution;
  static constexpr std::array<Member<Convolution, T>, 27> kMembers{{
      {"batch", &Convolution::batch},
      {"in_channels", &Convolution::in_channels},
      {"out_channels", &Convolution::out_channels},
      {"groups", &Convolution::groups},
      {"in_depth", &Convolution::in_depth},
      {"in_height", &Convolution::in_height},
      {"in_width", &Convolution::in_width},
      {"out_depth", &Convolution::out_depth},
      {"out_height", &Convolution::out_height},
      {"out_width", &Convolution::out_width},
      {"kernel_depth", &Convolution::kernel_depth},
      {"kernel_height", &Convolution::kernel_height},
      {"kernel_width", &Convolution::kernel_width},
      {"stride_depth", &Convolution::stride_depth},
      {"stride_height", &Convolution::stride_height},
      {"stride_width", &Convolution::stride_width},
      {"dilation_depth", &Convolution::dilation_depth},
      {"dilation_height", &Convolution::dilation_height},
      {"dilation_width", &Convolution::dilation_width},
      {"pad_front", &Convolution::pad_front},
      {"pad_back", &Convolution::pad_back},
      {"pad_top", &Convolution::pad_top},
      {"pad_bottom", &Convolution::pad_bottom},
      {"pad_left", &Convolution::pad_left},
      {"pad_right", &Convolution::pad_right},
      {"bias", &Convolution::bias},
      {"depthwise", &Convolution::depthwise},
  }};

  [[nodiscard]] constexpr T kernel() const { return kernel_depth * kernel_height * kernel_width; }
  [[nodiscard]] constexpr T in_pixels() const { return in_depth * in_height * in_width; }
  [[nodiscard]] constexpr T out_pixels() const { return out_depth * out_height * out_width; }
  // One input channel a group, and more than one group or declared so.
  [[nodiscard]] constexpr bool is_depthwise() const {
    return (value_of(depthwise) != 0.0) | ((value_of(groups) > 1.0) & (value_of(groups) == value_of(in_channels)));
  }
};

// y[batch][tokens][out_channels] = x[batch][tokens][in_channels] · W + b.
template <class T = double>
struct Linear {
  T batch{1.0}, tokens{1.0}, in_channels{1.0}, out_channels{1.0};
  T bias{0.0};  // 0 or 1

  static constexpr Family kFamily = Family::linear;
  static constexpr std::array<Member<Linear, T>, 5> kMembers{{
      {"batch", &Linear::batch},
      {"tokens", &Linear::tokens},
      {"in_channels", &Linear::in_channels},
      {"out_channels", &Linear::out_channels},
      {"bias", &Linear::bias},
  }};
};

// batch products [rows x depth] · [depth x columns]; both operands are activations. `shared_batch` products use the
// same second operand (broadcasting): it is there batch / shared_batch times.
template <class T = double>
struct MatMul {
  T batch{1.0}, rows{1.0}, depth{1.0}, columns{1.0}, shared_batch{1.0};

  static constexpr Family kFamily = Family::matmul;
  static constexpr std::array<Member<MatMul, T>, 5> kMembers{{
      {"batch", &MatMul::batch},
      {"rows", &MatMul::rows},
      {"depth", &MatMul::depth},
      {"columns", &MatMul::columns},
      {"shared_batch", &MatMul::shared_batch},
  }};
};

// Window operators. Global pooling has kernel = in; adaptive pooling has kernel = ceil(in / out).
template <class T = double>
struct Pooling {
  T batch{1.0}, channels{1.0};
  T in_depth{1.0}, in_height{1.0}, in_width{1.0};
  T out_depth{1.0}, out_height{1.0}, out_width{1.0};
  T kernel_depth{1.0}, kernel_height{1.0}, kernel_width{1.0};
  T stride_depth{1.0}, stride_height{1.0}, stride_width{1.0};

  static constexpr Family kFamily = Family::pooling;
  static constexpr std::array<Member<Pooling, T>, 14> kMembers{{
      {"batch", &Pooling::batch},
      {"channels", &Pooling::channels},
      {"in_depth", &Pooling::in_depth},
      {"in_height", &Pooling::in_height},
      {"in_width", &Pooling::in_width},
      {"out_depth", &Pooling::out_depth},
      {"out_height", &Pooling::out_height},
      {"out_width", &Pooling::out_width},
      {"kernel_depth", &Pooling::kernel_depth},
      {"kernel_height", &Pooling::kernel_height},
      {"kernel_width", &Pooling::kernel_width},
      {"stride_depth", &Pooling::stride_depth},
      {"stride_height", &Pooling::stride_height},
      {"stride_width", &Pooling::stride_width},
  }};

  [[nodiscard]] constexpr T kernel() const { return kernel_depth * kernel_height * kernel_width; }
  [[nodiscard]] constexpr T in_pixels() const { return in_depth * in_height * in_width; }
  [[nodiscard]] constexpr T out_pixels() const { return out_depth * out_height * out_width; }
};

// Unary, binary and n-ary operators and activations. `elements` of the (broadcast) output, `input_elements` of all
// activation operands together, `operands` counts the operands that take part (2 for x + constant), `parameters` the
// elements that the layer owns (a constant vector, PReLU's slopes, a table of which rows are added).
template <class T = double>
struct Elementwise {
  T elements{1.0}, input_elements{1.0}, operands{1.0}, parameters{0.0};

  static constexpr Family kFamily = Family::elementwise;
  static constexpr std::array<Member<Elementwise, T>, 4> kMembers{{
      {"elements", &Elementwise::elements},
      {"input_elements", &Elementwise::input_elements},
      {"operands", &Elementwise::operands},
      {"parameters", &Elementwise::parameters},
  }};
};

// Batch, layer, group, instance, RMS norm: `elements` of the tensor; `parameters` learned (scale and shift together),
// `buffers` kept beside them (running mean and variance).
template <class T = double>
struct Normalization {
  T elements{1.0}, channels{1.0}, parameters{0.0}, buffers{0.0};

  static constexpr Family kFamily = Family::normalization;
  static constexpr std::array<Member<Normalization, T>, 4> kMembers{{
      {"elements", &Normalization::elements},
      {"channels", &Normalization::channels},
      {"parameters", &Normalization::parameters},
      {"buffers", &Normalization::buffers},
  }};
};

// `rows` independent softmaxes over `length` elements each.
template <class T = double>
struct Softmax {
  T rows{1.0}, length{1.0};

  static constexpr Family kFamily = Family::softmax;
  static constexpr std::array<Member<Softmax, T>, 2> kMembers{{
      {"rows", &Softmax::rows},
      {"length", &Softmax::length},
  }};
};

// Embedding, gather, scatter: `lookups` rows of `row_elements` each, from a table of `table_rows`; `owned` 1 where the
// table is a parameter of the layer, 0 where it is an activation.
template <class T = double>
struct Lookup {
  T lookups{1.0}, row_elements{1.0}, table_rows{1.0}, owned{0.0};

  static constexpr Family kFamily = Family::lookup;
  static constexpr std::array<Member<Lookup, T>, 4> kMembers{{
      {"lookups", &Lookup::lookups},
      {"row_elements", &Lookup::row_elements},
      {"table_rows", &Lookup::table_rows},
      {"owned", &Lookup::owned},
  }};
};

// Sums, means, extrema, norms, cumulative sums: elements of the whole input and of the whole output.
template <class T = double>
struct Reduction {
  T in_elements{1.0}, out_elements{1.0};

  static constexpr Family kFamily = Family::reduction;
  static constexpr std::array<Member<Reduction, T>, 2> kMembers{{
      {"in_elements", &Reduction::in_elements},
      {"out_elements", &Reduction::out_elements},
  }};
};

// Operators that place elements elsewhere: concat, split, slice, pad, resize, transpose, reshape. `parameters` counts
// the elements that the layer owns (a learned token that is put before every sequence of a batch).
template <class T = double>
struct Movement {
  T in_elements{1.0}, out_elements{1.0}, parameters{0.0};

  static constexpr Family kFamily = Family::movement;
  static constexpr std::array<Member<Movement, T>, 3> kMembers{{
      {"in_elements", &Movement::in_elements},
      {"out_elements", &Movement::out_elements},
      {"parameters", &Movement::parameters},
  }};
};

// LSTM, GRU and plain RNN layers. `bias` counts bias vectors per gate (0, 1, or 2 as ONNX and torch keep them);
// `sequence_output` 1 where every step is an output, else 0: the last state alone.
template <class T = double>
struct Recurrent {
  T batch{1.0}, steps{1.0}, input_size{1.0}, hidden_size{1.0}, directions{1.0}, bias{0.0}, sequence_output{1.0};

  static constexpr Family kFamily = Family::recurrent;
  static constexpr std::array<Member<Recurrent, T>, 7> kMembers{{
      {"batch", &Recurrent::batch},
      {"steps", &Recurrent::steps},
      {"input_size", &Recurrent::input_size},
      {"hidden_size", &Recurrent::hidden_size},
      {"directions", &Recurrent::directions},
      {"bias", &Recurrent::bias},
      {"sequence_output", &Recurrent::sequence_output},
  }};
};

// Scaled dot-product attention as one operator: QK^T, softmax, AV; projections are linear layers of their own.
template <class T = double>
struct Attention {
  T batch{1.0}, heads{1.0}, key_value_heads{1.0}, query_length{1.0}, key_length{1.0}, head_size{1.0}, value_size{1.0};

  static constexpr Family kFamily = Family::attention;
  static constexpr std::array<Member<Attention, T>, 7> kMembers{{
      {"batch", &Attention::batch},
      {"heads", &Attention::heads},
      {"key_value_heads", &Attention::key_value_heads},
      {"query_length", &Attention::query_length},
      {"key_length", &Attention::key_length},
      {"head_size", &Attention::head_size},
      {"value_size", &Attention::value_size},
  }};
};

// An operator that we do not know: no machine prices it. Extents 0 where the shapes are not known either; `parameters`
// counts the elements that the layer owns.
template <class T = double>
struct Custom {
  T in_elements{0.0}, out_elements{0.0}, parameters{0.0};

  static constexpr Family kFamily = Family::custom;
  static constexpr std::array<Member<Custom, T>, 3> kMembers{{
      {"in_elements", &Custom::in_elements},
      {"out_elements", &Custom::out_elements},
      {"parameters", &Custom::parameters},
  }};
};

// In the order of Family.
using Dims = std::variant<Convolution<>, Linear<>, MatMul<>, Pooling<>, Elementwise<>, Normalization<>, Softmax<>,
                          Lookup<>, Reduction<>, Movement<>, Recurrent<>, Attention<>, Custom<>>;

inline Family family_of(const Dims& dims) { return static_cast<Family>(dims.index()); }

// Calls f.template operator()<D>() for the struct D of that family.
template <class F>
constexpr void with_family(Family family, F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((static_cast<std::size_t>(family) == I ? f.template operator()<std::variant_alternative_t<I, Dims>>() : void()),
     ...);
  }
  (std::make_index_sequence<std::variant_size_v<Dims>>());
}

template <class D>
inline constexpr std::size_t kMemberCount = std::tuple_size_v<decltype(D::kMembers)>;

namespace detail {
template <class D, std::size_t... K>
constexpr bool lists_every_member(std::index_sequence<K...>) {
  return sizeof(D) == sizeof...(K) * sizeof(double);
}
template <class Variant, std::size_t... I>
constexpr bool dims_are_consistent(std::index_sequence<I...>) {
  return ((lists_every_member<std::variant_alternative_t<I, Variant>>(
               std::make_index_sequence<kMemberCount<std::variant_alternative_t<I, Variant>>>()) &&
           std::variant_alternative_t<I, Variant>::kFamily == static_cast<Family>(I)) &&
          ...);
}
}  // namespace detail
static_assert(detail::dims_are_consistent<Dims>(std::make_index_sequence<std::variant_size_v<Dims>>()),
              "a member was added to a struct but not to its kMembers, or a family is out of order");

}  // namespace hwcost
