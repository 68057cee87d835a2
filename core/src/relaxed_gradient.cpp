// Slopes of a cost between whole tiles of channels.
#include <cmath>
#include <string_view>

#include "hwcost/backend.hpp"

namespace hwcost {
namespace {

// One channel count on its way down: where the layer's own count lies between, and the layer with another count.
struct ChannelCount {
  double own = 0.0;
  double step = 1.0;  // from knot to knot

  // The knot below the own count; a layer without channels looks up, to its first knot.
  [[nodiscard]] double other_knot() const { return own > 0.0 ? step * (std::ceil(own / step) - 1.0) : step; }
};

template <class D>
std::size_t index_of(std::string_view member) {
  std::size_t k = 0;
  while (D::kMembers[k].name != member) ++k;
  return k;
}

class Relaxation {
 public:
  Relaxation(const Backend& backend, const Layer& layer, std::uint64_t members, CostGradient& gradient)
      : backend_(backend), traits_(backend.traits()), at_knot_(layer), members_(members), gradient_(gradient) {}

  // Each gives the refusal where the machine does not run the layer at a knot.
  std::optional<Unsupported> operator()(const Convolution<>& d) {
    if (d.is_depthwise()) {
      // Channels are groups here, each with so many outputs.
      const double outputs = d.groups > 0.0 ? d.out_channels / d.groups : 1.0;
      const double step = outputs * std::ceil(traits_.depthwise_channel_step / outputs);
      return slope("out_channels", d, {d.out_channels, step}, [&](double c) { return with_out_channels(d, c); });
    }
    const auto at = [&d](double Convolution<>::*member) {
      return [&d, member](double channels) {
        Convolution<> other = d;
        other.*member = channels;
        return other;
      };
    };
    const ChannelCount out{d.out_channels, traits_.out_channel_step * d.groups};
    if (auto refusal = slope("out_channels", d, out, at(&Convolution<>::out_channels))) return refusal;
    const ChannelCount in{d.in_channels, traits_.in_channel_step * d.groups};
    return slope("in_channels", d, in, at(&Convolution<>::in_channels));
  }

  std::optional<Unsupported> operator()(const Linear<>& d) {
    const auto out = [&d](double channels) { return with_out_channels(d, channels); };
    if (auto refusal = slope("out_channels", d, {d.out_channels, traits_.out_channel_step}, out)) return refusal;
    return slope("in_channels", d, {d.in_channels, traits_.in_channel_step}, [&d](double channels) {
      Linear<> other = d;
      other.in_channels = channels;
      return other;
    });
  }

  template <class D>
  std::optional<Unsupported> operator()(const D&) {
    return std::nullopt;  // no channel counts
  }

 private:
  template <class D, class At>
  std::optional<Unsupported> slope(std::string_view member, const D&, const ChannelCount& count, At&& at) {
    constexpr std::uint64_t kFirst = 1;
    if ((members_ & kFirst << index_of<D>(member)) == 0) return std::nullopt;
    const double knot = count.other_knot();
    Cost<> there{};
    if (knot > 0.0) {
      at_knot_.dims = at(knot);
      auto estimate = backend_.estimate(at_knot_);
      if (!estimate) return std::move(estimate.error());
      there = estimate->cost;
    }
    gradient_.partial[index_of<D>(member)] = (gradient_.value - there) * (1.0 / (count.own - knot));
    return std::nullopt;
  }

  const Backend& backend_;
  const BackendTraits& traits_;
  Layer at_knot_;
  std::uint64_t members_;
  CostGradient& gradient_;
};

}  // namespace

Expected<CostGradient, Unsupported> relaxed_gradient(const Backend& backend, const Layer& layer,
                                                     std::uint64_t members) {
  if (layer.precision.weight.is_mixed())
    return tl::unexpected(Unsupported{"a gradient needs one width for all output channels", {}});
  auto here = backend.estimate(layer);
  if (!here) return tl::unexpected(std::move(here.error()));
  CostGradient gradient{here->cost, std::vector<Cost<>>(column_count(info(layer.op).family))};
  if (auto refusal = std::visit(Relaxation(backend, layer, members, gradient), layer.dims))
    return tl::unexpected(std::move(*refusal));
  return gradient;
}

}  // namespace hwcost
