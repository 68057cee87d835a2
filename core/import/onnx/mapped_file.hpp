// A whole file as read-only bytes: mapped, or read where it cannot be mapped.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace hwcost::onnx {

class MappedFile {
 public:
  // Throws InputError where the file cannot be read or is no regular file.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const;

 private:
  void* address_ = nullptr;  // of the mapping, where there is one
  std::size_t size_ = 0;
  std::vector<std::byte> copy_;
};

}  // namespace hwcost::onnx
