// A range of rows divided among threads that live as long as the call.
#pragma once

#include <cstddef>
#include <functional>

namespace hwcost {

// The number of threads that a caller's limit means; 0 stands for one a processor.
std::size_t thread_limit(std::size_t threads);

// Calls work(first, count) for every block of at most `block` of the `size` rows, from at most `threads` threads, the
// caller's among them. The caller's thread starts alone, and others join it once there is work for long enough. The
// blocks are the same whatever the number of threads. An exception ends the call when all threads have ended; of
// several that of the lowest rows is thrown.
void for_each_block(std::size_t size, std::size_t block, std::size_t threads,
                    const std::function<void(std::size_t first, std::size_t count)>& work);

}  // namespace hwcost
