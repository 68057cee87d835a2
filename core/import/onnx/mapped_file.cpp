#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "hwcost/error.hpp"

namespace hwcost::onnx {
namespace {

// An open file, closed at the end of the scope.
class Descriptor {
 public:
  // O_NONBLOCK: a named pipe is refused, not waited for.
  explicit Descriptor(const std::filesystem::path& file)
      : number_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  throw InputError({file.string(), 0}, "cannot be read: " + std::generic_category().message(error));
}

std::vector<std::byte> read_all(const std::filesystem::path& file, int descriptor, std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(descriptor, bytes.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) {
  const Descriptor descriptor(file);
  if (descriptor.number() < 0) fail(file, errno);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) fail(file, errno);
  if (!S_ISREG(status.st_mode)) throw InputError({file.string(), 0}, "is not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor.number(), 0);
  if (address != MAP_FAILED) {
    address_ = address;
  } else {
    copy_ = read_all(file, descriptor.number(), size_);
  }
}

MappedFile::~MappedFile() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

std::span<const std::byte> MappedFile::bytes() const {
  if (address_ != nullptr) return {static_cast<const std::byte*>(address_), size_};
  return copy_;
}

}  // namespace hwcost::onnx
