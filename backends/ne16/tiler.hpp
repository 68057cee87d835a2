// The search of a layer's tile in L1, and its memory of the shapes that it has seen.
#pragma once

#include <memory>
#include <optional>

#include "pipeline.hpp"

namespace hwcost::ne16 {

// What a layer's handling adds to its pipeline: cycles that nothing hides.
template <class T>
T handling(const MemoryParams<T>& memory, const PipelineCost<T>& pipeline) {
  return pipeline.stalls + T(1.0) + memory.tile_handling * T(pipeline.tiles) + memory.layer_handling;
}
template <class T>
T latency(const MemoryParams<T>& memory, const PipelineCost<T>& pipeline) {
  return pipeline.busy + handling(memory, pipeline);
}

// Thread-safe. Remembers what it has answered, up to a bound.
class Tiler {
 public:
  Tiler(const JobParams<double>& job, const MemoryParams<double>& memory);
  ~Tiler();
  Tiler(const Tiler&) = delete;
  Tiler& operator=(const Tiler&) = delete;

  // The tile with the fewest cycles among all that fit L1; of equal ones that with the most outputs, then with the
  // most channels, then the most rows. Heights and widths are multiples of what the array computes at a time, channels
  // of what its accumulators hold, or the whole extent. Input channels are never divided. Nothing where no tile fits.
  [[nodiscard]] std::optional<Tiling> choose(const LayerShape<double>& shape, const Widths<>& widths) const;

  // The same without memory of earlier answers.
  [[nodiscard]] std::optional<Tiling> search(const LayerShape<double>& shape, const Widths<>& widths) const;

 private:
  class Memo;
  JobParams<double> job_;
  MemoryParams<double> memory_;
  std::unique_ptr<Memo> memo_;
};

}  // namespace hwcost::ne16
