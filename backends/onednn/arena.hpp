// Memory for operands, packed one after the other into large pages.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

#include "hwcost/export.hpp"

namespace hwcost::onednn {

// Where the system maps memory by pages of 4 KiB, which of them lie on the same lines of a cache is chance, and with it
// the time of a kernel: by up to 15 % between two runs of a program. Within pages of 2 MiB it is the same every time.
// Where the system has none to give, these are ordinary pages.
class HWCOST_EXPORT Arena {
 public:
  // So many bytes, aligned as vectors and cache lines want it; they live as long as the arena.
  // Throws std::bad_alloc.
  [[nodiscard]] void* take(std::size_t bytes);

 private:
  struct Release {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::vector<std::unique_ptr<void, Release>> chunks_;
  std::size_t used_ = 0, size_ = 0;  // of the last chunk
};

}  // namespace hwcost::onednn
