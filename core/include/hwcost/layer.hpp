// One layer as every backend sees it.
#pragma once

#include <optional>
#include <string>

#include "hwcost/dims.hpp"
#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/op.hpp"
#include "hwcost/precision.hpp"

namespace hwcost {

// One operator with its extents and formats: all that a price depends on, and how reports call it.
struct Layer {
  std::string name;    // dotted: "layer1.0.conv1"; need not be unique (a module called twice)
  std::string module;  // the module that owns it: "layer1.0.conv1", or a part of the name
  Op op = Op::identity;
  Dims dims = Movement<>{};  // the alternative of info(op).family
  Precision precision;
  double repeat = 1.0;                 // how often it runs in one inference; it owns its weights once
  bool owns_weights = true;            // false: a second call of a layer that owns them
  std::optional<Op> fused_activation;  // applied to the output on the way out
  std::string custom_op;               // what the model file calls an operator of kind `custom`
  std::string custom_reason;           // why nobody knows the work of such a layer; empty: the operator is unknown
  std::string assumption;  // what an importer guessed of it: a price of it is `approximated` for that reason
  friend bool operator==(const Layer&, const Layer&);
};

HWCOST_EXPORT bool operator==(const Layer& a, const Layer& b);

// Whether input, output or weights are floating-point; biases do not decide what a machine can run.
inline bool has_floating_operand(const Layer& layer) {
  const Precision& p = layer.precision;
  return !p.input.is_integer() || !p.output.is_integer() || (!p.weight.is_mixed() && !p.weight.uniform.is_integer());
}

// Whether it has weights, its own or another call's. The second operand of matmul and attention is an activation, and
// slopes, scales and shifts count as biases.
HWCOST_EXPORT bool has_weights(const Layer& layer);

// Output channels of a layer that has weights a channel; 0 for the others.
HWCOST_EXPORT double out_channels(const Dims& dims);

// How many output channels must have the same width, so that those of each width are a layer of their own: one of every
// group of a convolution, all of one input channel of a depthwise one; else 1.
HWCOST_EXPORT double channel_step(const Dims& dims);

// The layer that is left when the output channels of 0 bit are removed: fewer out_channels and no 0 in the histogram
// (depthwise convolutions lose input channels and groups with them). A layer without such channels comes back as it is.
HWCOST_EXPORT Layer without_pruned_channels(const Layer& layer);

// The part of `dims` that computes `channels` of its output channels (depthwise: of its input channels and groups too).
inline Convolution<> with_out_channels(Convolution<> dims, double channels) {
  if (dims.is_depthwise()) {
    dims.depthwise = 1.0;  // stays so when one channel is left
    const double multiplier = dims.out_channels / dims.groups;
    dims.in_channels = channels / multiplier;
    dims.groups = channels == 0.0 ? 1.0 : dims.in_channels;  // of no channels: keep channels a group a number
  }
  dims.out_channels = channels;
  return dims;
}
inline Linear<> with_out_channels(Linear<> dims, double channels) {
  dims.out_channels = channels;
  return dims;
}

// Why this layer's numbers contradict each other; nothing where they do not. Checked by every importer: extents that
// are not positive whole numbers, channels that groups do not divide, output sizes that kernel, stride and padding do
// not give, products beyond 2^53, a histogram that does not add up to out_channels or over the groups, widths of
// channels that differ between groups, 0 bit where there are no channels to take out.
HWCOST_EXPORT std::optional<std::string> contradiction(const Layer& layer);

}  // namespace hwcost
