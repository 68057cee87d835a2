// Counts of operations in the way that a convention counts them: the formula. Private to this backend and its tests.
#pragma once

#include "hwcost/model_backend.hpp"

namespace hwcost::counts {

// A convention is data: how much each kind of work counts.
struct Model {
  template <class T>
  struct Params {
    T per_mac{}, per_attention_mac{}, per_bias_add{}, per_weighted_output{};
    T per_batch_norm_element{}, per_layer_norm_element{};
    T per_avg_pool_input{}, per_avg_pool_output{}, per_adaptive_avg_pool_input{}, per_adaptive_avg_pool_output{};
    T per_max_pool_input{};
    T per_activation_element{}, per_elementwise_element{}, per_softmax_element{};

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      const auto coefficient = [&](const char* name, auto& member) { f(Key{name, "", 0, 1e6, false}, member); };
      coefficient("per_mac", p.per_mac);
      coefficient("per_attention_mac", p.per_attention_mac);
      coefficient("per_bias_add", p.per_bias_add);
      coefficient("per_weighted_output", p.per_weighted_output);
      coefficient("per_batch_norm_element", p.per_batch_norm_element);
      coefficient("per_layer_norm_element", p.per_layer_norm_element);
      coefficient("per_avg_pool_input", p.per_avg_pool_input);
      coefficient("per_avg_pool_output", p.per_avg_pool_output);
      coefficient("per_adaptive_avg_pool_input", p.per_adaptive_avg_pool_input);
      coefficient("per_adaptive_avg_pool_output", p.per_adaptive_avg_pool_output);
      coefficient("per_max_pool_input", p.per_max_pool_input);
      coefficient("per_activation_element", p.per_activation_element);
      coefficient("per_elementwise_element", p.per_elementwise_element);
      coefficient("per_softmax_element", p.per_softmax_element);
    }
  };

  static BackendTraits traits(const Params<double>& p);

  // Operations of one layer by this convention. Every known operator has a count; what a convention does not name
  // counts 0 in it, as the tool that it is named after counts it.
  template <class T, class D>
  static Cost<T> cost(const Params<T>& p, Op op, const D& d, const Widths<T>&) requires(D::kFamily != Family::custom) {
    return {.operations = operations(p, op, d, work(op, d))};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>&, Op, const D&, const Widths<>&,
                      Verdict&&) requires(D::kFamily != Family::custom) {
    return Status::priced;
  }

 private:
  template <class T, class D>
  static T operations(const Params<T>& p, Op op, const D&, const Work<T>& w) {
    if constexpr (D::kFamily == Family::convolution || D::kFamily == Family::linear) {
      return p.per_mac * w.macs + p.per_bias_add * w.bias_adds + p.per_weighted_output * w.output;
    } else if constexpr (D::kFamily == Family::recurrent) {
      return p.per_mac * w.macs + p.per_bias_add * w.bias_adds;
    } else if constexpr (D::kFamily == Family::matmul || D::kFamily == Family::attention) {
      return p.per_attention_mac * w.macs;
    } else if constexpr (D::kFamily == Family::pooling) {
      return pooling(p, op, w);
    } else if constexpr (D::kFamily == Family::normalization) {
      return (op == Op::batch_norm ? p.per_batch_norm_element : p.per_layer_norm_element) * w.output;
    } else if constexpr (D::kFamily == Family::elementwise) {
      return (is_activation(op) ? p.per_activation_element : p.per_elementwise_element) * w.output;
    } else if constexpr (D::kFamily == Family::softmax) {
      return p.per_softmax_element * w.output;
    } else {
      return T(0.0);
    }
  }
  template <class T>
  static T pooling(const Params<T>& p, Op op, const Work<T>& w) {
    switch (op) {
      case Op::avg_pool:
        return p.per_avg_pool_input * w.input + p.per_avg_pool_output * w.output;
      case Op::global_avg_pool:  // torch's adaptive pooling to one pixel
      case Op::adaptive_avg_pool:
        return p.per_adaptive_avg_pool_input * w.input + p.per_adaptive_avg_pool_output * w.output;
      default:
        return p.per_max_pool_input * w.input;
    }
  }
};

}  // namespace hwcost::counts
