#include "byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "hwcost/error.hpp"

namespace hwcost::onnx {
namespace {

[[noreturn]] void fail(const std::string& file, int error) {
  throw InputError({file, 0}, "cannot be read: " + std::generic_category().message(error));
}

}  // namespace

void MemoryBytes::read(std::uint64_t offset, std::span<char> to) const {
  if (!to.empty()) std::memcpy(to.data(), bytes_.data() + offset, to.size());
}

// O_NONBLOCK: a named pipe is refused, not waited for.
FileBytes::FileBytes(const std::filesystem::path& file)
    : name_(file.string()), descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) fail(name_, errno);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    ::close(descriptor_);
    fail(name_, error);
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw InputError({name_, 0}, "is not a regular file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

FileBytes::~FileBytes() { ::close(descriptor_); }

void FileBytes::read(std::uint64_t offset, std::span<char> to) const {
  while (!to.empty()) {
    const ssize_t count = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(name_, errno);
    if (count == 0) throw InputError({name_, 0}, "became shorter while it was read");
    offset += static_cast<std::uint64_t>(count);
    to = to.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace hwcost::onnx
