// An example of a plugin in C++: the model as an in-tree backend would have it, and the last line.
#include "hwcost/plugin_author.hpp"

namespace mac_roofline {

using namespace hwcost;

struct Model {
  template <class T>
  struct Params {
    T peak{};  // MAC/cycle
    Bandwidth<T> bandwidth{};
    Frequency<T> clock{};
    Energy<T> mac_energy{};
    EnergyPerData<T> port_energy{};

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      f(Key{"peak", "MAC/cycle", 1e-6, 1e9}, p.peak);
      f(Key{"bandwidth", "byte/cycle", 1e-6, 1e9}, p.bandwidth.value);
      f(Key{"clock", "MHz", 1, 1e5, false}, p.clock.value);
      f(Key{"mac.energy", "pJ/MAC", 0, 1e6, false}, p.mac_energy.value);
      f(Key{"port.energy", "pJ/bit", 0, 1e6, false}, p.port_energy.value);
    }
  };

  static BackendTraits traits(const Params<double>& p) {
    BackendTraits traits;
    traits.metrics = {Metric::latency_cycles, Metric::traffic_bytes, Metric::utilization};
    if (p.clock.value > 0.0) traits.metrics.insert(Metric::latency_seconds);
    if (p.mac_energy.value > 0.0 && p.port_energy.value > 0.0) traits.metrics.insert(Metric::energy_joules);
    traits.clock_hertz = p.clock.value;
    return traits;
  }

  // MACs at the peak rate while operands and weights cross one port once, whichever takes longer.
  // Source: Williams, Waterman and Patterson, CACM 2009. Not modelled: what is no MAC, caches, set-up.
  template <class T, class D>
  static Cost<T> cost(const Params<T>& p, Op op, const D& d,
                      const Widths<T>& widths) requires(D::kFamily == Family::convolution ||
                                                        D::kFamily == Family::linear || D::kFamily == Family::matmul) {
    const Work<T> w = work(op, d);
    const Data<T> traffic = bits((w.weights + w.second_input) * widths.weight_bits + w.input * widths.input_bits +
                                 w.output * widths.output_bits);
    return {.compute = cycles(w.macs / p.peak),
            .memory = traffic / p.bandwidth,
            .traffic = traffic,
            .energy = w.macs * p.mac_energy + traffic * p.port_energy,
            .ideal = cycles(w.macs / p.peak)};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>&, Op, const D&, const Widths<>&,
                      Verdict&& verdict) requires(D::kFamily == Family::convolution || D::kFamily == Family::linear ||
                                                  D::kFamily == Family::matmul) {
    if constexpr (D::kFamily == Family::matmul)
      return verdict.approximate([] { return "both operands of a matmul are read from memory"; });
    return Status::priced;
  }
};

}  // namespace mac_roofline

HWCOST_PLUGIN("mac_roofline", "Peak rate or bandwidth, whichever takes longer", mac_roofline::Model)
