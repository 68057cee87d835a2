// The bytes of a text file. Private to those that read files.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

#include "hwcost/error.hpp"

namespace hwcost {

// An open file, closed at the end.
class ReadableFile {
 public:
  // Without waiting: a pipe opens at once, with a writer or without.
  explicit ReadableFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ReadableFile(const ReadableFile&) = delete;
  ReadableFile& operator=(const ReadableFile&) = delete;
  ~ReadableFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// The whole file. Throws InputError where it cannot be read, is no regular file or is larger than `most_bytes`.
inline std::string read_text_file(const std::filesystem::path& path, std::size_t most_bytes) {
  const auto fail = [&path](const std::string& what) { throw InputError({path.string(), 0}, what); };
  const auto fail_to_read = [&fail](int code) { fail("cannot be read: " + std::generic_category().message(code)); };
  const ReadableFile file(path);
  struct stat status {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) fail_to_read(errno);
  if (S_ISDIR(status.st_mode)) fail_to_read(EISDIR);
  if (!S_ISREG(status.st_mode)) fail("is not a regular file");
  const auto fail_size = [&] { fail(fmt::format("is larger than {} MiB", most_bytes >> 20)); };
  if (static_cast<std::size_t>(status.st_size) > most_bytes) fail_size();
  std::string content(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(file.descriptor(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_to_read(errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > most_bytes) fail_size();
    if (size == content.size()) content.resize(std::min(2 * size, most_bytes + 1));  // of those that have no size
  }
  content.resize(size);
  return content;
}

}  // namespace hwcost
