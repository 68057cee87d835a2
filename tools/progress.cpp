#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "text_table.hpp"

namespace hwcost::command {
namespace {

std::string time_left_text(double seconds) {
  if (seconds < 100.0) return fmt::format("{:.0f} s left", seconds);
  if (seconds < 6000.0) return fmt::format("{:.0f} min left", seconds / 60.0);
  return fmt::format("{:.1f} h left", seconds / 3600.0);
}

}  // namespace

std::string progress_text(std::size_t done, std::size_t left, double elapsed_seconds,
                          std::optional<double> most_seconds, const std::string& what) {
  std::optional<double> seconds = most_seconds;
  if (done > 0) {
    const double forecast = elapsed_seconds / static_cast<double>(done) * static_cast<double>(left);
    seconds = std::min(forecast, most_seconds.value_or(forecast));
  }
  const std::string time = seconds ? fmt::format(", {}", time_left_text(*seconds)) : std::string();
  return fmt::format("{} of {}{}: {}", done, done + left, time, what);
}

Progress::Progress(std::size_t steps)
    : steps_(steps), on_terminal_(::isatty(STDERR_FILENO) == 1), start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::next(const std::string& what) {
  show(done_, steps_, what);
  ++done_;
}

void Progress::at(std::size_t done, std::size_t left, const std::string& what, std::optional<double> most_seconds) {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  show(done, done + left, progress_text(done, left, elapsed, most_seconds, what));
}

void Progress::show(std::size_t done, std::size_t steps, const std::string& text) {
  if (!on_terminal_) return;
  constexpr std::size_t kWidth = 20;
  const std::size_t filled = kWidth * std::min(done, steps) / std::max<std::size_t>(steps, 1);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  fmt::print(stderr, "\r\033[K[{}] {}", bar, printable(text));
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace hwcost::command
