// Cores that run one kernel a layer: cycles linear in what the kernel does. Private to this backend and its tests.
#pragma once

#include <string>
#include <string_view>

#include "hwcost/model_backend.hpp"

namespace hwcost::cluster {

struct Model {
  template <class T>
  struct Params {
    T launch{};                                // cycles a layer, whatever it is
    T mac{}, weight{}, output{};               // of convolutions, linear layers and matmuls
    T elementwise{}, pooled{};                 // per output; per input element of poolings and reductions
    T softmax{}, normalization{}, movement{};  // per output
    T width{};                                 // bits that every operand is computed at
    T peak{};                                  // MAC/cycle of full use
    Frequency<T> clock{};
    Power<T> power{};  // while it runs

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      const auto per_element = [&](const char* name, auto& member) { f(Key{name, "cycle/element", 0, 1e6}, member); };
      f(Key{"launch", "cycle", 0, 1e9}, p.launch);
      f(Key{"mac", "cycle/MAC", 1e-9, 1e6}, p.mac);
      per_element("weight", p.weight);
      per_element("output", p.output);
      per_element("elementwise", p.elementwise);
      per_element("pooled", p.pooled);
      per_element("softmax", p.softmax);
      per_element("normalization", p.normalization);
      per_element("movement", p.movement);
      f(Key{"width_bits", "bit", 1, 64}, p.width);
      f(Key{"peak", "MAC/cycle", 1e-6, 1e9}, p.peak);
      f(Key{"clock", "Hz", 1, 1e12, false}, p.clock.value);
      f(Key{"power", "W", 0, 1e4, false}, p.power.value);
    }
  };

  static constexpr bool kWholeLayer = true;  // one kernel a layer, whatever the widths of its channels

  static constexpr bool is_modelled(Family family) {
    return family != Family::lookup && family != Family::recurrent && family != Family::attention &&
           family != Family::custom;
  }

  static BackendTraits traits(const Params<double>& p);

  // Cycles of one kernel: a launch, and so many cycles for each thing that it does.
  //
  // Views cost nothing. Source: the rates' own; see the description.
  // Not modelled: L1 and tiling, how rows and channels divide among the cores, strides (an output costs the same
  // however far apart its inputs are), widths (every operand is computed at one).
  template <class T, class D>
  static Cost<T> cost(const Params<T>& p, Op op, const D& d, const Widths<T>&) requires(is_modelled(D::kFamily)) {
    if (is_view(op)) return {};
    const Work<T> w = work(op, d);
    const Cycles<T> kernel = cycles(kernel_cycles(p, d, w));
    const Cycles<T> launch = cycles(p.launch);
    // Without a clock there is no energy, and nobody asks for it.
    const bool has_clock = value_of(p.clock.value) > 0.0;
    return {.compute = kernel,
            .overhead = launch,
            .energy = has_clock ? p.power * ((kernel + launch) / p.clock) : Energy<T>{},
            .ideal = cycles(w.macs / p.peak)};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>& p, Op op, const D& d, const Widths<>& widths,
                      Verdict&& verdict) requires(is_modelled(D::kFamily)) {
    if (is_view(op)) return Status::priced;
    const double other = has_weights(D::kFamily) ? widths.weight_bits : widths.input_bits;
    if (widths.input_bits > p.width || other > p.width) return verdict.refuse([&] { return too_wide(p, op, widths); });
    const std::string_view unknown = unmeasured(op, d);
    const bool narrow = widths.input_bits < p.width || other < p.width;
    if (unknown.empty() && !narrow) return Status::priced;
    return verdict.approximate([&] { return approximation(p, op, unknown, narrow, widths); });
  }

 private:
  // Weights, or a second operand in their place. Of other families weight_bits means nothing.
  static constexpr bool has_weights(Family family) {
    return family == Family::convolution || family == Family::linear || family == Family::matmul;
  }
  // "w4a8", or "a4" of an operator without weights.
  static std::string operands(Op op, const Widths<>& widths);

  template <class T, class D>
  static T kernel_cycles(const Params<T>& p, const D& d, const Work<T>& w) {
    if constexpr (D::kFamily == Family::pooling || D::kFamily == Family::reduction) {
      return p.pooled * w.input;
    } else if constexpr (D::kFamily == Family::elementwise) {
      return p.elementwise * (d.elements * larger(d.operands - T(1.0), T(1.0)));  // two operands at a time
    } else if constexpr (D::kFamily == Family::softmax) {
      return p.softmax * w.output;
    } else if constexpr (D::kFamily == Family::normalization) {
      return p.normalization * w.output;
    } else if constexpr (D::kFamily == Family::movement) {
      return p.movement * w.output;
    } else {
      return p.mac * w.macs + p.weight * (w.weights + w.second_input) + p.output * w.output;
    }
  }

  // What of the layer the measurements behind the rates did not cover, in words: "matmul"; empty where they did.
  // Covered: dense 2-D convolutions of 1x1 and 3x3, linear layers of one token, additions, average pooling of whole
  // images.
  static std::string_view unmeasured(Op op, const Convolution<>& d) {
    if (op != Op::conv2d) return name(op);
    if (d.dilation_height != 1.0 || d.dilation_width != 1.0) return "dilated convolutions";
    if (d.is_depthwise()) return "depthwise convolutions";
    if (d.groups != 1.0) return "grouped convolutions";
    const bool known = d.kernel_height == d.kernel_width && (d.kernel_height == 1.0 || d.kernel_height == 3.0);
    return known ? "" : "kernels other than 1x1 and 3x3";
  }
  static std::string_view unmeasured(Op, const Linear<>& d) {
    return d.batch * d.tokens == 1.0 ? "" : "linear layers of several tokens";
  }
  static std::string_view unmeasured(Op op, const Pooling<>& d) {
    if (op != Op::avg_pool && op != Op::global_avg_pool && op != Op::adaptive_avg_pool) return name(op);
    const bool whole_image =
        d.kernel_depth == d.in_depth && d.kernel_height == d.in_height && d.kernel_width == d.in_width;
    return whole_image ? "" : "windows smaller than the image";
  }
  template <class D>
  static std::string_view unmeasured(Op op, const D&) {
    return op == Op::add ? std::string_view() : name(op);
  }

  static std::string too_wide(const Params<double>& p, Op op, const Widths<>& widths);
  static std::string approximation(const Params<double>& p, Op op, std::string_view unknown, bool narrow,
                                   const Widths<>& widths);
};

}  // namespace hwcost::cluster
