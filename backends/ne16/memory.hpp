// What surrounds the array: L1, the DMA from L2, the core that starts tiles, clock and energy.
#pragma once

#include "job.hpp"

namespace hwcost::ne16 {

template <class T>
struct MemoryParams {
  Data<T> l1_capacity{};                // for tiles; stacks and the like are taken off
  T l1_refusals{};                      // share of the accesses to L1 that are refused and come again
  Data<T> l2_capacity{};                // for one layer: its input, output and weights
  Bandwidth<T> dma_bandwidth{};         // between L2 and L1
  T transfer_setup{};                   // cycles of a DMA transfer besides its bytes
  Bandwidth<T> l3_bandwidth{};          // of weights that L2 does not hold; 0: not known
  T job_programming{};                  // cycles of the core to program a job, while another one runs
  T tile_handling{}, layer_handling{};  // cycles of the core that nothing hides
  Frequency<T> clock{};                 // 0: not known
  Power<T> power{};                     // of the whole machine while the layer runs
  T bit_mac_energy{};                   // joules of a MAC with one bit of weight, on top of it
  EnergyPerData<T> dma_energy{};        // between L2 and L1, on top of it

  template <class Self, class F>
  static void visit(Self& p, F&& f) {
    constexpr double kMiB = 1024.0 * 1024.0;
    f(Key{"l1.capacity", "byte", 1024, 16 * kMiB}, p.l1_capacity.value);
    f(Key{"l1.refusals", "", 0, 0.99, false}, p.l1_refusals);
    f(Key{"l2.capacity", "byte", 1024, 1e6 * kMiB}, p.l2_capacity.value);
    f(Key{"dma.bandwidth", "byte/cycle", 1e-3, 1e9}, p.dma_bandwidth.value);
    f(Key{"dma.setup", "cycle", 0, 1e6}, p.transfer_setup);
    f(Key{"l3.bandwidth", "byte/cycle", 1e-6, 1e9, false}, p.l3_bandwidth.value);
    f(Key{"job.programming", "cycle", 0, 1e6}, p.job_programming);
    f(Key{"tile.handling", "cycle", 0, 1e6}, p.tile_handling);
    f(Key{"layer.handling", "cycle", 0, 1e6}, p.layer_handling);
    f(Key{"clock", "Hz", 1, 1e12, false}, p.clock.value);
    f(Key{"power", "W", 0, 1e4, false}, p.power.value);
    f(Key{"energy.bit_mac", "J/MAC", 0, 1, false}, p.bit_mac_energy);
    f(Key{"energy.dma", "J/byte", 0, 1, false}, p.dma_energy.value);
  }
};

}  // namespace hwcost::ne16
