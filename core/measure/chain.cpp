#include "hwcost/measure/chain.hpp"

#include <algorithm>
#include <optional>

#include "hwcost/measure/measurement.hpp"

namespace hwcost {
namespace {

bool moves_nothing(const Layer& layer) {
  if (is_view(layer.op)) return true;
  const auto* moved = std::get_if<Movement<>>(&layer.dims);
  return layer.op == Op::pad && moved != nullptr && moved->in_elements == moved->out_elements;
}

// From a buffer's writing to its last use, as numbers of links.
struct Life {
  std::optional<std::size_t> begin;  // nothing: it is there before the first
  std::optional<std::size_t> end;    // nothing: no layer touches it
};

std::vector<Life> lives_of(const LayerChain& chain) {
  std::vector<Life> lives(chain.buffers);
  for (std::size_t link = 0; link < chain.links.size(); ++link) {
    for (const std::size_t buffer : chain.links[link].inputs) lives[buffer].end = link;
    for (const std::size_t buffer : chain.links[link].outputs) {
      if (!lives[buffer].end) lives[buffer].begin = link;
      lives[buffer].end = link;
    }
  }
  return lives;
}

// Gives blocks out: the smallest free one that is large enough, else the largest free one, which then grows.
class Blocks {
 public:
  std::size_t take(std::size_t bytes) {
    if (free_.empty()) {
      bytes_.push_back(bytes);
      return bytes_.size() - 1;
    }
    const auto fits_better = [&](std::size_t a, std::size_t b) {
      const bool a_fits = bytes_[a] >= bytes, b_fits = bytes_[b] >= bytes;
      if (a_fits != b_fits) return a_fits;
      return a_fits ? bytes_[a] < bytes_[b] : bytes_[a] > bytes_[b];
    };
    const auto best = std::min_element(free_.begin(), free_.end(), fits_better);
    const std::size_t block = *best;
    free_.erase(best);
    bytes_[block] = std::max(bytes_[block], bytes);
    return block;
  }
  void give_back(std::size_t block) { free_.push_back(block); }
  [[nodiscard]] const std::vector<std::size_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::size_t> bytes_, free_;
};

}  // namespace

LayerChain chain_of(const Graph& graph) {
  LayerChain chain;
  chain.buffers = graph.tensors.size();
  std::vector<std::size_t> buffer_of(graph.tensors.size());
  for (std::size_t tensor = 0; tensor < buffer_of.size(); ++tensor) buffer_of[tensor] = tensor;
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    if (node.fused_into || moves_nothing(node.layer)) {
      if (node.inputs.empty()) continue;
      for (const TensorId output : node.outputs) buffer_of[output] = buffer_of[node.inputs.front()];
      continue;
    }
    LayerChain::Link link;
    link.node = id;
    link.repeat = node.layer.repeat;
    if (auto bare = measurable(node.layer)) {
      link.layer = std::move(*bare);
    } else {
      link.refusal = std::move(bare.error().reason);
      link.layer = node.layer;
    }
    for (const TensorId input : node.inputs) link.inputs.push_back(buffer_of[input]);
    for (const TensorId output : node.outputs) link.outputs.push_back(buffer_of[output]);
    if (link.inputs.empty() && link.outputs.empty()) {
      const bool follows = !chain.links.empty() && !chain.links.back().outputs.empty();
      link.inputs = {follows ? chain.links.back().outputs.front() : chain.buffers++};
      link.outputs = {chain.buffers++};
    }
    chain.links.push_back(std::move(link));
  }
  return chain;
}

BufferPlan plan_buffers(const LayerChain& chain, const std::vector<std::size_t>& bytes) {
  std::vector<Life> lives = lives_of(chain);
  Blocks blocks;
  BufferPlan plan;
  plan.block_of.resize(chain.buffers);
  for (std::size_t buffer = 0; buffer < chain.buffers; ++buffer) {
    if (lives[buffer].end && !lives[buffer].begin) plan.block_of[buffer] = blocks.take(bytes[buffer]);
  }
  for (std::size_t link = 0; link < chain.links.size(); ++link) {
    const LayerChain::Link& here = chain.links[link];
    for (const std::size_t buffer : here.outputs) {
      if (lives[buffer].begin == link) plan.block_of[buffer] = blocks.take(bytes[buffer]);
      lives[buffer].begin.reset();
    }
    for (const auto* buffers : {&here.inputs, &here.outputs}) {
      for (const std::size_t buffer : *buffers) {
        if (lives[buffer].end != link) continue;
        blocks.give_back(plan.block_of[buffer]);
        lives[buffer].end.reset();
      }
    }
  }
  plan.block_bytes = blocks.bytes();
  return plan;
}

}  // namespace hwcost
