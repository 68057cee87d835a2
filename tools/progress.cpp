#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "text_table.hpp"

namespace hwcost::command {

Progress::Progress(std::size_t steps) : steps_(steps), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (on_terminal_ && done_ > 0) fmt::print(stderr, "\r\033[K");
}

void Progress::next(const std::string& what) {
  constexpr std::size_t kWidth = 20;
  if (on_terminal_) {
    const std::size_t filled = kWidth * std::min(done_, steps_) / std::max<std::size_t>(steps_, 1);
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    fmt::print(stderr, "\r\033[K[{}] {}", bar, printable(what));
    std::fflush(stderr);
  }
  ++done_;
}

}  // namespace hwcost::command
