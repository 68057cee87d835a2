// Progress on a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace hwcost::command {

// A bar on stderr over `steps` steps; nothing at all where stderr is no terminal. Gone when it is destroyed.
class Progress {
 public:
  explicit Progress(std::size_t steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Begins the next step.
  void next(const std::string& what);
  // Begins the step after `done` others, where their number is not known beforehand: `left` with this one. Tells the
  // time left, should the others take as long each; at most `most_seconds`.
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
