#include "parallel_blocks.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace hwcost {
namespace {

using Clock = std::chrono::steady_clock;

// Starting a thread and waiting for its end takes some tens of microseconds: what it must save to be worth it.
constexpr auto kWorthAThread = std::chrono::microseconds(200);

class Blocks {
 public:
  Blocks(std::size_t size, std::size_t block, const std::function<void(std::size_t, std::size_t)>& work)
      : size_(size), block_(block), count_((size + block - 1) / block), work_(work) {}

  void run(std::size_t threads) {
    const auto start = Clock::now();
    std::size_t alone = 0;
    while (next_ < count_ && (alone == 0 || Clock::now() - start < kWorthAThread / 8)) {
      if (!run_next()) break;
      ++alone;
    }
    {
      std::vector<std::jthread> helpers;
      start_helpers(helpers, std::min(threads, worthwhile(Clock::now() - start, alone)));
      run_all();
    }
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  // Threads for the blocks that are left, when `alone` of them took that long.
  [[nodiscard]] std::size_t worthwhile(Clock::duration taken, std::size_t alone) const {
    const std::size_t left = count_ - std::min<std::size_t>(next_, count_);
    if (alone == 0 || left == 0) return 1;
    const double all = static_cast<double>(taken.count()) / static_cast<double>(alone) * static_cast<double>(left);
    const double worth = all / static_cast<double>(Clock::duration(kWorthAThread).count());
    return worth < static_cast<double>(left) ? std::max<std::size_t>(1, static_cast<std::size_t>(worth)) : left;
  }

  // With fewer where the system has no more: the work is the same.
  void start_helpers(std::vector<std::jthread>& helpers, std::size_t threads) {
    helpers.reserve(threads);
    try {
      while (helpers.size() + 1 < threads) helpers.emplace_back([this] { run_all(); });
    } catch (const std::system_error&) {
    }
  }

  void run_all() {
    while (run_next()) {
    }
  }

  // False where no block is left or one has failed.
  bool run_next() noexcept {
    const std::size_t k = next_.fetch_add(1, std::memory_order_relaxed);
    if (k >= count_) return false;
    try {
      work_(k * block_, std::min(block_, size_ - k * block_));
      return true;
    } catch (...) {
      keep(std::current_exception(), k);
      return false;
    }
  }

  // Lower blocks have all been begun, so the lowest failure is among those kept.
  void keep(std::exception_ptr exception, std::size_t block) {
    next_.store(count_, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (exception_ && failed_ < block) return;
    exception_ = std::move(exception);
    failed_ = block;
  }

  std::size_t size_, block_, count_;
  const std::function<void(std::size_t, std::size_t)>& work_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr exception_;
  std::size_t failed_ = 0;
};

}  // namespace

std::size_t thread_limit(std::size_t threads) {
  return threads != 0 ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

void for_each_block(std::size_t size, std::size_t block, std::size_t threads,
                    const std::function<void(std::size_t first, std::size_t count)>& work) {
  Blocks(size, block, work).run(thread_limit(threads));
}

}  // namespace hwcost
