// The interface that every accelerator model offers, in-tree or plugin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/batch.hpp"
#include "hwcost/cost.hpp"
#include "hwcost/error.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/metric.hpp"

namespace hwcost {

// How a derivative at a step of a cost is meant.
enum class GradientMode {
  // The formula's own derivative, where ceil, floor and modulo pass on that of their numerator.
  straight_through,
  // That of the piecewise-linear interpolation over the channel counts with knots at the multiples of the machine's
  // granularity (a tile in every group) and at the layer's own count: the slope from the knot below. Channels of a
  // depthwise layer go together: their slope stands under out_channels. Other members have derivative 0.
  relaxed,
};

// What a backend, bound to a description, is.
struct BackendTraits {
  MetricSet metrics;                    // which of the metrics it defines
  double clock_hertz = 0.0;             // cycles a second; 0: no clock is known and cycles have no seconds
  bool integers_only = false;           // computes integers: floating-point layers need widths assumed for them
  bool widths_add_up = true;            // a layer of mixed widths costs the sum of its parts, one a width
  bool skips_free_work = false;         // what is proven free (views, what an earlier layer absorbs) costs nothing
  bool monotone = true;                 // the cost never falls as an extent grows
  double out_channel_step = 1.0;        // granularity in output channels: knots of the relaxed gradient
  double depthwise_channel_step = 1.0;  // the same of depthwise convolutions
  double in_channel_step = 1.0;
};

// What `estimate` gives for a layer that the machine can run.
struct Estimate {
  Cost<> cost;
  std::string approximation;  // empty: the model as its source states it; else in which way the price is only near it
};

// A figure of how a layer is mapped on a machine: an extent of its tile, its accesses to a memory.
struct MappingFigure {
  std::string_view name;  // of static storage; with the unit, as metrics are
  double value;
};
// How the machine runs the output channels that have this weight width.
struct Mapping {
  double weight_bits;
  std::vector<MappingFigure> figures;
};

// Value and derivative by every member of the layer's dims, then of Widths, in the order of their kMembers.
struct CostGradient {
  Cost<> value;  // == estimate().cost, bit for bit
  std::vector<Cost<>> partial;

  // d latency / d member k.
  [[nodiscard]] double latency_cycles(std::size_t k) const { return partial[k].latency().value; }
  [[nodiscard]] double latency_seconds(std::size_t k, double clock_hertz) const {
    return partial[k].seconds(clock_hertz);
  }
};

// A cost model bound to one hardware description.
// Immutable once made: every method is const and may be called from any thread.
// Costs are of one run of the layer (Layer::repeat is the caller's to apply). Extents are counts: one that is negative,
// infinite or not a number makes the layer unsupported; whether they fit each other is for contradiction() (layer.hpp).
class HWCOST_EXPORT Backend {
 public:
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] virtual const BackendTraits& traits() const = 0;
  // Cost of one layer, or the reason why this machine has none. Mixed weights: the sum over widths of the cost of
  // exactly those channels, unless the backend says otherwise; pruned channels cost nothing.
  [[nodiscard]] virtual Expected<Estimate, Unsupported> estimate(const Layer& layer) const = 0;
  // The same for in.size candidates; equals estimate() on each, bit for bit. Allocates nothing, unless the machine
  // remembers what it had to search for. Pre: in.columns has column_count() of op's family, each wanted column of `out`
  // has in.size entries; neither is checked.
  virtual void estimate_batch(const LayerColumns& in, const CostColumns& out) const = 0;
  // Value and derivatives, in units of the cost's parts a unit of the member (a channel, a bit). Only for layers whose
  // weights have one width; unsupported where estimate() is, and where a plugin's model has no derivatives.
  [[nodiscard]] virtual Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const = 0;
  // The same by some members alone, which can be much faster: bit k of `members` stands for partial[k]. What is not
  // asked for is 0 or as gradient() gives it. See members_named().
  [[nodiscard]] virtual Expected<CostGradient, Unsupported> gradient_by(const Layer& layer, GradientMode mode,
                                                                        std::uint64_t /*members*/) const {
    return gradient(layer, mode);
  }
  // Value and derivative by each of `parameters`, keys of the machine's description, in base units: of each layer, and
  // `partial` in the order of the keys. Only for layers whose weights have one width; unsupported where a parameter is
  // none that the price varies smoothly with (a flag, a size that things are counted with).
  [[nodiscard]] virtual std::vector<Expected<CostGradient, Unsupported>> parameter_gradients(
      std::span<const Layer> layers, std::span<const std::string> parameters) const;
  // How it would run the layer, a part a weight width; nothing where the machine has no more to say than the cost, or
  // does not run the layer.
  [[nodiscard]] virtual std::vector<Mapping> mapping(const Layer&) const { return {}; }

 protected:
  Backend() = default;
};

// GradientMode::relaxed for any backend: it needs the backend's values alone.
[[nodiscard]] HWCOST_EXPORT Expected<CostGradient, Unsupported> relaxed_gradient(const Backend& backend,
                                                                                 const Layer& layer,
                                                                                 std::uint64_t members = kEveryMember);

}  // namespace hwcost
