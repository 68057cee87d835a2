#include "arena.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace hwcost::onednn {
namespace {

constexpr std::size_t kPageBytes = std::size_t{2} << 20;
constexpr std::size_t kLeastChunkBytes = 4 * kPageBytes;
constexpr std::size_t kAlignment = 64;

std::size_t rounded_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

void* Arena::take(std::size_t bytes) {
  const std::size_t wanted = rounded_up(std::max<std::size_t>(bytes, 1), kAlignment);
  if (size_ - used_ < wanted) {
    const std::size_t size = std::max(rounded_up(wanted, kPageBytes), kLeastChunkBytes);
    std::unique_ptr<void, Release> chunk(std::aligned_alloc(kPageBytes, size));
    if (!chunk) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    (void)madvise(chunk.get(), size, MADV_HUGEPAGE);  // a wish
#endif
    chunks_.push_back(std::move(chunk));
    size_ = size;
    used_ = 0;
  }
  void* place = static_cast<std::byte*>(chunks_.back().get()) + used_;
  used_ += wanted;
  return place;
}

}  // namespace hwcost::onednn
