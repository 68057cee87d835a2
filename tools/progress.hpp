// Progress on a terminal.
#pragma once

#include <cstddef>
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

 private:
  std::size_t steps_;
  std::size_t done_ = 0;
  bool on_terminal_;
};

}  // namespace hwcost::command
