// Progress on a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace hwcost::command {

// "3 of 8, 12 s left: WHAT": `done` steps took `elapsed_seconds`, `left` are left. The time is what these take should
// they be like the others, at most `most_seconds`; none where neither is known.
std::string progress_text(std::size_t done, std::size_t left, double elapsed_seconds,
                          std::optional<double> most_seconds, const std::string& what);

// A bar on stderr over `steps` steps; nothing at all where stderr is no terminal. Gone when it is destroyed.
class Progress {
 public:
  explicit Progress(std::size_t steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Begins the next step.
  void next(const std::string& what);
  // Begins the step after `done` others, where their number is not known beforehand: `left` with this one.
  void at(std::size_t done, std::size_t left, const std::string& what, std::optional<double> most_seconds);

 private:
  void show(std::size_t done, std::size_t steps, const std::string& text);

  std::size_t steps_;
  std::size_t done_ = 0;
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace hwcost::command
