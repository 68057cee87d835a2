#include "kernel.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "data_types.hpp"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace hwcost::onednn {
namespace {

// Rotated copies are more than this together: beyond the second-level cache of today's processors.
constexpr std::size_t kRotatedBytes = std::size_t{6} << 20;
constexpr std::size_t kMostSets = 1024;

template <class Work>
double seconds_of(Work&& work) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Small numbers that a reference computes with exactly: whole for integers, multiples of 1/64 for others.
float sample_value(const Operand& operand, std::size_t i) {
  const auto type = static_cast<Type>(operand.plain.data.data_type);
  const bool whole = computes_integers(type);
  const auto step = [i](std::size_t factor, std::size_t period) { return static_cast<float>(i * factor % period); };
  switch (operand.role) {
    case Role::input:
      if (!whole) return step(37, 61) / 64.0F - 0.25F;
      return type == Type::s8 ? step(11, 15) - 7.0F : step(7, 13);
    case Role::weights:
      return whole ? step(11, 15) - 7.0F : step(11, 31) / 64.0F - 0.25F;
    case Role::parameters:
      return whole ? step(11, 101) - 50.0F : 0.5F + step(13, 32) / 64.0F;  // a variance is one of them: positive
    case Role::output:
      break;
  }
  return 0.0F;
}

std::size_t elements_of(const dnnl::memory::desc& desc) {
  std::size_t count = 1;
  for (const auto extent : desc.dims()) count *= static_cast<std::size_t>(extent);
  return count;
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// What a user should know of the kernel that oneDNN chose.
std::string remark_on(const std::string& kernel, const Layer& layer) {
  if (contains(kernel, "ref")) return "slow fallback: oneDNN's reference kernel";
  const auto* convolution = std::get_if<Convolution<>>(&layer.dims);
  if (convolution != nullptr && contains(kernel, "gemm"))
    return convolution->groups > 1.0 ? "slow fallback: a gemm kernel, a group at a time"
                                     : "slow fallback: a gemm kernel";
  return {};
}

}  // namespace

OneDnnKernel::OneDnnKernel(const Layer& layer, const Job& job, const dnnl::engine& engine, std::shared_ptr<Arena> arena,
                           Buffers buffers, double descriptor_seconds)
    : engine_(engine), stream_(engine), arena_(std::move(arena)), cold_(buffers == Buffers::cold) {
  creation_seconds_ = descriptor_seconds + seconds_of([&] { primitive_ = dnnl::primitive(job.primitive.get()); });
  name_ = job.primitive.impl_info_str();
  if (!job.approximation.empty()) remarks_ = approximation_remark(job.approximation);
  add_remark(remarks_, remark_on(name_, layer));
  sets_.push_back(first_set(job));
  if (buffers == Buffers::rotated) {
    std::size_t bytes = 0;
    for (const Buffer& buffer : sets_.front()) bytes += buffer.memory.get_desc().get_size();
    const std::size_t wanted =
        std::clamp<std::size_t>(kRotatedBytes / std::max<std::size_t>(bytes, 1) + 1, 2, kMostSets);
    while (sets_.size() < wanted) sets_.push_back(copy_of(sets_.front()));
  }
  for (const Set& set : sets_) {
    std::vector<dnnl_exec_arg_t>& arguments = arguments_.emplace_back();
    for (const Buffer& buffer : set) arguments.push_back({buffer.operand.argument, buffer.memory.get()});
  }
}

OneDnnKernel::Set OneDnnKernel::first_set(const Job& job) {
  Set set;
  for (const Operand& operand : job.operands) {
    set.push_back({operand, in_arena(job.primitive.query_md(dnnl::query::exec_arg_md, operand.argument))});
    fill(operand, set.back().memory);
  }
  return set;
}

dnnl::memory OneDnnKernel::in_arena(const dnnl::memory::desc& desc) {
  return {desc, engine_, arena_->take(desc.get_size())};
}

OneDnnKernel::Set OneDnnKernel::copy_of(const Set& set) {
  Set copy;
  for (const Buffer& buffer : set) {
    const dnnl::memory::desc desc = buffer.memory.get_desc();
    copy.push_back({buffer.operand, in_arena(desc)});
    std::memcpy(copy.back().memory.get_data_handle(), buffer.memory.get_data_handle(), desc.get_size());
  }
  return copy;
}

void OneDnnKernel::fill(const Operand& operand, dnnl::memory& memory) {
  const auto shape = operand.plain.dims();
  dnnl::memory numbers(dense(shape, Type::f32), engine_);
  auto* values = static_cast<float*>(numbers.get_data_handle());
  const std::size_t count = elements_of(operand.plain);
  for (std::size_t i = 0; i < count; ++i) values[i] = sample_value(operand, i);
  // By way of the plain layout in the operand's own type, as a program has it.
  dnnl::memory plain(operand.plain, engine_);
  dnnl::reorder(numbers, plain).execute(stream_, numbers, plain);
  dnnl::reorder layout(plain, memory);
  constexpr int kTries = 3;
  double shortest = HUGE_VAL;
  for (int i = 0; i < (operand.role == Role::weights ? kTries : 1); ++i) {
    shortest = std::min(shortest, seconds_of([&] {
                          layout.execute(stream_, plain, memory);
                          stream_.wait();
                        }));
  }
  if (operand.role == Role::weights) reorder_seconds_ = shortest;
}

void OneDnnKernel::redirect(int argument, void* bytes) {
  for (Buffer& buffer : sets_.front()) {
    if (buffer.operand.argument != argument) continue;
    std::memcpy(bytes, buffer.memory.get_data_handle(), buffer.memory.get_desc().get_size());
    buffer.memory.set_data_handle(bytes);
  }
}

void OneDnnKernel::prepare() {
  if (!cold_) return;
#if defined(__x86_64__)
  constexpr std::size_t kLine = 64;
  for (const Buffer& buffer : sets_.front()) {
    const auto* bytes = static_cast<const char*>(buffer.memory.get_data_handle());
    const std::size_t size = buffer.memory.get_desc().get_size();
    for (std::size_t i = 0; i < size; i += kLine) _mm_clflush(bytes + i);
  }
  _mm_mfence();
#endif
}

void OneDnnKernel::run() {
  const std::vector<dnnl_exec_arg_t>& arguments = arguments_[next_];
  if (++next_ == arguments_.size()) next_ = 0;
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments.size()), arguments.data()),
      "could not execute a primitive");
  dnnl_stream_wait(stream_.get());
}

std::vector<float> OneDnnKernel::values(int argument) const {
  for (const Buffer& buffer : sets_.front()) {
    if (buffer.operand.argument != argument) continue;
    dnnl::memory from = buffer.memory;
    dnnl::memory numbers(dense(buffer.operand.plain.dims(), Type::f32), engine_);
    dnnl::reorder(from, numbers).execute(stream_, from, numbers);
    stream_.wait();
    const auto* values = static_cast<const float*>(numbers.get_data_handle());
    return {values, values + elements_of(buffer.operand.plain)};
  }
  return {};
}

}  // namespace hwcost::onednn
