// A network run as a whole: its layers one after the other, each from the buffers that the ones before it wrote.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

// What a run of a network executes: no views, and nothing that an earlier layer does on its way out.
struct LayerChain {
  // Buffers are numbered from 0; a view's output is its input's buffer.
  struct Link {
    NodeId node = 0;
    Layer layer;                       // as measurable() gives it; the node's own where there is a `refusal`
    double repeat = 1.0;               // how often it runs in one inference
    std::string refusal;               // why it cannot be measured; empty where it can
    std::vector<std::size_t> inputs;   // activations that it reads, in the layer's order
    std::vector<std::size_t> outputs;  // and writes
  };
  std::vector<Link> links;  // in execution order
  std::size_t buffers = 0;
};

// Nodes without edges (a layer table's) read what the one before them wrote.
HWCOST_EXPORT LayerChain chain_of(const Graph& graph);

// Where buffers lie: two share a block where the one is written after the last reading of the other, as programs that
// run networks have it.
struct BufferPlan {
  std::vector<std::size_t> block_of;     // each buffer's
  std::vector<std::size_t> block_bytes;  // of each block
};
// `bytes` of each buffer. Buffers that no layer writes are the network's inputs: they live from the start.
HWCOST_EXPORT BufferPlan plan_buffers(const LayerChain& chain, const std::vector<std::size_t>& bytes);

// The kernels of a chain over one plan of buffers, ready to run. One thread at a time.
class HWCOST_EXPORT KernelChain {
 public:
  virtual ~KernelChain() = default;
  KernelChain(const KernelChain&) = delete;
  KernelChain& operator=(const KernelChain&) = delete;

  // One execution of a link's layer, finished when it returns. Pre: the link has no refusal.
  virtual void run(std::size_t link) = 0;
  // A link each: why it has no kernel; empty where it has one.
  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }
  // What a real run would do besides; empty where that is nothing.
  [[nodiscard]] const std::string& remarks() const { return remarks_; }

 protected:
  KernelChain() = default;
  std::vector<std::string> refusals_;
  std::string remarks_;
};

}  // namespace hwcost
