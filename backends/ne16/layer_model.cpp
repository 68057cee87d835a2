#include "layer_model.hpp"

#include <algorithm>

#include "job_model.hpp"

namespace hwcost::ne16 {

BackendTraits LayerModel::traits(const Params<double>& p) {
  BackendTraits traits = JobModel::traits(p.job);
  traits.metrics.insert(Metric::traffic_bytes);
  traits.metrics.insert(Metric::arithmetic_intensity_macs_per_byte);
  traits.clock_hertz = p.memory.clock.value;
  if (traits.clock_hertz > 0.0) {
    traits.metrics.insert(Metric::latency_seconds);
    const MemoryParams<double>& m = p.memory;
    if (m.power.value > 0.0 || m.bit_mac_energy > 0.0 || m.dma_energy.value > 0.0)
      traits.metrics.insert(Metric::energy_joules);
  }
  // More of an extent may let another tiling in: a wider row is sometimes cut into better tiles.
  traits.monotone = false;
  return traits;
}

std::vector<MappingFigure> LayerModel::mapping_of(const Params<double>& p, const LayerShape<double>& shape,
                                                  const Widths<>& w) {
  const auto tiling = p.tiler->choose(shape, w);
  if (!tiling) return {};
  const PipelineCost<double> once = Pipeline<double>(p.job, p.memory, shape, w, *tiling).run();
  const TileExtents<double> tile{tiling->height, tiling->width, tiling->channels};
  return {{"tile_height", tiling->height},
          {"tile_width", tiling->width},
          {"tile_channels", tiling->channels},
          {"tiles", once.tiles},
          {"l1_bytes", in_bytes(l1_need(p.job, shape, w, tile, once.tiles == 1.0))},
          {"l1_accesses", once.accesses},
          {"job_cycles", once.compute},
          {"dma_cycles", once.memory},
          {"exposed_dma_cycles", once.busy - once.compute},
          {"programming_cycles", once.stalls},
          {"handling_cycles", handling(p.memory, once) - once.stalls}};
}

std::string LayerModel::no_tile(const Params<double>& p, const LayerShape<double>& shape, const Widths<>& w) {
  const double channels = std::min(shape.out_channels, channel_tile(p.job, shape.depthwise));
  const double side = shape.takes_patches() ? patch_outputs(p.job) : p.job.out_tile;
  const TileExtents<double> least{std::min(shape.out_height, side), std::min(shape.out_width, side), channels};
  const bool is_only_tile =
      least.height == shape.out_height && least.width == shape.out_width && least.channels == shape.out_channels;
  return fmt::format("no tile of it fits L1: {:.0f} outputs of {:.0f} channels take {:.0f} bytes{}, of {:.0f}",
                     least.height * least.width, channels, in_bytes(l1_need(p.job, shape, w, least, true)),
                     is_only_tile ? "" : " twice", in_bytes(p.memory.l1_capacity));
}

}  // namespace hwcost::ne16
