#include "result_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "hwcost/error.hpp"

namespace hwcost::command {
namespace {

namespace fs = std::filesystem;

// The unfinished file, for the signal handler: plain memory, as nothing else is safe there.
std::array<char, 4096> unfinished_file{};

extern "C" void remove_unfinished_file(int signal_number) {
  ::unlink(unfinished_file.data());
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

[[noreturn]] void fail(const std::string& file, int error) {
  throw InputError({file, 0}, fmt::format("cannot be written: {}", std::strerror(error)));
}

void write_all(int descriptor, std::string_view text, const std::string& file) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// A file that is there while it is written and gone when it is not finished.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const fs::path& target) : target_(target) {
    path_ = target.string() + fmt::format(".unfinished-{}", ::getpid());
    if (path_.size() >= unfinished_file.size()) fail(target.string(), ENAMETOOLONG);
    std::copy(path_.begin(), path_.end(), unfinished_file.begin());
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      earlier_handlers_[i] = std::signal(kSignals[i], remove_unfinished_file);
      if (earlier_handlers_[i] == SIG_IGN) std::signal(kSignals[i], SIG_IGN);  // as nohup wants it
    }
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
      const int error = errno;
      restore_signals();
      fail(target.string(), error);
    }
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  ~UnfinishedFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!finished_) ::unlink(path_.c_str());
    restore_signals();
  }

  void finish_with(std::string_view text) {
    write_all(descriptor_, text, target_.string());
    const int closed = ::close(std::exchange(descriptor_, -1));
    if (closed != 0 || std::rename(path_.c_str(), target_.c_str()) != 0) fail(target_.string(), errno);
    finished_ = true;
  }

 private:
  static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};

  void restore_signals() const {
    for (std::size_t i = 0; i < kSignals.size(); ++i) std::signal(kSignals[i], earlier_handlers_[i]);
  }

  fs::path target_;
  std::string path_;
  std::array<void (*)(int), kSignals.size()> earlier_handlers_{};
  int descriptor_ = -1;
  bool finished_ = false;
};

// Devices and pipes are written to; renaming over them would replace them. A pipe that nobody reads, or no longer, is
// an error instead of a wait for its reader or the end of the command.
void write_in_place(const std::string& file, std::string_view text) {
  std::signal(SIGPIPE, SIG_IGN);
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(file, errno);
  ::fcntl(descriptor, F_SETFL, 0);  // a slow reader is waited for
  try {
    write_all(descriptor, text, file);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  if (::close(descriptor) != 0) fail(file, errno);
}

}  // namespace

void write_result(const std::string& file, std::string_view text) {
  if (file.empty()) {
    write_all(STDOUT_FILENO, text, "standard output");
    return;
  }
  std::error_code error;
  const fs::path target = fs::weakly_canonical(file, error);  // a link stays a link
  if (error) fail(file, error.value());
  if (fs::exists(target) && !fs::is_regular_file(target)) {
    write_in_place(file, text);
  } else {
    UnfinishedFile(target).finish_with(text);
  }
}

void refuse_to_overwrite(const std::vector<std::string>& inputs, const std::string& output, const std::string& option) {
  for (const std::string& input : inputs) {
    std::error_code no_such_file;
    if (!input.empty() && fs::is_regular_file(input, no_such_file) && fs::equivalent(input, output, no_such_file))
      throw CLI::ValidationError(option, input + " is read here, and would be overwritten");
  }
}

}  // namespace hwcost::command
