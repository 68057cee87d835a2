// Whole layers on the array: tiled through L1, with DMA, the core's work and energy. Private to this backend.
#pragma once

#include <memory>
#include <vector>

#include "capabilities.hpp"
#include "hwcost/model_backend.hpp"
#include "tiler.hpp"

namespace hwcost::ne16 {

struct LayerModel {
  template <class T>
  struct Params {
    JobParams<T> job;
    MemoryParams<T> memory;
    std::shared_ptr<const Tiler> tiler;  // of the values; shared by all copies

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      JobParams<T>::visit(p.job, f);
      MemoryParams<T>::visit(p.memory, f);
    }
    void finish() {
      job.finish();
      if constexpr (std::is_same_v<T, double>) tiler = std::make_shared<const Tiler>(job, memory);
    }
    void adopt(const Params<double>& values) { tiler = values.tiler; }
  };

  static constexpr bool kSearches = true;

  static BackendTraits traits(const Params<double>& p);
  static Requantization default_requantization(const Params<double>& p) {
    return {p.job.default_scale_bits, p.job.default_shift};
  }

  // Latency of the best tiling, times groups and batch: groups run one after the other, and so do images.
  //
  // compute: the array's jobs. memory: DMA between L2 and L1. busy: either, so busy - compute is DMA that nothing
  // hides. overhead: the core. Source: docs/machines/ne16.md. Not modelled: what the layers before and after leave in
  // L1, weights that leave L2 because other layers need it, the cluster's own use of L1.
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Convolution<T>& d, const Widths<T>& w) {
    const T passes = d.is_depthwise() ? T(outputs_an_input(d)) : d.groups;
    return layer(p, shape_of(d), w, d.batch * passes, work(op, d).macs);
  }
  template <class T>
  static Cost<T> cost(const Params<T>& p, Op op, const Linear<T>& d, const Widths<T>& w) {
    return layer(p, shape_of(p.job, d), w, T(1.0), work(op, d).macs);
  }

  template <class Verdict>
  static Status check(const Params<double>& p, Op op, const Convolution<>& d, const Widths<>& w, Verdict&& verdict) {
    Status status = check_window(p.job, op, d, verdict);
    if (status == Status::unsupported) return status;
    if (d.stride_height != d.stride_width) {
      return verdict.refuse([&] {
        return fmt::format("stride {}x{}: equal strides alone are modelled", d.stride_height, d.stride_width);
      });
    }
    if (d.kernel_height != 1.0 && d.stride_height != 1.0 && d.stride_height != 2.0) {
      return verdict.refuse(
          [&] { return fmt::format("stride {}x{}: the array has 1 and 2", d.stride_height, d.stride_width); });
    }
    status = check_widths(p.job, w, verdict);
    if (status == Status::unsupported) return status;
    return check_memory(p, shape_of(d), w, verdict);
  }
  template <class Verdict>
  static Status check(const Params<double>& p, Op, const Linear<>& d, const Widths<>& w, Verdict&& verdict) {
    const Status memory = check_widths(p.job, w, verdict) == Status::unsupported
                              ? Status::unsupported
                              : check_memory(p, shape_of(p.job, d), w, verdict);
    // Beyond L2 is the graver reason of the two.
    return memory == Status::priced ? check_linear(p.job, w, verdict) : memory;
  }

  // The tile and what it takes, of one group and one image.
  static std::vector<MappingFigure> mapping(const Params<double>& p, Op, const Convolution<>& d, const Widths<>& w) {
    return mapping_of(p, shape_of(d), w);
  }
  static std::vector<MappingFigure> mapping(const Params<double>& p, Op, const Linear<>& d, const Widths<>& w) {
    return mapping_of(p, shape_of(p.job, d), w);
  }

 private:
  // Of a depthwise layer, which passes over its input as often.
  template <class T>
  static double outputs_an_input(const Convolution<T>& d) {
    return value_of(d.out_channels) / value_of(d.groups);
  }
  template <class T>
  static LayerShape<T> shape_of(const Convolution<T>& d) {
    const bool depthwise = d.is_depthwise();
    const bool pointwise = !depthwise && value_of(d.kernel()) == 1.0;
    const T& groups = d.groups;
    return {.out_height = d.out_height,
            .out_width = d.out_width,
            .out_channels = d.out_channels / (depthwise ? T(outputs_an_input(d)) : groups),
            .in_height = d.in_height,
            .in_width = d.in_width,
            .in_channels = depthwise ? T(1.0) : d.in_channels / groups,
            .kernel = d.kernel_height,
            .stride = d.stride_height,
            .bias = d.bias,
            .pointwise = pointwise,
            .depthwise = depthwise};
  }
  // A 1x1 convolution whose pixels are the tokens of the whole batch, in rows as long as the array is wide; the last
  // row counts as a full one.
  template <class T>
  static LayerShape<T> shape_of(const JobParams<T>& p, const Linear<T>& d) {
    const T tokens = d.batch * d.tokens;
    const T height = ceil_div(tokens, p.out_tile);
    const T width = smaller(tokens, p.out_tile);
    return {.out_height = height,
            .out_width = width,
            .out_channels = d.out_channels,
            .in_height = height,
            .in_width = width,
            .in_channels = d.in_channels,
            .kernel = T(1.0),
            .stride = T(1.0),
            .bias = d.bias,
            .pointwise = true,
            .depthwise = false};
  }
  template <class T>
  static LayerShape<double> values_of(const LayerShape<T>& s) {
    return {value_of(s.out_height),
            value_of(s.out_width),
            value_of(s.out_channels),
            value_of(s.in_height),
            value_of(s.in_width),
            value_of(s.in_channels),
            value_of(s.kernel),
            value_of(s.stride),
            value_of(s.bias),
            s.pointwise,
            s.depthwise};
  }

  template <class T>
  static Cost<T> layer(const Params<T>& p, const LayerShape<T>& shape, const Widths<T>& w, const T& times,
                       const T& macs) {
    Widths<double> widths;
    for (std::size_t i = 0; i < kMemberCount<Widths<>>; ++i)
      widths.*Widths<>::kMembers[i].pointer = value_of(w.*Widths<T>::kMembers[i].pointer);
    const auto tiling = p.tiler->choose(values_of(shape), widths);
    if (!tiling) return {};
    const PipelineCost<T> once = Pipeline<T>(p.job, p.memory, shape, w, *tiling).run();
    Cost<T> cost = Cost<T>{.compute = cycles(once.compute),
                           .memory = cycles(once.memory),
                           .busy = cycles(once.busy),
                           .overhead = cycles(handling(p.memory, once)),
                           .traffic = once.traffic} *
                   times;
    cost.ideal = ideal_cycles(p.job, w, macs);
    if (value_of(p.memory.clock.value) > 0.0) {
      cost.energy = p.memory.power * (cost.latency() / p.memory.clock) + p.memory.dma_energy * cost.traffic +
                    Energy<T>{p.memory.bit_mac_energy * macs * w.weight_bits};
    }
    return cost;
  }

  static std::vector<MappingFigure> mapping_of(const Params<double>& p, const LayerShape<double>& shape,
                                               const Widths<>& w);

  template <class Verdict>
  static Status check_memory(const Params<double>& p, const LayerShape<double>& shape, const Widths<>& w,
                             Verdict& verdict) {
    if (shape.out_height * shape.out_width * shape.out_channels == 0.0) return Status::priced;  // nothing to do
    if (!p.tiler->choose(shape, w)) return verdict.refuse([&] { return no_tile(p, shape, w); });
    const Data<> need = l2_need(p.job, shape, w);
    if (p.memory.l2_capacity < need && p.memory.l3_bandwidth.value == 0.0) {
      return verdict.approximate([&] {
        return fmt::format("its {:.0f} bytes exceed L2's {:.0f}, and no bandwidth beyond L2 is known", in_bytes(need),
                           in_bytes(p.memory.l2_capacity));
      });
    }
    return Status::priced;
  }
  static std::string no_tile(const Params<double>& p, const LayerShape<double>& shape, const Widths<>& w);
};

}  // namespace hwcost::ne16
