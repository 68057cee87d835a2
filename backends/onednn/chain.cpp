#include "chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "data_types.hpp"

namespace hwcost::onednn {
namespace {

using Link = LayerChain::Link;

// An operand of a job and the buffer of the chain that it is.
struct Flow {
  Operand operand;
  std::size_t buffer;
};

// Inputs in the layer's order; the last one stands for those that follow (x + x). Operands beside the chain are left
// out.
std::vector<Flow> flows_of(const Link& link, const Job& job) {
  std::vector<Flow> flows;
  std::size_t next = 0;
  for (const Operand& operand : job.operands) {
    if (operand.role == Role::input && !link.inputs.empty()) {
      flows.push_back({operand, link.inputs[std::min(next++, link.inputs.size() - 1)]});
    } else if (operand.role == Role::output && !link.outputs.empty()) {
      flows.push_back({operand, link.outputs.front()});
    }
  }
  return flows;
}

dnnl::memory::desc layout_of(const Job& job, const Operand& operand) {
  return job.primitive.query_md(dnnl::query::exec_arg_md, operand.argument);
}

// What was last written to each buffer, to be compared with how it is read.
class Layouts {
 public:
  explicit Layouts(std::size_t buffers) : written_(buffers) {}
  void see(const Flow& flow, const dnnl::memory::desc& layout) {
    auto& written = written_[flow.buffer];
    if (flow.operand.role == Role::output) {
      written = layout;
    } else if (written && written->dims() == layout.dims()) {
      ++edges_;
      if (*written != layout) ++differing_;
    }
  }
  [[nodiscard]] std::string remark() const {
    if (differing_ == 0) return {};
    return fmt::format("{} of {} buffers are read in another layout than they were written in, and are not reordered",
                       differing_, edges_);
  }

 private:
  std::vector<std::optional<dnnl::memory::desc>> written_;
  std::size_t edges_ = 0, differing_ = 0;
};

}  // namespace

OneDnnChain::OneDnnChain(const LayerChain& chain, const dnnl::engine& engine) {
  std::vector<std::optional<Job>> jobs;
  std::vector<std::size_t> bytes(chain.buffers, 0);
  Layouts layouts(chain.buffers);
  for (const Link& link : chain.links) {
    auto job = link.refusal.empty() ? job_for(link.layer, engine) : tl::unexpected(Unsupported{link.refusal});
    refusals_.push_back(job ? std::string() : job.error().reason);
    jobs.push_back(job ? std::optional(std::move(*job)) : std::nullopt);
    if (!jobs.back()) continue;
    for (const Flow& flow : flows_of(link, *jobs.back())) {
      const dnnl::memory::desc layout = layout_of(*jobs.back(), flow.operand);
      bytes[flow.buffer] = std::max(bytes[flow.buffer], layout.get_size());
      layouts.see(flow, layout);
    }
  }
  remarks_ = layouts.remark();
  const BufferPlan plan = plan_buffers(chain, bytes);
  const auto arena = std::make_shared<Arena>();
  std::vector<void*> blocks;
  for (const std::size_t size : plan.block_bytes) blocks.push_back(arena->take(size));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto& kernel = kernels_.emplace_back();
    if (!jobs[i]) continue;
    kernel = std::make_unique<OneDnnKernel>(chain.links[i].layer, *jobs[i], engine, arena, Buffers::warm, 0.0);
    for (const Flow& flow : flows_of(chain.links[i], *jobs[i]))
      kernel->redirect(flow.operand.argument, blocks[plan.block_of[flow.buffer]]);
  }
}

}  // namespace hwcost::onednn
