// A oneDNN primitive with its operands in memory, ready to be timed.
#pragma once

#include <dnnl.hpp>
#include <memory>
#include <vector>

#include "arena.hpp"
#include "hwcost/measure/kernel.hpp"
#include "job.hpp"

namespace hwcost::onednn {

class HWCOST_EXPORT OneDnnKernel final : public Kernel {
 public:
  // Allocates the operands in the arena, fills them with small numbers that repeat, and brings them into the
  // primitive's layouts: one set of them where they are warm or cold, several where they rotate.
  OneDnnKernel(const Layer& layer, const Job& job, const dnnl::engine& engine, std::shared_ptr<Arena> arena,
               Buffers buffers, double descriptor_seconds);

  void prepare() override;
  void run() override;

  // Lets an operand of the first set lie where `bytes` are, with its values. As many as its layout has must be there.
  void redirect(int argument, void* bytes);

  // The values of an operand of the first set, in the plain layout: of a reference, and of the output.
  [[nodiscard]] std::vector<float> values(int argument) const;

 private:
  struct Buffer {
    Operand operand;
    dnnl::memory memory;
  };
  using Set = std::vector<Buffer>;
  Set first_set(const Job& job);
  Set copy_of(const Set& set);
  dnnl::memory in_arena(const dnnl::memory::desc& desc);
  void fill(const Operand& operand, dnnl::memory& memory);

  dnnl::engine engine_;
  mutable dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::shared_ptr<Arena> arena_;  // outlives the operands in it
  std::vector<Set> sets_;
  std::vector<std::vector<dnnl_exec_arg_t>> arguments_;  // of each set
  std::size_t next_ = 0;
  bool cold_;
};

}  // namespace hwcost::onednn
